import type { ManagedCluster, Subscription } from '@clusternet/api-types';

/** Says whether a cluster may be used at all. */
export interface FilterPlugin {
  readonly name: string;
  /** Undefined when the cluster may be used, else why not: a text that is the same for the same reason. */
  filter(subscription: Subscription, cluster: ManagedCluster): string | undefined;
}

/** Says how well clusters suit. */
export interface ScorePlugin {
  readonly name: string;
  /** What its scores are multiplied by. */
  readonly weight: number;
  /** Shape `[n]`, by the order of `clusters`, each from 0 to 100. */
  score(subscription: Subscription, clusters: readonly ManagedCluster[]): readonly number[];
}

/** The plug-ins of one scheduler profile. */
export interface SchedulingProfile {
  readonly filters: readonly FilterPlugin[];
  readonly scores: readonly ScorePlugin[];
}
