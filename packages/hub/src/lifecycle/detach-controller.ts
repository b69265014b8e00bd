import { CLUSTER_CONDITIONS, NAMES } from '@clusternet/api-types';
import type { ClusterRegistrationRequest, ManagedCluster } from '@clusternet/api-types';
import {
  createController,
  createWorkQueue,
  findCondition,
  keyOf,
  mergeConditions,
} from '@clusternet/controller-kit';
import type { ConditionUpdate, EventRecorder, Reconcile } from '@clusternet/controller-kit';
import { describeEntry, INVENTORY_ANNOTATION, parseInventory } from '@clusternet/deployer';
import type { Clock, Logger, Metrics, Run } from '@clusternet/runtime';
import { deleteIfThere, revoke } from '../approval/revoke.ts';
import { writeRequestStatus } from '../approval/write-request-status.ts';
import { clusterIdOf, clusterOfNamespace, INDEX } from '../parent/caches.ts';
import type { ParentCaches } from '../parent/caches.ts';
import type { ParentResources } from '../parent/resources.ts';
import { isDetaching, planDetachPolicy, planDetachProgress } from './plan-detach.ts';
import type { DetachPolicy } from './plan-detach.ts';

export interface DetachDeps {
  readonly caches: Pick<ParentCaches, 'bases' | 'clusters' | 'descriptions' | 'namespaces' | 'requests'>;
  readonly resources: ParentResources;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/**
 * Takes clusters out of the fleet whose annotation asks for it: waits until what was delivered to them is removed or
 * let go, which distribution and deployers do, and then removes what the parent holds for them. Their request stays,
 * denied: an agent that still runs waits there, and deleting the request lets it join again.
 */
export function createDetachController(deps: DetachDeps): Run {
  const { caches, clock } = deps;
  const queue = createWorkQueue(clock);
  const run = createController({ ...deps, queue, reconcile: createReconciler(deps) }, { name: 'detach' });
  return async (signal) => {
    const ends = [
      caches.clusters.store.subscribe(({ key, after }) => {
        if (after !== undefined && isConcerned(after)) queue.add(key, 'user');
      }),
      ...[caches.bases, caches.descriptions].map((cache) =>
        cache.store.subscribe(({ before, after }) => {
          const cluster = clusterOfNamespace(caches, (after ?? before)?.metadata.namespace ?? '');
          if (cluster !== undefined && isDetaching(cluster)) queue.add(keyOf(cluster));
        }),
      ),
    ];
    for (const cluster of caches.clusters.store.list()) if (isConcerned(cluster)) queue.add(keyOf(cluster));
    await run(signal);
    for (const end of ends) end();
  };
}

function isConcerned(cluster: ManagedCluster): boolean {
  const said = findCondition(cluster.status?.conditions, CLUSTER_CONDITIONS.detaching);
  return planDetachPolicy(cluster).kind !== 'none' || said?.status === 'True';
}

function createReconciler(deps: DetachDeps): Reconcile {
  const { caches } = deps;
  return async (key, signal) => {
    const cluster = caches.clusters.store.get(key);
    if (cluster === undefined || cluster.metadata.deletionTimestamp !== undefined) return {};
    const intent = planDetachPolicy(cluster);
    switch (intent.kind) {
      case 'none':
        if (isConcerned(cluster)) await say(deps, cluster, 'False', 'Cancelled', 'the cluster stays', signal);
        return {};
      case 'invalid':
        await say(deps, cluster, 'False', 'InvalidPolicy', intent.message, signal);
        return {};
      case 'detach': {
        const { namespace = '' } = cluster.metadata;
        const descriptions = caches.descriptions.store.byIndex(INDEX.namespace, namespace);
        const bases = caches.bases.store.byIndex(INDEX.namespace, namespace);
        const { isDone, message } = planDetachProgress(intent.policy, bases, descriptions);
        if (isDone && (await isEmpty(deps.resources, namespace, signal))) {
          await finish(deps, cluster, intent.policy, signal);
          return {};
        }
        reportStart(deps, cluster, intent.policy);
        await say(deps, cluster, 'True', 'RemovingDeliveries', message, signal);
        return isDone ? { requeueAfterMs: 1000 } : {}; // the caches lag: look again
      }
    }
  };
}

/** Asked of the API itself: a Base that the cache does not know yet must not be lost with the namespace. */
async function isEmpty({ bases, descriptions }: ParentResources, namespace: string, signal: AbortSignal) {
  const lists = await Promise.all([
    bases.list({ namespace, limit: 1 }, signal),
    descriptions.list({ namespace, limit: 1 }, signal),
  ]);
  return lists.every(({ items }) => items.length === 0);
}

function requestOf({ caches }: DetachDeps, cluster: ManagedCluster): ClusterRegistrationRequest | undefined {
  return caches.requests.store.get(`${NAMES.objectPrefix}${clusterIdOf(caches, cluster) ?? ''}`);
}

/** Says once, where it outlives the cluster, what will be left there. */
function reportStart(deps: DetachDeps, cluster: ManagedCluster, policy: DetachPolicy): void {
  if (findCondition(cluster.status?.conditions, CLUSTER_CONDITIONS.detaching)?.status === 'True') return;
  const { namespace = '', name = '' } = cluster.metadata;
  const left = deps.caches.descriptions.store
    .byIndex(INDEX.namespace, namespace)
    .flatMap(({ metadata }) => parseInventory(metadata.annotations?.[INVENTORY_ANNOTATION]))
    .map(describeEntry);
  const what = policy === 'Remove' ? 'removes' : 'leaves there';
  deps.log.info('cluster detaches', { cluster: `${namespace}/${name}`, policy, objects: left });
  const message = `cluster ${name} leaves the fleet and ${what}: ${left.join(', ')}`;
  deps.events.record(requestOf(deps, cluster) ?? cluster, 'Normal', 'Detaching', message);
}

async function finish(
  deps: DetachDeps,
  cluster: ManagedCluster,
  policy: DetachPolicy,
  signal: AbortSignal,
): Promise<void> {
  const { resources, log } = deps;
  const { namespace = '', name = '' } = cluster.metadata;
  const clusterId = clusterIdOf(deps.caches, cluster);
  const request = requestOf(deps, cluster);
  if (request !== undefined) {
    const kept =
      policy === 'Remove' ? 'what was delivered to it is removed' : 'what was delivered to it stays';
    const message = `cluster ${name} has left the fleet, ${kept}; delete this request to let it join again`;
    await writeRequestStatus(deps, request, { kind: 'denied', reason: 'Detached', message }, signal);
  }
  if (clusterId !== undefined) {
    await revoke(resources, clusterId, namespace, signal);
    await deleteIfThere(resources.clusterRoles, { name: `${NAMES.objectPrefix}${clusterId}` }, signal);
  }
  await deleteIfThere(resources.namespaces, { name: namespace }, signal);
  log.info('cluster detached', { cluster: `${namespace}/${name}`, policy });
}

async function say(
  { resources, clock }: DetachDeps,
  cluster: ManagedCluster,
  status: 'False' | 'True',
  reason: string,
  message: string,
  signal: AbortSignal,
): Promise<void> {
  const { name = '', namespace = '', resourceVersion } = cluster.metadata;
  const update: ConditionUpdate = { type: CLUSTER_CONDITIONS.detaching, status, reason, message };
  const before = cluster.status?.conditions ?? [];
  const conditions = mergeConditions(before, [update], clock.nowMs());
  if (conditions === before) return;
  const body = { metadata: { resourceVersion }, status: { conditions } };
  await resources.clusters.patch({ name, namespace }, 'merge', body, { subresource: 'status' }, signal);
}
