import type { FeedInventory, ManagedCluster, Subscription } from '@clusternet/api-types';
import { createController, createWorkQueue, keyOf, TerminalError } from '@clusternet/controller-kit';
import type { EventRecorder, Reconcile } from '@clusternet/controller-kit';
import { equalJson } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';
import { errorText } from '@clusternet/runtime';
import type { Clock, Logger, Metrics, Run } from '@clusternet/runtime';
import {
  feedKey,
  hashSubscriptionSpec,
  isDynamic,
  isInventoryOf,
  isSchedulingError,
  planPlacement,
} from '@clusternet/scheduling';
import type { PlacementInput, PlacementPlan } from '@clusternet/scheduling';
import type { ParentCaches } from '../parent/caches.ts';
import type { ParentResources } from '../parent/resources.ts';

export interface PlacementDeps {
  readonly caches: Pick<ParentCaches, 'clusters' | 'inventories' | 'subscriptions'>;
  readonly resources: ParentResources;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** The profile we schedule for; a Subscription that names another is another scheduler's. */
const PROFILE = 'default';

/** Binds Subscriptions to clusters. */
export function createPlacementController(deps: PlacementDeps): Run {
  const queue = createWorkQueue(deps.clock);
  const { subscriptions, clusters, inventories } = deps.caches;
  const run = createController(
    {
      ...deps,
      queue,
      reconcile: createPlacementReconciler(deps),
      reportError: (key, error) => {
        const subscription = subscriptions.store.get(key);
        if (subscription !== undefined) {
          deps.events.record(subscription, 'Warning', 'FailedScheduling', errorText(error));
        }
        return Promise.resolve();
      },
    },
    { name: 'scheduler' },
  );
  return async (signal) => {
    const ends = [
      subscriptions.store.subscribe(({ key, before, after }) => {
        if (after === undefined) return;
        if (before?.metadata.generation !== after.metadata.generation) queue.add(key, 'user');
        // What was decided meanwhile went by the former binding: our own write comes back late.
        else if (!equalJson(bindingOf(before), bindingOf(after))) queue.add(key);
      }),
      inventories.store.subscribe(({ key }) => {
        if (subscriptions.store.get(key) !== undefined) queue.add(key, 'user');
      }),
      clusters.store.subscribe(({ before, after }) => {
        if (!isPlacementChange(before, after)) return;
        for (const subscription of subscriptions.store.list()) queue.add(keyOf(subscription));
      }),
    ];
    for (const subscription of subscriptions.store.list()) queue.add(keyOf(subscription));
    await run(signal);
    for (const end of ends) end();
  };
}

function bindingOf(subscription: Subscription | undefined): JsonValue {
  const { bindingClusters = [], replicas = {} } = subscription?.status ?? {};
  return { bindingClusters, replicas };
}

/** Whether placement may come out differently: a report alone changes nothing. */
function isPlacementChange(before: ManagedCluster | undefined, after: ManagedCluster | undefined): boolean {
  const view = (cluster: ManagedCluster | undefined): JsonValue =>
    cluster === undefined
      ? null
      : {
          labels: cluster.metadata.labels ?? {},
          taints: cluster.spec?.taints ?? [],
          isDeleting: cluster.metadata.deletionTimestamp !== undefined,
        };
  return !equalJson(view(before), view(after));
}

function createPlacementReconciler({ caches, resources, events, log }: PlacementDeps): Reconcile {
  return async (key, signal) => {
    const subscription = caches.subscriptions.store.get(key);
    if (subscription === undefined || subscription.metadata.deletionTimestamp !== undefined) return {};
    if ((subscription.spec.schedulerName ?? PROFILE) !== PROFILE) return {};
    const inventory = caches.inventories.store.get(key);
    if (isWaiting(subscription, inventory)) return {}; // its event enqueues this again
    const plan = placementOf({ subscription, inventory, clusters: caches.clusters.store.list() });
    if (plan.message !== undefined) events.record(subscription, 'Warning', 'FailedScheduling', plan.message);
    if (plan.kind === 'no-clusters') return {}; // nothing to decide on; a new cluster enqueues this again
    const { bindingClusters } = plan;
    const wanted = {
      bindingClusters,
      replicas:
        plan.replicas ?? Object.fromEntries(subscription.spec.feeds.map((feed) => [feedKey(feed), []])),
      specHash: hashSubscriptionSpec(subscription.spec),
      desiredReleases: bindingClusters.length,
    };
    if (isSame(subscription, wanted)) return {};
    const { name = '', namespace = '' } = subscription.metadata;
    const replicas = Object.fromEntries(
      Object.keys(subscription.status?.replicas ?? {}).map((feed): [string, null] => [feed, null]),
    );
    const status = { ...wanted, replicas: { ...replicas, ...wanted.replicas } };
    await resources.subscriptions.patch(
      { name, namespace },
      'merge',
      { status },
      { subresource: 'status' },
      signal,
    );
    log.info('subscription scheduled', { subscription: key, clusters: bindingClusters.length });
    events.record(subscription, 'Normal', 'Scheduled', `bound to ${bindingClusters.length} clusters`);
    return {};
  };
}

/** Whether it divides replicas that are not counted yet, or were for other feeds. */
function isWaiting(subscription: Subscription, inventory: FeedInventory | undefined): boolean {
  if (subscription.spec.schedulingStrategy !== 'Dividing' || isDynamic(subscription)) return false;
  return !isInventoryOf(inventory, subscription);
}

/** @throws {TerminalError} when the Subscription cannot be scheduled as it is written */
function placementOf(input: PlacementInput): PlacementPlan {
  try {
    return planPlacement(input);
  } catch (error) {
    if (!isSchedulingError(error)) throw error;
    throw new TerminalError(error.message, { cause: error });
  }
}

function isSame(subscription: Subscription, wanted: Readonly<Record<string, unknown>>): boolean {
  const status = subscription.status ?? {};
  const current = {
    bindingClusters: status.bindingClusters ?? null,
    replicas: status.replicas ?? {},
    specHash: status.specHash ?? null,
    desiredReleases: status.desiredReleases ?? null,
  };
  return equalJson(current, wanted);
}
