import { ANNOTATIONS } from '@clusternet/api-types';
import type { Manifest } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import { createController, createWorkQueue, keyOf } from '@clusternet/controller-kit';
import type { Clock, Logger, Metrics, Run } from '@clusternet/runtime';
import { INDEX } from '../parent/caches.ts';
import type { ParentCaches } from '../parent/caches.ts';
import { manifestKey, manifestKeyOfLabels } from '../parent/feed-keys.ts';
import type { ParentResources } from '../parent/resources.ts';
import { planFeedGuard } from './plan-feed-guard.ts';

export interface FeedGuardDeps {
  readonly caches: Pick<ParentCaches, 'manifests' | 'subscriptions'>;
  readonly resources: Pick<ParentResources, 'manifests' | 'subscriptions'>;
  /** The feature gate FeedInUseProtection. */
  readonly isFeedProtected: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Holds back the deletion of templates that Subscriptions use, or takes them out of those that do. */
export function createFeedGuardController(deps: FeedGuardDeps): Run {
  const { caches, resources, clock, log } = deps;
  const queue = createWorkQueue(clock);

  const patch = async (manifest: Manifest, metadata: object, signal: AbortSignal): Promise<void> => {
    const { name = '', namespace = '', resourceVersion } = manifest.metadata;
    const body = { metadata: { resourceVersion, ...metadata } };
    try {
      await resources.manifests.patch({ name, namespace }, 'merge', body, {}, signal);
    } catch (error) {
      if (!isApiError(error, 'NOT_FOUND')) throw error;
    }
  };

  const reconcile = async (key: string, signal: AbortSignal): Promise<object> => {
    const manifest = caches.manifests.store.get(key);
    if (manifest === undefined) return {};
    const users = caches.subscriptions.store.byIndex(INDEX.feed, manifestKeyOfLabels(manifest));
    const plan = planFeedGuard(manifest, users, deps.isFeedProtected);
    switch (plan.kind) {
      case 'nothing':
        break;
      case 'guard':
        await patch(manifest, { finalizers: plan.finalizers }, signal);
        break;
      case 'block':
        await patch(manifest, { annotations: { [ANNOTATIONS.feedProtection]: plan.message } }, signal);
        log.info('deletion of a feed held back', { manifest: key });
        break;
      case 'release':
        for (const { subscription, feeds } of plan.unsubscribe) {
          const { name = '', namespace = '', resourceVersion } = subscription.metadata;
          const body = { metadata: { resourceVersion }, spec: { feeds } };
          await resources.subscriptions.patch({ name, namespace }, 'merge', body, {}, signal);
          log.info('deleted feed taken out', { manifest: key, subscription: keyOf(subscription) });
        }
        await patch(manifest, { finalizers: plan.finalizers }, signal);
        break;
    }
    return {};
  };

  const run = createController({ ...deps, queue, reconcile }, { name: 'feedguard', workers: 2 });
  return async (signal) => {
    const ends = [
      caches.manifests.store.subscribe(({ key, after }) => {
        if (after !== undefined) queue.add(key, 'user');
      }),
      caches.subscriptions.store.subscribe(({ before, after }) => {
        // Only what waits for its users to go minds who they are.
        for (const feed of [...(before?.spec.feeds ?? []), ...(after?.spec.feeds ?? [])]) {
          for (const manifest of caches.manifests.store.byIndex(INDEX.feed, manifestKey(feed)))
            if (manifest.metadata.deletionTimestamp !== undefined) queue.add(keyOf(manifest), 'user');
        }
      }),
    ];
    for (const manifest of caches.manifests.store.list()) queue.add(keyOf(manifest), 'background');
    await run(signal);
    for (const end of ends) end();
  };
}
