import { LABELS } from '@clusternet/api-types';
import type { Base, Subscription } from '@clusternet/api-types';
import {
  createController,
  createWorkQueue,
  findCondition,
  keyOf,
  mergeConditions,
} from '@clusternet/controller-kit';
import type { EventRecorder, Reconcile } from '@clusternet/controller-kit';
import { equalJson } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import type { Clock, Logger, Metrics, Run } from '@clusternet/runtime';
import type { FeedProblems } from '../distribution/feed-problems.ts';
import { INDEX } from '../parent/caches.ts';
import type { ParentCaches } from '../parent/caches.ts';
import type { ParentResources } from '../parent/resources.ts';
import { planSubscriptionStatus } from './plan-subscription-status.ts';

export interface StatusDeps {
  readonly caches: ParentCaches;
  readonly resources: ParentResources;
  readonly problems: FeedProblems;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface StatusController {
  readonly run: Run;
  /** To be told when the problems of a Base changed. */
  readonly onProblems: (base: Base) => void;
}

/** Keeps the status of Subscriptions true. */
export function createStatusController(deps: StatusDeps): StatusController {
  const queue = createWorkQueue(deps.clock);
  const { caches } = deps;
  const byUid = new Map<string, string>();
  const enqueueOwner = (object: KubeObject | undefined): void => {
    const key = byUid.get(object?.metadata.labels?.[LABELS.subscriptionUid] ?? '');
    if (key !== undefined) queue.add(key);
  };
  const remember = (subscription: Subscription | undefined, isThere: boolean): void => {
    const uid = subscription?.metadata.uid;
    if (subscription === undefined || uid === undefined) return;
    if (isThere) byUid.set(uid, keyOf(subscription));
    else byUid.delete(uid);
  };
  const run = createController(
    { ...deps, queue, reconcile: createStatusReconciler(deps) },
    { name: 'aggregatestatus' },
  );
  return {
    onProblems: enqueueOwner,
    run: async (signal) => {
      const ends = [
        caches.subscriptions.store.subscribe(({ key, before, after }) => {
          remember(before, false);
          remember(after, true);
          if (after !== undefined) queue.add(key);
        }),
        caches.inventories.store.subscribe(({ key }) => {
          if (caches.subscriptions.store.get(key) !== undefined) queue.add(key);
        }),
        caches.descriptions.store.subscribe(({ before, after }) => {
          enqueueOwner(after ?? before);
        }),
      ];
      for (const subscription of caches.subscriptions.store.list()) {
        remember(subscription, true);
        queue.add(keyOf(subscription));
      }
      await run(signal);
      for (const end of ends) end();
    },
  };
}

function createStatusReconciler({ caches, resources, problems, clock, events }: StatusDeps): Reconcile {
  return async (key, signal) => {
    const subscription = caches.subscriptions.store.get(key);
    if (subscription === undefined || subscription.metadata.deletionTimestamp !== undefined) return {};
    const { uid = '', name = '', namespace = '', generation = 0 } = subscription.metadata;
    const bases = caches.bases.store.byIndex(INDEX.subscriptionUid, uid);
    const plan = planSubscriptionStatus({
      subscription,
      descriptions: caches.descriptions.store.byIndex(INDEX.subscriptionUid, uid),
      getCluster: (binding) => caches.clusters.store.get(binding),
      problems: bases.flatMap((base) => problems.get(keyOf(base))),
      inventory: caches.inventories.store.get(key),
    });
    const before = subscription.status ?? {};
    const conditions = mergeConditions(before.conditions ?? [], plan.conditions, clock.nowMs());
    const status = {
      conditions,
      observedGeneration: generation,
      aggregatedStatuses: plan.aggregatedStatuses,
      completedReleases: plan.completedReleases,
    };
    const current = Object.fromEntries(
      Object.keys(status).map((field) => [field, (before as Record<string, unknown>)[field] ?? null]),
    );
    if (equalJson(current, status)) return {};
    await resources.subscriptions.patch(
      { name, namespace },
      'merge',
      { status },
      { subresource: 'status' },
      signal,
    );
    const ready = findCondition(conditions, 'Ready');
    const wasReady = findCondition(before.conditions, 'Ready');
    if (ready !== undefined && (ready.status !== wasReady?.status || ready.reason !== wasReady.reason)) {
      // Being on the way is no cause for alarm.
      const isOnTheWay = ['Scheduling', 'Delivering', 'FeedInventoryMissing', 'ReplicasNotDivided'].includes(
        ready.reason ?? '',
      );
      const type = ready.status === 'True' || isOnTheWay ? 'Normal' : 'Warning';
      events.record(subscription, type, ready.reason ?? 'Ready', ready.message ?? '');
    }
    return {};
  };
}
