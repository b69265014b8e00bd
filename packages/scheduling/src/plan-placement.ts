import type { FeedInventory, ManagedCluster, Subscription } from '@clusternet/api-types';
import { compareText } from '@clusternet/kube-data';
import { clusterKey, gatherCandidates, isSelectedBy, parseSubscribers } from './cluster-selection.ts';
import type { ParsedSubscriber } from './cluster-selection.ts';
import { SchedulingError } from './errors.ts';
import { planReplicas } from './plan-replicas.ts';
import type { SchedulingProfile } from './plugins.ts';
import { taintTolerationFilter, taintTolerationScore } from './taint-toleration.ts';

/** A Subscription and what there is to choose from. */
export interface PlacementInput {
  readonly subscription: Subscription;
  /** Every ManagedCluster, in any order. */
  readonly clusters: readonly ManagedCluster[];
  /** Of the same name and namespace as the Subscription; needed for Dividing only. */
  readonly inventory?: FeedInventory | undefined;
  /** @default the taint filter and the taint score */
  readonly profile?: SchedulingProfile;
}

/** Why one selected cluster is not used. */
export interface UnschedulableReason {
  /** `namespace/name`. */
  readonly cluster: string;
  readonly plugin: string;
  readonly reason: string;
}

/** Where a Subscription goes. */
export interface PlacementPlan {
  /**
   * `scheduled`; `unfit` when no cluster fits, which unbinds everywhere; `no-clusters` when none is registered at
   * all, which changes nothing and is to be tried again.
   */
  readonly kind: 'no-clusters' | 'scheduled' | 'unfit';
  /** `namespace/name`, sorted by code unit. */
  readonly bindingClusters: readonly string[];
  /** Replicas of each feed, by the order of `bindingClusters`; undefined for Replication. */
  readonly replicas: Readonly<Record<string, readonly number[]>> | undefined;
  /** One for each selected cluster that is not used, by cluster. */
  readonly unschedulableReasons: readonly UnschedulableReason[];
  /** A sentence for events and conditions; undefined when scheduled. */
  readonly message: string | undefined;
}

const DEFAULT_PROFILE: SchedulingProfile = {
  filters: [taintTolerationFilter],
  scores: [taintTolerationScore],
};

/**
 * Decides which clusters a Subscription is bound to: those that its subscribers select, that are not being deleted
 * and that pass every filter; with subgroups, the best of each group.
 *
 * @throws {SchedulingError} When the Subscription cannot be scheduled as it is written.
 * @see spec C §6.4–6.7
 */
export function planPlacement(input: PlacementInput): PlacementPlan {
  const { subscription, clusters, profile = DEFAULT_PROFILE } = input;
  if (clusters.length === 0)
    return emptyPlan('no-clusters', [], 'no clusters available to schedule subscriptions');
  const subscribers = parseSubscribers(subscription);
  const candidates = gatherCandidates(subscribers, clusters);
  const unschedulableReasons = candidates.flatMap((cluster) => filterCluster(subscription, cluster, profile));
  const refused = new Set(unschedulableReasons.map(({ cluster }) => cluster));
  const feasible = candidates.filter((cluster) => !refused.has(clusterKey(cluster)));
  if (feasible.length === 0) {
    return emptyPlan('unfit', unschedulableReasons, describeUnfit(clusters.length, unschedulableReasons));
  }
  const chosen = chooseClusters(subscription, subscribers, rank(subscription, feasible, profile));
  const bound = chosen.toSorted((a, b) => compareText(clusterKey(a), clusterKey(b)));
  return {
    kind: 'scheduled',
    bindingClusters: bound.map(clusterKey),
    replicas: isDividing(subscription) ? planReplicas({ ...input, subscribers, clusters: bound }) : undefined,
    unschedulableReasons,
    message: undefined,
  };
}

function isDividing({ spec }: Subscription): boolean {
  return spec.schedulingStrategy === 'Dividing';
}

function emptyPlan(
  kind: 'no-clusters' | 'unfit',
  unschedulableReasons: readonly UnschedulableReason[],
  message: string,
): PlacementPlan {
  return { kind, bindingClusters: [], replicas: undefined, unschedulableReasons, message };
}

/** The first filter that refuses a cluster, if any. */
function filterCluster(
  subscription: Subscription,
  cluster: ManagedCluster,
  { filters }: SchedulingProfile,
): UnschedulableReason[] {
  for (const plugin of filters) {
    const reason = plugin.filter(subscription, cluster);
    if (reason !== undefined) return [{ cluster: clusterKey(cluster), plugin: plugin.name, reason }];
  }
  return [];
}

function describeUnfit(total: number, reasons: readonly UnschedulableReason[]): string {
  const counts = new Map<string, number>();
  for (const { reason } of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const parts = [...counts].map(([reason, count]) => `${count} ${reason}`).toSorted(compareText);
  return `0/${total} clusters are available: ${parts.join(', ')}.`;
}

/** The best first; of equal ones, the first by key. */
function rank(
  subscription: Subscription,
  clusters: readonly ManagedCluster[],
  { scores }: SchedulingProfile,
): ManagedCluster[] {
  const totals = clusters.map(() => 0);
  for (const plugin of scores) {
    const points = plugin.score(subscription, clusters);
    for (const index of totals.keys())
      totals[index] = (totals[index] ?? 0) + (points[index] ?? 0) * plugin.weight;
  }
  return clusters
    .map((cluster, index) => ({ cluster, total: totals[index] ?? 0 }))
    .toSorted((a, b) => b.total - a.total)
    .map(({ cluster }) => cluster);
}

/** All ranked clusters or, by subgroup, the best of each group; a cluster in two groups counts once. */
function chooseClusters(
  { spec }: Subscription,
  subscribers: readonly ParsedSubscriber[],
  ranked: readonly ManagedCluster[],
): readonly ManagedCluster[] {
  if (spec.schedulingBySubGroup !== true) return ranked;
  const chosen = new Set<ManagedCluster>();
  for (const [index, parsed] of subscribers.entries()) {
    const strategy = parsed.subscriber.subGroupStrategy;
    if (strategy === undefined) {
      const path = `spec.subscribers[${index}].subGroupStrategy`;
      throw new SchedulingError('MISSING_SUBGROUP_STRATEGY', `${path} is required with schedulingBySubGroup`);
    }
    const group = ranked.filter((cluster) => isSelectedBy(parsed, cluster));
    for (const cluster of group.slice(0, strategy.minClusters ?? 0)) chosen.add(cluster);
  }
  if (chosen.size === 0) {
    throw new SchedulingError(
      'EMPTY_SUBGROUPS',
      'no subgroup asks for a cluster: minClusters is 0 in all of them',
    );
  }
  return [...chosen];
}
