import { CLUSTER_CONDITIONS, NAMES } from '@clusternet/api-types';
import type { ManagedCluster } from '@clusternet/api-types';
import {
  createController,
  createWorkQueue,
  findCondition,
  keyOf,
  mergeConditions,
} from '@clusternet/controller-kit';
import type { EventRecorder, Reconcile } from '@clusternet/controller-kit';
import type { Clock, Logger, Metrics, Run } from '@clusternet/runtime';
import { isDenied } from '../approval/plan-decision.ts';
import { INDEX, clusterIdOf, clusterOfId, clusterOfNamespace, clustersOfChange } from '../parent/caches.ts';
import type { ParentCaches } from '../parent/caches.ts';
import type { ParentResources } from '../parent/resources.ts';
import type { InitEvidence } from './plan-cluster-init.ts';
import { planLifecycle } from './plan-lifecycle.ts';
import type { LifecyclePlan, TunnelEvidence } from './plan-lifecycle.ts';

/** Where the lifecycle learns about tunnels. */
export interface TunnelEvidenceSource {
  get(clusterId: string): TunnelEvidence | undefined;
  /** Tells of each cluster whose evidence changed; the result ends it. */
  subscribe(listener: (clusterId: string) => void): () => void;
}

export interface LifecycleDeps {
  readonly caches: Pick<ParentCaches, 'bases' | 'clusters' | 'descriptions' | 'namespaces' | 'requests'>;
  readonly resources: ParentResources;
  /** Absent when this process does not hold tunnels. */
  readonly tunnels: TunnelEvidenceSource | undefined;
  /** The feature gate ClusterInit. */
  readonly isClusterInitEnabled: boolean;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Keeps conditions and taints of ManagedClusters true. */
export function createLifecycleController(deps: LifecycleDeps): Run {
  const queue = createWorkQueue(deps.clock);
  const ready = deps.metrics.gauge({
    name: 'clusternet_cluster_ready',
    help: 'Whether a cluster is ready: 1 yes, 0 no or unknown.',
    labelNames: ['cluster'],
  });
  const { store } = deps.caches.clusters;
  const run = createController(
    {
      ...deps,
      queue,
      reconcile: createLifecycleReconciler(deps, (id, isReady) =>
        ready.set(isReady ? 1 : 0, { cluster: id }),
      ),
    },
    { name: 'clusterlifecycle' },
  );
  return async (signal) => {
    const ends = [
      store.subscribe(({ key, after }) => {
        if (after !== undefined) queue.add(key);
      }),
      deps.tunnels?.subscribe((clusterId) => {
        const cluster = clusterOfId(deps.caches, clusterId);
        if (cluster !== undefined) queue.add(keyOf(cluster), 'user');
      }),
      deps.caches.requests.store.subscribe(({ key }) => {
        const cluster = clusterOfId(deps.caches, key.slice(NAMES.objectPrefix.length));
        if (cluster !== undefined) queue.add(keyOf(cluster), 'user');
      }),
      deps.caches.namespaces.store.subscribe((change) => {
        for (const cluster of clustersOfChange(deps.caches, change)) queue.add(keyOf(cluster));
      }),
    ];
    if (deps.isClusterInitEnabled) {
      for (const cache of [deps.caches.bases, deps.caches.descriptions]) {
        ends.push(
          cache.store.subscribe(({ before, after }) => {
            const cluster = clusterOfNamespace(deps.caches, (after ?? before)?.metadata.namespace ?? '');
            if (cluster !== undefined && isInitialising(cluster)) queue.add(keyOf(cluster));
          }),
        );
      }
    }
    for (const cluster of store.list()) queue.add(keyOf(cluster));
    await run(signal);
    for (const end of ends) end?.();
  };
}

function createLifecycleReconciler(
  deps: LifecycleDeps,
  onReady: (id: string, isReady: boolean) => void,
): Reconcile {
  const { caches, resources, tunnels, clock, log, events } = deps;
  return async (key, signal) => {
    const cluster = caches.clusters.store.get(key);
    if (cluster === undefined || cluster.metadata.deletionTimestamp !== undefined) return {};
    const clusterId = clusterIdOf(caches, cluster) ?? '';
    const nowMs = clock.nowMs();
    const request = caches.requests.store.get(`${NAMES.objectPrefix}${clusterId}`);
    const evidence = {
      tunnel: tunnels?.get(clusterId),
      isDenied: request !== undefined && isDenied(request),
      init: gatherInit(deps, cluster),
    };
    const plan = planLifecycle(cluster, evidence, nowMs);
    const before = cluster.status?.conditions ?? [];
    const conditions = mergeConditions(before, plan.conditions, nowMs);
    const status = cluster.status ?? {};
    const fields = Object.entries(plan.fields).filter(([name, value]) => status[name as 'healthz'] !== value);
    const ref = refOf(cluster);
    let live = cluster;
    if (conditions !== before || fields.length > 0) {
      // The list of conditions is atomic and the agent writes it too, hence the resourceVersion.
      const body = {
        metadata: { resourceVersion: cluster.metadata.resourceVersion },
        status: { ...Object.fromEntries(fields), conditions },
      };
      live = await resources.clusters.patch(ref, 'merge', body, { subresource: 'status' }, signal);
    }
    const isReady = findCondition(conditions, 'Ready')?.status === 'True';
    onReady(clusterId, isReady);
    if (findCondition(before, 'Ready')?.status === 'True' && !isReady) {
      const { reason = '', message = '' } = findCondition(conditions, 'Ready') ?? {};
      log.warn('cluster not ready', { cluster: key, reason, detail: message });
      events.record(cluster, 'Warning', reason, message);
    }
    await writeSpec(deps, live, plan, signal);
    return { requeueAfterMs: plan.requeueAfterMs };
  };
}

/** The list of taints is written as a whole: one that somebody added meanwhile must not get lost. */
async function writeSpec(
  { resources, log }: LifecycleDeps,
  cluster: ManagedCluster,
  { taints, initBaseName }: LifecyclePlan,
  signal: AbortSignal,
): Promise<void> {
  if (taints === undefined && initBaseName === undefined) return;
  const { resourceVersion } = cluster.metadata;
  const spec = {
    ...(taints === undefined ? {} : { taints }),
    ...(initBaseName === undefined ? {} : { clusterInitBaseName: initBaseName }),
  };
  await resources.clusters.patch(
    refOf(cluster),
    'merge',
    { metadata: { resourceVersion }, spec },
    {},
    signal,
  );
  log.info('cluster changed', {
    cluster: keyOf(cluster),
    taints: taints?.map(({ key }) => key),
    initBaseName,
  });
}

function gatherInit(
  { caches, isClusterInitEnabled }: LifecycleDeps,
  { metadata: { namespace = '' } }: ManagedCluster,
): InitEvidence | undefined {
  if (!isClusterInitEnabled) return undefined;
  return {
    bases: caches.bases.store.byIndex(INDEX.namespace, namespace),
    getDescriptions: ({ metadata: { uid = '' } }) => caches.descriptions.store.byIndex(INDEX.baseUid, uid),
  };
}

/** Whether what happens to Bases of its namespace matters for a cluster. */
function isInitialising({ status }: ManagedCluster): boolean {
  return findCondition(status?.conditions, CLUSTER_CONDITIONS.clusterInit)?.status !== 'True';
}

function refOf({ metadata: { name = '', namespace = '' } }: ManagedCluster): {
  name: string;
  namespace: string;
} {
  return { name, namespace };
}
