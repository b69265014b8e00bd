import type { Globalization, Localization, ManagedCluster, Manifest } from '@clusternet/api-types';
import { createSelector, matchSelector } from '@clusternet/kube-data';
import type { LabelSelector } from '@clusternet/kube-data';
import { errorText } from '@clusternet/runtime';
import { INDEX } from '../parent/caches.ts';
import type { ParentCaches } from '../parent/caches.ts';
import { isManifestOf, manifestKeyOfLabels } from '../parent/feed-keys.ts';

/** The override objects that concern one object in one cluster, unordered. */
export interface ObjectOverrides {
  readonly globalizations: readonly Globalization[];
  readonly localizations: readonly Localization[];
  /** One sentence for each override of which it cannot be told whether it concerns the cluster. */
  readonly problems: readonly string[];
  /** Whose facts the templates of overrides take. */
  readonly cluster?: ManagedCluster | undefined;
}

/**
 * Finds the overrides of an object by the feed that each names, so that one that was moved to another feed no
 * longer touches the old one. A feed without a namespace means the object in any. Those being deleted do not
 * count.
 */
export function gatherOverrides(
  caches: Pick<ParentCaches, 'globalizations' | 'localizations'>,
  manifest: Manifest,
  namespace: string,
  cluster: ManagedCluster | undefined,
): ObjectOverrides {
  const key = manifestKeyOfLabels(manifest);
  const concerns = ({ metadata, spec }: Globalization | Localization): boolean =>
    metadata.deletionTimestamp === undefined && spec.feed !== undefined && isManifestOf(manifest, spec.feed);
  const problems: string[] = [];
  return {
    problems,
    cluster,
    globalizations: caches.globalizations.store.byIndex(INDEX.feed, key).filter((entry) => {
      if (!concerns(entry)) return false;
      try {
        return isForCluster(entry.spec.clusterAffinity, cluster);
      } catch (error) {
        const { name = '' } = entry.metadata;
        problems.push(`spec.clusterAffinity of Globalization ${name} cannot be read: ${errorText(error)}`);
        return false;
      }
    }),
    localizations: caches.localizations.store
      .byIndex(INDEX.feed, key)
      .filter((entry) => concerns(entry) && entry.metadata.namespace === namespace),
  };
}

function isForCluster(affinity: LabelSelector | undefined, cluster: ManagedCluster | undefined): boolean {
  if (affinity === undefined) return true;
  return cluster !== undefined && matchSelector(createSelector(affinity), cluster.metadata.labels ?? {});
}
