import type { Feed, Globalization, Localization, ManagedCluster } from '@clusternet/api-types';
import { createSelector, matchSelector } from '@clusternet/kube-data';
import type { LabelSelector } from '@clusternet/kube-data';
import { INDEX } from '../parent/caches.ts';
import type { ParentCaches } from '../parent/caches.ts';
import { feedKey } from '../parent/feed-keys.ts';

/** The override objects that concern one feed in one cluster, unordered. */
export interface FeedOverrides {
  readonly globalizations: readonly Globalization[];
  readonly localizations: readonly Localization[];
}

/**
 * Finds the overrides of a feed by the feed they name, so that one that was moved to another feed no longer
 * touches the old one. Those being deleted do not count.
 */
export function gatherOverrides(
  caches: Pick<ParentCaches, 'globalizations' | 'localizations'>,
  feed: Feed,
  namespace: string,
  cluster: ManagedCluster | undefined,
): FeedOverrides {
  const key = feedKey(feed);
  const isLive = ({ metadata }: Globalization | Localization): boolean =>
    metadata.deletionTimestamp === undefined;
  return {
    globalizations: caches.globalizations.store
      .byIndex(INDEX.feed, key)
      .filter((entry) => isLive(entry) && isForCluster(entry.spec.clusterAffinity, cluster)),
    localizations: caches.localizations.store
      .byIndex(INDEX.feed, key)
      .filter((entry) => isLive(entry) && entry.metadata.namespace === namespace),
  };
}

function isForCluster(affinity: LabelSelector | undefined, cluster: ManagedCluster | undefined): boolean {
  if (affinity === undefined) return true;
  return cluster !== undefined && matchSelector(createSelector(affinity), cluster.metadata.labels ?? {});
}
