import { ANNOTATIONS, LABELS } from '@clusternet/api-types';
import type { ClusterRegistrationRequest, ClusterSyncMode, ManagedCluster } from '@clusternet/api-types';
import { equalJson, isJsonObject, parseJson } from '@clusternet/kube-data';
import type { AgentOptions } from '../options.ts';

/** What the flags of an agent say of its cluster. */
export interface Declaration {
  /** Empty: not said. */
  readonly clusterName: string;
  readonly clusterType: string;
  readonly syncMode: ClusterSyncMode;
  readonly labels: Readonly<Record<string, string>>;
}

/** A merge patch of a ManagedCluster. */
export interface DeclarationPatch {
  readonly labels: Readonly<Record<string, string | null>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: Readonly<Record<string, string>>;
}

/** What an agent says at its start. Labels of ours are not for a child to choose. */
export function createDeclaration(
  options: Pick<AgentOptions, 'clusterLabels' | 'clusterName' | 'clusterType' | 'syncMode'>,
): Declaration {
  const { clusterName, clusterType, syncMode, clusterLabels } = options;
  return { clusterName, clusterType, syncMode, labels: withoutReserved(clusterLabels) };
}

/** What was said when the cluster registered. */
export function declarationOfRequest({ spec }: ClusterRegistrationRequest): Declaration {
  return {
    clusterName: spec?.clusterName ?? '',
    clusterType: spec?.clusterType ?? '',
    syncMode: spec?.syncMode ?? 'Pull',
    labels: withoutReserved(spec?.clusterLabels ?? {}),
  };
}

/**
 * Plans how changed flags reach the parent: only what changed since they were last written there, so that what an
 * operator set on the ManagedCluster stays until the flag behind it changes. A changed name changes the label, never
 * the name of the object: bindings carry that.
 *
 * @param registered - what counts as written where the ManagedCluster does not say
 * @returns undefined when there is nothing to write
 */
export function planDeclaration(
  cluster: ManagedCluster,
  wanted: Declaration,
  registered: Declaration,
): DeclarationPatch | undefined {
  const last = readLast(cluster.metadata.annotations?.[ANNOTATIONS.declaredByAgent]) ?? registered;
  const isNamed = wanted.clusterName !== '';
  const next = isNamed ? wanted : { ...wanted, clusterName: last.clusterName };
  if (equalJson(last, next)) return undefined;
  const labels: Record<string, string | null> = {};
  for (const key of Object.keys(last.labels)) if (!(key in wanted.labels)) labels[key] = null;
  for (const [key, value] of Object.entries(wanted.labels)) {
    if (last.labels[key] !== value) labels[key] = value;
  }
  if (isNamed && wanted.clusterName !== last.clusterName) labels[LABELS.clusterName] = wanted.clusterName;
  const spec: Record<string, string> = {};
  if (wanted.syncMode !== last.syncMode) spec['syncMode'] = wanted.syncMode;
  if (wanted.clusterType !== last.clusterType) spec['clusterType'] = wanted.clusterType;
  return { labels, spec, annotations: { [ANNOTATIONS.declaredByAgent]: JSON.stringify(next) } };
}

function withoutReserved(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !isReserved(key)));
}

function isReserved(key: string): boolean {
  const [prefix = ''] = key.split('/');
  return key.includes('/') && (prefix === 'clusternet.io' || prefix.endsWith('.clusternet.io'));
}

/** undefined where there is nothing that we wrote. */
function readLast(text: string | undefined): Declaration | undefined {
  if (text === undefined) return undefined;
  try {
    const value = parseJson(text);
    if (!isJsonObject(value) || !isJsonObject(value['labels'] ?? null)) return undefined;
    return value as unknown as Declaration;
  } catch {
    return undefined; // written by hand: it is replaced
  }
}
