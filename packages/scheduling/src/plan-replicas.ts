import type { Feed, FeedInventory, ManagedCluster, Subscription } from '@clusternet/api-types';
import { objectKey } from '@clusternet/kube-data';
import { isSelectedBy } from './cluster-selection.ts';
import type { ParsedSubscriber } from './cluster-selection.ts';
import { divideByWeight } from './divide-replicas.ts';
import { SchedulingError } from './errors.ts';

/** What static dividing decides by. */
export interface ReplicasInput {
  readonly subscription: Subscription;
  readonly subscribers: readonly ParsedSubscriber[];
  readonly inventory?: FeedInventory | undefined;
  /** The bound clusters, in the order of `bindingClusters`. */
  readonly clusters: readonly ManagedCluster[];
}

/** The key of a feed in `status.replicas`: `apiVersion/kind/namespace/name`, without namespace where there is none. */
export function feedKey({ apiVersion, kind, namespace, name }: Feed): string {
  return `${apiVersion}/${kind}/${objectKey(namespace, name)}`;
}

/**
 * Divides the replicas of every feed by the static weights of the subscribers. A feed without replicas gets `[]`.
 *
 * @returns By feed key, each in the order of `clusters`. Nothing at all when no weight is set: then every cluster
 *   runs the full count.
 * @throws {SchedulingError} `MISSING_INVENTORY` when there is none, `UNSUPPORTED_DIVIDING` for dynamic dividing.
 * @see spec C §6.7
 */
export function planReplicas(input: ReplicasInput): Record<string, number[]> {
  const { subscription, subscribers, inventory, clusters } = input;
  const { namespace, name = '' } = subscription.metadata;
  if (inventory === undefined) {
    throw new SchedulingError(
      'MISSING_INVENTORY',
      `FeedInventory ${objectKey(namespace, name)} is not there yet`,
    );
  }
  if (subscription.spec.dividingScheduling?.type === 'Dynamic') {
    throw new SchedulingError(
      'UNSUPPORTED_DIVIDING',
      'spec.dividingScheduling.type Dynamic is not supported',
    );
  }
  const weights = clusters.map((cluster) => weightOf(cluster, subscribers));
  const replicas: Record<string, number[]> = {};
  for (const feed of inventory.spec.feeds) {
    const shares = divideByWeight(feed.desiredReplicas ?? 0, weights);
    if (shares === undefined) return {};
    replicas[feedKey(feed)] = feed.desiredReplicas === undefined ? [] : shares;
  }
  return replicas;
}

/** The weights of all subscribers that select a cluster add up. */
function weightOf(cluster: ManagedCluster, subscribers: readonly ParsedSubscriber[]): number {
  return subscribers
    .filter((subscriber) => isSelectedBy(subscriber, cluster))
    .reduce((sum, { subscriber }) => sum + Math.max(0, subscriber.weight ?? 0), 0);
}
