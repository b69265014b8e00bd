import type { Description, ManagedCluster } from '@clusternet/api-types';
import { createController, createWorkQueue, keyOf } from '@clusternet/controller-kit';
import type { EventRecorder } from '@clusternet/controller-kit';
import { createDescriptionReconciler } from '@clusternet/deployer';
import type { DeliveryTarget } from '@clusternet/deployer';
import type { Clock, Logger, Metrics, Run } from '@clusternet/runtime';
import {
  clusterOfId,
  clusterOfNamespace,
  clustersOfChange,
  formerNamespacesOf,
  INDEX,
} from '../parent/caches.ts';
import type { ParentCaches } from '../parent/caches.ts';
import type { ParentResources } from '../parent/resources.ts';
import type { TunnelEvidenceSource } from '../lifecycle/lifecycle-controller.ts';
import { planDetachPolicy } from '../lifecycle/plan-detach.ts';
import type { ChildClients } from './child-clients.ts';
import { planDeployer } from './plan-deployer.ts';

export interface PushDeps {
  readonly caches: ParentCaches;
  readonly resources: ParentResources;
  readonly children: ChildClients;
  /** A cluster that comes back has its waiting Descriptions looked at again. */
  readonly tunnels: TunnelEvidenceSource | undefined;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** A Description may hold hundreds of objects, and a tunnel may be slow, ms. */
const DELIVERY_TIMEOUT_MS = 300_000;

/** Delivers generic Descriptions to the clusters that the parent pushes to. */
export function createPushController(deps: PushDeps): Run {
  const { caches } = deps;
  const queue = createWorkQueue(deps.clock);
  const reconcile = createDescriptionReconciler({
    ...deps,
    descriptions: deps.resources.descriptions,
    getDescription: (key) => caches.descriptions.store.get(key),
    getTarget: (description) => Promise.resolve(getTarget(deps, description)),
  });
  const run = createController(
    { ...deps, queue, reconcile },
    { name: 'push', workers: 8, timeoutMs: DELIVERY_TIMEOUT_MS },
  );
  const enqueueNamespace = (namespace: string): void => {
    for (const description of caches.descriptions.store.byIndex(INDEX.namespace, namespace)) {
      queue.add(keyOf(description));
    }
  };
  return async (signal) => {
    const ends = [
      caches.descriptions.store.subscribe(({ key, before, after }) => {
        if (after !== undefined && isWork(before, after)) queue.add(key, 'user');
      }),
      caches.clusters.store.subscribe(({ before, after }) => {
        if (planDeployer(before) !== planDeployer(after) || isForced(before) !== isForced(after))
          enqueueNamespace((after ?? before)?.metadata.namespace ?? '');
      }),
      caches.childSecrets.store.subscribe(({ before, after }) => {
        enqueueNamespace((after ?? before)?.metadata.namespace ?? '');
      }),
      deps.tunnels?.subscribe((clusterId) => {
        if (deps.tunnels?.get(clusterId)?.isConnected !== true) return;
        const cluster = clusterOfId(caches, clusterId);
        if (cluster !== undefined) enqueueNamespace(cluster.metadata.namespace ?? '');
      }),
      caches.namespaces.store.subscribe((change) => {
        for (const { metadata } of clustersOfChange(caches, change))
          enqueueNamespace(metadata.namespace ?? '');
      }),
    ];
    for (const description of caches.descriptions.store.list()) queue.add(keyOf(description));
    await run(signal);
    for (const end of ends) end?.();
  };
}

/** Our own status writes are no reason to look again. */
function isWork(before: Description | undefined, after: Description): boolean {
  return (
    before?.metadata.generation !== after.metadata.generation ||
    before?.metadata.deletionTimestamp !== after.metadata.deletionTimestamp
  );
}

/** Whether the cluster leaves without anybody waiting for it. */
function isForced(cluster: ManagedCluster | undefined): boolean {
  const intent = cluster === undefined ? undefined : planDetachPolicy(cluster);
  return intent?.kind === 'detach' && intent.policy === 'Force';
}

function getTarget({ caches, children }: PushDeps, description: Description): DeliveryTarget {
  const { namespace = '' } = description.metadata;
  const cluster: ManagedCluster | undefined = clusterOfNamespace(caches, namespace);
  if (isForced(cluster)) return { kind: 'gone' };
  switch (planDeployer(cluster)) {
    case 'agent':
      return { kind: 'foreign' };
    case 'gone':
      return { kind: 'gone' };
    case 'nobody':
      return {
        kind: 'wait',
        reason: 'AppPusherDisabled',
        message: `cluster ${cluster?.metadata.name ?? ''} has sync mode Push, but its agent does not let the parent deploy`,
      };
    case 'unknown':
      return {
        kind: 'wait',
        reason: 'AppPusherUnknown',
        message: `cluster ${cluster?.metadata.name ?? ''} has not reported yet whether the parent may deploy`,
      };
    case 'hub': {
      if (cluster === undefined) return { kind: 'gone' };
      const child = children.get(cluster);
      if (child.kind === 'wait') return child;
      return { kind: 'child', child: child.client, formerNamespaces: formerNamespacesOf(caches, cluster) };
    }
  }
}
