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
 * @returns By feed key, each in the order of `clusters`. Where no weight is set all clusters count alike: a Go
 *   scheduler divides nothing then, and every cluster runs the full count.
 * @throws {SchedulingError} `MISSING_INVENTORY` when there is none, `UNSUPPORTED_DIVIDING` for dynamic dividing.
 * @see spec C §6.7
 */
export function planReplicas(input: ReplicasInput): Record<string, number[]> {
  const { subscription, subscribers, inventory, clusters } = input;
  const { namespace, name = '' } = subscription.metadata;
  if (isDynamic(subscription)) {
    throw new SchedulingError(
      'UNSUPPORTED_DIVIDING',
      'spec.dividingScheduling.type Dynamic is not supported by this version; Static is',
    );
  }
  if (inventory === undefined) {
    throw new SchedulingError(
      'MISSING_INVENTORY',
      `FeedInventory ${objectKey(namespace, name)} is not there yet`,
    );
  }
  const weights = clusters.map((cluster) => weightOf(cluster, subscribers));
  const alike = clusters.map(() => 1);
  return Object.fromEntries(
    inventory.spec.feeds.map((feed) => {
      const desired = feed.desiredReplicas;
      if (desired === undefined) return [feedKey(feed), []];
      return [feedKey(feed), divideByWeight(desired, weights) ?? divideByWeight(desired, alike) ?? []];
    }),
  );
}

/** Whether a Subscription divides by free capacity, which this version does not. */
export function isDynamic({ spec }: Subscription): boolean {
  return spec.schedulingStrategy === 'Dividing' && spec.dividingScheduling?.type === 'Dynamic';
}

/** Whether an inventory was counted for the feeds that a Subscription has now. */
export function isInventoryOf(inventory: FeedInventory | undefined, { spec }: Subscription): boolean {
  const counted = inventory?.spec.feeds.map(feedKey);
  return counted !== undefined && counted.join('\n') === spec.feeds.map(feedKey).join('\n');
}

/** The weights of all subscribers that select a cluster add up. */
function weightOf(cluster: ManagedCluster, subscribers: readonly ParsedSubscriber[]): number {
  return subscribers
    .filter((subscriber) => isSelectedBy(subscriber, cluster))
    .reduce((sum, { subscriber }) => sum + Math.max(0, subscriber.weight ?? 0), 0);
}
