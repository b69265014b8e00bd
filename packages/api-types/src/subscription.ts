import type { Static } from 'typebox';
import { clusterId, clusterName } from './clusters.ts';
import { API_VERSIONS } from './constants.ts';
import {
  addedStatusFields,
  labelSelector,
  preferredSchedulingTerm,
  toleration,
  topologySpreadConstraint,
} from './core-schemas.ts';
import { feed, feedFields, healthStatus } from './feeds.ts';
import { flag, int32, int64, integer, kindSchema, list, mapOf, oneOf, opt, struct, text } from './schema.ts';

const dividingScheduling = struct({
  dynamicDividing: opt(
    struct({
      maxClusters: opt(int32()),
      minClusters: opt(int32()),
      preferredClusters: opt(list(preferredSchedulingTerm)),
      strategy: oneOf(['Spread', 'Binpack'], { default: 'Spread' }),
      topologySpreadConstraints: opt(list(topologySpreadConstraint)),
    }),
  ),
  type: oneOf(['Static', 'Dynamic'], { default: 'Static' }),
});

const subscriber = struct({
  clusterAffinity: labelSelector,
  subGroupStrategy: opt(struct({ minClusters: opt(int32({ minimum: 0 })) })),
  weight: opt(int32({ minimum: 0, description: 'Share of the replicas, for static dividing.' })),
});

const subscriptionSpec = struct({
  clusterTolerations: opt(list(toleration, { description: 'Which taints of clusters are tolerated.' })),
  dividingScheduling: opt(dividingScheduling),
  feeds: list(feed, { description: 'What to deploy.' }),
  preemptionPolicy: opt(oneOf(['PreemptLowerPriority', 'PreemptNever'], { default: 'PreemptLowerPriority' })),
  priority: opt(int32({ description: 'Higher is scheduled first.' })),
  schedulerName: opt(text({ default: 'default' })),
  schedulingBySubGroup: opt(flag({ description: "Treat each subscriber's clusters as one group." })),
  schedulingStrategy: opt(oneOf(['Replication', 'Dividing'], { default: 'Replication' })),
  subscribers: list(subscriber, { description: 'Where to deploy.' }),
});

const replicaStatus = struct({
  active: opt(int32()),
  availableReplicas: opt(int32()),
  currentReplicas: opt(int32()),
  failed: opt(int32()),
  observedGeneration: opt(int64()),
  readyReplicas: opt(int32()),
  replicas: opt(int32()),
  succeeded: opt(int32()),
  unavailableReplicas: opt(int32()),
  updatedReplicas: opt(int32()),
});

const feedStatusFields = {
  available: opt(flag()),
  health: opt(healthStatus),
  replicaStatus: opt(replicaStatus),
};

const aggregatedStatus = struct({
  ...feedFields,
  feedStatusDetails: opt(
    list(struct({ ...feedStatusFields, clusterId: opt(clusterId()), clusterName: opt(clusterName()) })),
  ),
  feedStatusSummary: opt(struct(feedStatusFields)),
});

const subscriptionStatus = struct({
  ...addedStatusFields,
  aggregatedStatuses: opt(list(aggregatedStatus)),
  bindingClusters: opt(list(text(), { description: 'The targets, as namespace/name of ManagedClusters.' })),
  completedReleases: opt(integer()),
  desiredReleases: opt(integer()),
  replicas: opt(
    mapOf(list(int32()), { description: 'Replicas of each feed, by the order of bindingClusters.' }),
  ),
  specHash: opt(int64()),
});

/** Schema of a Subscription. */
export const subscriptionSchema = kindSchema(
  {
    apiVersion: API_VERSIONS.apps,
    kind: 'Subscription',
    description: 'What to deploy to which clusters.',
  },
  { spec: subscriptionSpec, status: opt(subscriptionStatus) },
);

/** What to deploy to which clusters. */
export type Subscription = Static<typeof subscriptionSchema>;
/** The wish of a Subscription. */
export type SubscriptionSpec = Static<typeof subscriptionSpec>;
/** What became of a Subscription. */
export type SubscriptionStatus = Static<typeof subscriptionStatus>;
/** One selector of clusters. */
export type Subscriber = Static<typeof subscriber>;
/** How replicas are divided. */
export type DividingScheduling = Static<typeof dividingScheduling>;
/** The status of one feed over all clusters. */
export type AggregatedStatus = Static<typeof aggregatedStatus>;
/** Replica counts of one feed. */
export type ReplicaStatus = Static<typeof replicaStatus>;
