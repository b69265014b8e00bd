import type { ManagedCluster, Subscriber, Subscription } from '@clusternet/api-types';
import { compareText, createSelector, isParseError, matchSelector, objectKey } from '@clusternet/kube-data';
import type { Selector } from '@clusternet/kube-data';
import { SchedulingError } from './errors.ts';

/** A subscriber, its selector parsed. */
export interface ParsedSubscriber {
  readonly subscriber: Subscriber;
  readonly selector: Selector;
}

/**
 * Parses the cluster selectors of a Subscription. One that is absent matches nothing, an empty one everything.
 *
 * @throws {SchedulingError} `INVALID_SELECTOR`
 */
export function parseSubscribers(subscription: Subscription): ParsedSubscriber[] {
  return subscription.spec.subscribers.map((subscriber, index) => {
    try {
      // The CRD requires an affinity; the Go client writes null for one that is not there.
      const affinity = (subscriber.clusterAffinity as Subscriber['clusterAffinity'] | null) ?? undefined;
      return { subscriber, selector: createSelector(affinity) };
    } catch (cause) {
      if (!isParseError(cause)) throw cause;
      const path = `spec.subscribers[${index}].clusterAffinity`;
      throw new SchedulingError('INVALID_SELECTOR', `${path} is not valid: ${cause.message}`, { cause });
    }
  });
}

/** Whether a subscriber selects a cluster. */
export function isSelectedBy({ selector }: ParsedSubscriber, cluster: ManagedCluster): boolean {
  return matchSelector(selector, cluster.metadata.labels);
}

/** How bindings name a cluster: `namespace/name`. */
export function clusterKey({ metadata }: ManagedCluster): string {
  return objectKey(metadata.namespace, metadata.name ?? '');
}

/** Those of the clusters that are selected and not being deleted; each once, by key. */
export function gatherCandidates(
  subscribers: readonly ParsedSubscriber[],
  clusters: readonly ManagedCluster[],
): ManagedCluster[] {
  return clusters
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .filter((cluster) => subscribers.some((subscriber) => isSelectedBy(subscriber, cluster)))
    .toSorted((a, b) => compareText(clusterKey(a), clusterKey(b)));
}
