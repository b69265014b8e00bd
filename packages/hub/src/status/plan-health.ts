import type { Description } from '@clusternet/api-types';
import { judgeHealth, parseDocument, worstHealth } from '@clusternet/deployer';
import type { Health } from '@clusternet/deployer';
import type { KubeObject } from '@clusternet/kube-data';

type ManifestStatus = NonNullable<NonNullable<Description['status']>['manifestStatuses']>[number];

/**
 * What the objects of a feed in one cluster say of themselves: as their agent judged them, else (a Go agent, or old CRDs) by
 * what it reports of their status and what was delivered.
 */
export function healthOfFeed(
  description: Description | undefined,
  observed: readonly ManifestStatus[],
): Health {
  if (observed.length === 0) return { state: 'Progressing', message: 'it is not there' };
  return worstHealth(observed.map((entry) => judgeObserved(description, entry)));
}

function judgeObserved(description: Description | undefined, entry: ManifestStatus): Health {
  if (entry.health !== undefined) return { message: '', ...entry.health };
  const document = (description?.spec.raw ?? [])
    .map(readDocument)
    .find((object) => object !== undefined && isOf(object, entry));
  const { apiVersion, kind, name, namespace = '', observedStatus } = entry;
  const plain: KubeObject = { apiVersion, kind, metadata: { name, namespace } };
  return judgeHealth({
    ...(document ?? plain),
    ...(observedStatus === undefined ? {} : { status: observedStatus }),
  });
}

function readDocument(raw: string, index: number): KubeObject | undefined {
  try {
    return parseDocument(raw, index);
  } catch {
    return undefined; // its deployer says so
  }
}

function isOf({ apiVersion, kind, metadata }: KubeObject, entry: ManifestStatus): boolean {
  return (
    kind === entry.kind &&
    apiVersion === entry.apiVersion &&
    metadata.name === entry.name &&
    (metadata.namespace ?? '') === (entry.namespace ?? '')
  );
}

/** As the API has it: no message where nothing is amiss. */
export function healthField({ state, message }: Health): { state: Health['state']; message?: string } {
  return message === '' ? { state } : { state, message };
}
