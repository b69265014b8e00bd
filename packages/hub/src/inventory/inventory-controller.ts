import type { Manifest, Subscription } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import { createController, createWorkQueue, keyOf } from '@clusternet/controller-kit';
import type { EventRecorder, Reconcile } from '@clusternet/controller-kit';
import { compareText, equalJson } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import type { Clock, Logger, Metrics, Run } from '@clusternet/runtime';
import { INDEX } from '../parent/caches.ts';
import type { ParentCaches } from '../parent/caches.ts';
import { isManifestOf, manifestKey, manifestKeyOfLabels } from '../parent/feed-keys.ts';
import type { ParentResources } from '../parent/resources.ts';
import { createInventory, planInventory } from './plan-inventory.ts';

export interface InventoryDeps {
  readonly caches: Pick<ParentCaches, 'inventories' | 'manifests' | 'subscriptions'>;
  readonly resources: Pick<ParentResources, 'inventories'>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Counts, for each Subscription that divides replicas, how many its feeds ask for. */
export function createInventoryController(deps: InventoryDeps): Run {
  const queue = createWorkQueue(deps.clock);
  const { subscriptions, inventories, manifests } = deps.caches;
  const onManifest = (manifest: Manifest | undefined): void => {
    if (manifest === undefined) return;
    for (const user of subscriptions.store.byIndex(INDEX.feed, manifestKeyOfLabels(manifest))) {
      if (isDividing(user)) queue.add(keyOf(user), 'user');
    }
  };
  const run = createController(
    { ...deps, queue, reconcile: createInventoryReconciler(deps) },
    { name: 'feedinventory', workers: 2 },
  );
  return async (signal) => {
    const ends = [
      subscriptions.store.subscribe(({ key, before, after }) => {
        if (before?.metadata.generation !== after?.metadata.generation) queue.add(key, 'user');
      }),
      inventories.store.subscribe(({ key }) => {
        queue.add(key);
      }),
      manifests.store.subscribe(({ before, after }) => {
        onManifest(before);
        onManifest(after);
      }),
    ];
    for (const subscription of subscriptions.store.list()) queue.add(keyOf(subscription), 'background');
    await run(signal);
    for (const end of ends) end();
  };
}

function isDividing({ spec, metadata }: Subscription): boolean {
  return spec.schedulingStrategy === 'Dividing' && metadata.deletionTimestamp === undefined;
}

function createInventoryReconciler({ caches, resources, events, log }: InventoryDeps): Reconcile {
  return async (key, signal) => {
    const subscription = caches.subscriptions.store.get(key);
    if (subscription === undefined || !isDividing(subscription)) return {};
    const plan = planInventory(
      subscription.spec.feeds.map((feed) => ({
        feed,
        templates: caches.manifests.store
          .byIndex(INDEX.feed, manifestKey(feed))
          .filter(
            (manifest) => manifest.metadata.deletionTimestamp === undefined && isManifestOf(manifest, feed),
          )
          .map((manifest) => manifest.template as unknown as KubeObject)
          .toSorted((a, b) => compareText(a.metadata.namespace ?? '', b.metadata.namespace ?? '')),
      })),
    );
    const wanted = createInventory(subscription, plan.feeds);
    const current = caches.inventories.store.get(key);
    if (current !== undefined && isSame(current, wanted)) return {};
    for (const problem of plan.problems) {
      events.record(subscription, 'Warning', 'UnParseableFeeds', problem);
    }
    if (current === undefined) {
      try {
        await resources.inventories.create(wanted, {}, signal);
      } catch (error) {
        if (!isApiError(error, 'ALREADY_EXISTS')) throw error; // the cache lags: its event comes
        return {};
      }
    } else {
      const { name = '', namespace = '', resourceVersion } = current.metadata;
      const { labels = {}, ownerReferences = [] } = wanted.metadata;
      const body = { metadata: { resourceVersion, labels, ownerReferences }, spec: wanted.spec };
      await resources.inventories.patch({ name, namespace }, 'merge', body, {}, signal);
    }
    log.info('feeds counted', { subscription: key });
    events.record(subscription, 'Normal', 'FeedInventorySynced', 'the replicas of its feeds are counted');
    return {};
  };
}

/** Whether nothing that we write differs; what else is there is nobody's concern. */
function isSame(current: KubeObject, wanted: KubeObject & { readonly spec: object }): boolean {
  const ownerUid = (object: KubeObject): string | undefined => object.metadata.ownerReferences?.[0]?.uid;
  const labels = Object.entries(wanted.metadata.labels ?? {});
  return (
    equalJson(current['spec'], wanted.spec) &&
    ownerUid(current) === ownerUid(wanted) &&
    labels.every(([label, value]) => current.metadata.labels?.[label] === value)
  );
}
