import type { Base, Feed, Subscription } from '@clusternet/api-types';
import { LABELS } from '@clusternet/api-types';
import { createController, createWorkQueue, keyOf } from '@clusternet/controller-kit';
import type { EventRecorder, Priority } from '@clusternet/controller-kit';
import { equalJson } from '@clusternet/kube-data';
import type { JsonValue, KubeObject } from '@clusternet/kube-data';
import { runAll } from '@clusternet/runtime';
import type { Clock, Logger, Metrics, Run } from '@clusternet/runtime';
import { isDetaching } from '../lifecycle/plan-detach.ts';
import { INDEX } from '../parent/caches.ts';
import type { ParentCaches } from '../parent/caches.ts';
import { manifestKey, manifestKeyOfLabels } from '../parent/feed-keys.ts';
import type { ParentResources } from '../parent/resources.ts';
import { createBaseReconciler } from './base-reconciler.ts';
import type { FeedProblems } from './feed-problems.ts';
import { createSubscriptionReconciler } from './subscription-reconciler.ts';

export interface DistributionDeps {
  readonly caches: ParentCaches;
  readonly resources: ParentResources;
  readonly problems: FeedProblems;
  readonly onProblems: (base: Base) => void;
  /** The feature gate FeedInventory. */
  readonly isCounting: boolean;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

interface Override extends KubeObject {
  readonly spec: { readonly feed?: Feed; readonly overridePolicy?: string };
}

/** What the shares of clusters go by; null where nothing is divided. */
function divisionOf(subscription: Subscription | undefined): JsonValue {
  if (subscription?.spec.schedulingStrategy !== 'Dividing') return null;
  const { bindingClusters = [], replicas = {}, specHash = null } = subscription.status ?? {};
  return { bindingClusters, replicas, specHash };
}

function labelsOf({ metadata: { labels = {} } }: KubeObject): JsonValue {
  return labels;
}

/** Turns bound Subscriptions into Bases, and Bases into Descriptions. */
export function createDistributionController(deps: DistributionDeps): Run {
  const { caches, clock } = deps;
  const subscriptions = createWorkQueue(clock);
  const bases = createWorkQueue(clock);
  const enqueueFeed = (index: string, priority: Priority): void => {
    for (const base of caches.bases.store.byIndex(INDEX.feed, index)) bases.add(keyOf(base), priority);
  };
  const enqueueSubscription = (uid: string | undefined): void => {
    if (uid === undefined) return;
    for (const owner of caches.subscriptions.store.byIndex(INDEX.uid, uid)) subscriptions.add(keyOf(owner));
  };
  const onOverride = (before: Override | undefined, after: Override | undefined): void => {
    // ApplyLater takes part in the next rendering, but does not ask for one.
    for (const { spec, metadata } of [before, after].filter((entry) => entry !== undefined)) {
      if (spec.overridePolicy !== 'ApplyNow' || spec.feed === undefined) continue;
      const scope = metadata.namespace;
      for (const base of caches.bases.store.byIndex(INDEX.feed, manifestKey(spec.feed))) {
        if (scope === undefined || base.metadata.namespace === scope) bases.add(keyOf(base), 'user');
      }
    }
  };

  const subscribeAll = (): (() => void)[] => [
    caches.subscriptions.store.subscribe(({ key, before, after }) => {
      if (after === undefined) return;
      subscriptions.add(key, 'user');
      if (equalJson(divisionOf(before), divisionOf(after))) return;
      for (const base of caches.bases.store.byIndex(INDEX.subscriptionUid, after.metadata.uid ?? '')) {
        bases.add(keyOf(base), 'user');
      }
    }),
    caches.inventories.store.subscribe(({ key }) => {
      if (caches.subscriptions.store.get(key) !== undefined) subscriptions.add(key, 'user');
    }),
    caches.bases.store.subscribe(({ key, before, after }) => {
      bases.add(key, before === undefined ? 'background' : 'user');
      if (before === undefined || after === undefined) {
        enqueueSubscription((after ?? before)?.metadata.labels?.[LABELS.subscriptionUid]);
      }
    }),
    caches.descriptions.store.subscribe(({ before, after }) => {
      // Deleted by hand it comes back; gone after a deletion its Base may go.
      const owner = (after ?? before)?.metadata;
      if (after !== undefined && after.metadata.deletionTimestamp === undefined && before !== undefined)
        return;
      const base = owner?.ownerReferences?.find(({ kind }) => kind === 'Base');
      if (base !== undefined) bases.add(`${owner?.namespace ?? ''}/${base.name}`);
    }),
    caches.manifests.store.subscribe(({ before, after }) => {
      for (const manifest of [before, after]) {
        if (manifest !== undefined) enqueueFeed(manifestKeyOfLabels(manifest), 'user');
      }
    }),
    caches.globalizations.store.subscribe(({ before, after }) => {
      onOverride(before, after);
    }),
    caches.localizations.store.subscribe(({ before, after }) => {
      onOverride(before, after);
      // One that divides replicas comes back, and as it was.
      for (const [label, value] of Object.entries((after ?? before)?.metadata.labels ?? {})) {
        if (value === 'Subscription') enqueueSubscription(label);
      }
    }),
    caches.clusters.store.subscribe(({ before, after }) => {
      if (before !== undefined && after !== undefined && !equalJson(labelsOf(before), labelsOf(after))) {
        // Globalizations choose clusters by label, and templates in overrides take what labels say.
        const { namespace = '' } = after.metadata;
        for (const base of caches.bases.store.byIndex(INDEX.namespace, namespace)) bases.add(keyOf(base));
      }
      // A binding may have come before its cluster; a cluster that leaves has its Bases taken away, or back.
      if (after === undefined) return;
      if (before !== undefined && isDetaching(before) === isDetaching(after)) return;
      for (const bound of caches.subscriptions.store.byIndex(INDEX.binding, keyOf(after))) {
        subscriptions.add(keyOf(bound));
      }
    }),
  ];
  const runs = [
    createController(
      { ...deps, queue: subscriptions, reconcile: createSubscriptionReconciler(deps) },
      { name: 'subscription' },
    ),
    createController({ ...deps, queue: bases, reconcile: createBaseReconciler(deps) }, { name: 'base' }),
  ];
  return async (signal) => {
    const ends = subscribeAll();
    for (const subscription of caches.subscriptions.store.list()) subscriptions.add(keyOf(subscription));
    for (const base of caches.bases.store.list()) bases.add(keyOf(base));
    await runAll(runs, signal);
    for (const end of ends) end();
  };
}
