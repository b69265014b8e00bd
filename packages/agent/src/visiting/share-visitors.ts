import { LABELS, LABEL_VALUES, NAMES, SECRET_KEYS } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import { createController, createInformer, createWorkQueue } from '@clusternet/controller-kit';
import { runAll } from '@clusternet/runtime';
import type { Clock, Logger, Metrics, Random, Run } from '@clusternet/runtime';
import { encodeSecret, readSecret, secretsOf } from '../child.ts';
import type { Child, Secret } from '../child.ts';
import type { AgentOptions } from '../options.ts';
import type { Parent } from '../registration/register.ts';
import { planVisitors } from './plan-visitors.ts';
import type { ImpersonatorRole } from './plan-visitors.ts';

export interface ShareVisitorsDeps {
  readonly child: Child;
  readonly options: Pick<AgentOptions, 'systemNamespace'>;
  readonly parent: Parent;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/**
 * Keeps Secret `child-cluster-visitors` at the parent equal to what this cluster opted in to: the token of the service
 * account `clusternet-visitors`, and whom the ClusterRole `clusternet:visitors` lets it impersonate. Without either, the
 * parent has an empty one at most.
 *
 * @see docs/guides/visiting.md, "As yourself"
 */
export function createVisitorSharing(deps: ShareVisitorsDeps): Run {
  const { child, options, parent, clock, log } = deps;
  const tokens = createInformer<Secret>(
    { ...deps, resource: child.secrets },
    { namespace: options.systemNamespace, fieldSelector: `metadata.name=${NAMES.visitorServiceAccount}` },
  );
  const roles = createInformer<ImpersonatorRole>(
    { ...deps, resource: child.client.resource<ImpersonatorRole>(CLUSTER_ROLE) },
    { fieldSelector: `metadata.name=${NAMES.visitorRole}` },
  );
  const queue = createWorkQueue(clock);
  const reconcile = async (_key: string, signal: AbortSignal): Promise<object> => {
    const [secret] = tokens.store.list();
    const [role] = roles.store.list();
    const token = secret === undefined ? undefined : readSecret(secret, SECRET_KEYS.token);
    const grant = role === undefined ? undefined : planVisitors(role);
    const isGranted = token !== undefined && grant !== undefined;
    const data = isGranted ? { token, grant: JSON.stringify(grant) } : { token: '', grant: '' };
    if (await writeShared(parent, encodeSecret(data), isGranted, signal))
      log.info(
        isGranted ? 'visitors keep their identity here' : 'visitors no longer keep their identity here',
      );
    return {};
  };
  const run = createController({ ...deps, queue, reconcile }, { name: 'visitors', workers: 1 });
  return (signal) =>
    runAll(
      [
        tokens.run,
        roles.run,
        async (inner) => {
          const wake = (): void => queue.add(NAMES.childVisitorsSecret);
          const ends = [tokens.store.subscribe(wake), roles.store.subscribe(wake)];
          await Promise.all([tokens.synced(inner), roles.synced(inner)]);
          wake();
          await run(inner);
          for (const end of ends) end();
        },
      ],
      signal,
    );
}

const CLUSTER_ROLE = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural: 'clusterroles',
  kind: 'ClusterRole',
  namespaced: false,
};

/** @returns whether anything had to be written */
async function writeShared(
  parent: Parent,
  data: Readonly<Record<string, string>>,
  isGranted: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const secrets = secretsOf(parent.client);
  const ref = { namespace: parent.credential.namespace, name: NAMES.childVisitorsSecret };
  let live: Secret;
  try {
    live = await secrets.get(ref, signal);
  } catch (error) {
    if (!isApiError(error, 'NOT_FOUND')) throw error;
    if (!isGranted) return false;
    const labels = { [LABELS.createdBy]: LABEL_VALUES.createdByAgent, [LABELS.clusterId]: parent.clusterId };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { ...ref, labels }, type: 'Opaque', data };
    await secrets.create(secret, {}, signal);
    return true;
  }
  if (Object.entries(data).every(([key, value]) => (live.data?.[key] ?? '') === value)) return false;
  await secrets.patch(ref, 'merge', { data }, {}, signal);
  return true;
}
