import type {
  AggregatedStatus,
  Description,
  FeedInventory,
  ManagedCluster,
  ReplicaStatus,
  Subscription,
} from '@clusternet/api-types';
import { findCondition } from '@clusternet/controller-kit';
import type { ConditionUpdate } from '@clusternet/controller-kit';
import { isDeliveredByGo, isInSync, worstHealth } from '@clusternet/deployer';
import type { Health } from '@clusternet/deployer';
import { hashSubscriptionSpec, isDynamic, isInventoryOf } from '@clusternet/scheduling';
import type { FeedProblem } from '../distribution/plan-description.ts';
import { describeFeed } from '../parent/feed-keys.ts';
import { planDeployer } from '../push/plan-deployer.ts';
import { healthField, healthOfFeed } from './plan-health.ts';

/** Everything that decides the status of one Subscription. */
export interface SubscriptionEvidence {
  readonly subscription: Subscription;
  /** Of all its Descriptions. */
  readonly descriptions: readonly Description[];
  /** By `namespace/name`, as bindings have it. */
  readonly getCluster: (key: string) => ManagedCluster | undefined;
  readonly problems: readonly FeedProblem[];
  /** Needed where replicas are divided. */
  readonly inventory?: FeedInventory | undefined;
}

export interface SubscriptionStatusPlan {
  readonly conditions: readonly ConditionUpdate[];
  readonly aggregatedStatuses: readonly AggregatedStatus[];
  readonly completedReleases: number;
}

interface ClusterView {
  readonly cluster: ManagedCluster;
  readonly description: Description | undefined;
}

/** Longest message of a condition, characters. */
const MAX_MESSAGE = 2000;

/** Sums up what became of a Subscription: conditions for people, replica counts per feed and cluster. */
export function planSubscriptionStatus(evidence: SubscriptionEvidence): SubscriptionStatusPlan {
  const { subscription, descriptions, getCluster } = evidence;
  const views = (subscription.status?.bindingClusters ?? []).flatMap((binding): ClusterView[] => {
    const cluster = getCluster(binding);
    if (cluster === undefined) return [];
    const { namespace } = cluster.metadata;
    return [{ cluster, description: descriptions.find(({ metadata }) => metadata.namespace === namespace) }];
  });
  const delivered = views.filter(isDelivered);
  const aggregatedStatuses = aggregate(subscription, views);
  return {
    conditions: [
      ...planConditions(evidence, views, delivered.length),
      planHealthy(evidence, aggregatedStatuses),
    ],
    aggregatedStatuses,
    completedReleases: delivered.length,
  };
}

/** Whether the present spec is in the cluster; what its agent says counts where that delivers, a Go agent's too. */
function isDelivered({ cluster, description }: ClusterView): boolean {
  if (description === undefined) return false;
  return isInSync(description) || (planDeployer(cluster) === 'agent' && isDeliveredByGo(description));
}

interface Verdict {
  readonly ready: 'False' | 'True' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly isStalled: boolean;
}

const HEALTHY_STATUS = { Healthy: 'True', Progressing: 'Unknown', Unhealthy: 'False' } as const;

/** Says how what is delivered does. `Ready` does not mind: it says that it is delivered. */
function planHealthy(
  { subscription }: SubscriptionEvidence,
  aggregated: readonly AggregatedStatus[],
): ConditionUpdate {
  const all = aggregated.flatMap((feed) =>
    (feed.feedStatusDetails ?? []).map(({ health, clusterName = '' }): Health => {
      const { state = 'Progressing', message = '' } = health ?? {};
      return {
        state,
        message: state === 'Healthy' ? '' : `${clusterName}: ${describeFeed(feed)}: ${message}`,
      };
    }),
  );
  const isNothing = all.length === 0;
  const { state, message } = worstHealth(all);
  return {
    type: 'Healthy',
    status: isNothing ? 'Unknown' : HEALTHY_STATUS[state],
    reason: isNothing ? 'NothingDelivered' : state,
    message: message.slice(0, MAX_MESSAGE),
    observedGeneration: subscription.metadata.generation ?? 0,
  };
}

function planConditions(
  evidence: SubscriptionEvidence,
  views: readonly ClusterView[],
  delivered: number,
): ConditionUpdate[] {
  const { ready, reason, message, isStalled } = judge(evidence, views, delivered);
  const observedGeneration = evidence.subscription.metadata.generation ?? 0;
  const text = message.slice(0, MAX_MESSAGE);
  const isReconciling = ready !== 'True' && !isStalled;
  const flag = (type: string, isTrue: boolean): ConditionUpdate => ({
    type,
    status: isTrue ? 'True' : 'False',
    reason: isTrue ? reason : `Not${type}`,
    message: isTrue ? text : '',
    observedGeneration,
  });
  return [
    { type: 'Ready', status: ready, reason, message: text, observedGeneration },
    flag('Reconciling', isReconciling),
    flag('Stalled', isStalled),
  ];
}

/** What keeps the replicas of a Subscription from being divided; undefined when nothing does. */
function judgeDividing({ subscription, inventory }: SubscriptionEvidence): Verdict | undefined {
  const { spec, status, metadata } = subscription;
  // Another scheduler may do what ours does not: what is scheduled as it stands needs no excuse.
  if (spec.schedulingStrategy !== 'Dividing' || status?.specHash === hashSubscriptionSpec(spec))
    return undefined;
  if (isDynamic(subscription)) {
    return {
      ready: 'False',
      reason: 'DividingNotSupported',
      message: 'spec.dividingScheduling.type Dynamic is not supported by this version; Static is',
      isStalled: true,
    };
  }
  if (isInventoryOf(inventory, subscription)) return undefined;
  const message = `FeedInventory ${metadata.namespace ?? ''}/${metadata.name ?? ''} does not list its feeds yet`;
  return { ready: 'Unknown', reason: 'FeedInventoryMissing', message, isStalled: false };
}

/** Problems that may go by themselves. */
const WAITS: ReadonlySet<FeedProblem['reason']> = new Set(['FeedNotFound', 'ReplicasNotDivided']);

function judge(evidence: SubscriptionEvidence, views: readonly ClusterView[], delivered: number): Verdict {
  const { subscription, problems, getCluster } = evidence;
  const { specHash, bindingClusters = [] } = subscription.status ?? {};
  const verdict = (ready: Verdict['ready'], reason: string, message: string, isStalled = false): Verdict => ({
    ready,
    reason,
    message,
    isStalled,
  });
  const undivided = judgeDividing(evidence);
  if (undivided !== undefined) return undivided;
  if (specHash === undefined) return verdict('Unknown', 'Scheduling', 'waiting for the scheduler');
  if (bindingClusters.length === 0) {
    return verdict(
      'False',
      'NoClusterMatches',
      'no cluster matches the subscribers and tolerates its taints',
    );
  }
  const unknown = bindingClusters.filter((binding) => getCluster(binding) === undefined);
  if (unknown.length > 0) {
    const message = `bound to clusters that are not there: ${unknown.join(', ')}`;
    return verdict('False', 'ClusterNotFound', message);
  }
  const unique = [...new Map(problems.map((problem) => [problem.message, problem])).values()];
  const fatal = unique.filter(({ isFatal }) => isFatal);
  const [worst] = fatal;
  if (worst !== undefined) {
    const isStalled = fatal.every(({ reason }) => !WAITS.has(reason));
    return verdict('False', worst.reason, fatal.map(({ message }) => message).join('; '), isStalled);
  }
  const waiting = views.flatMap((view) => {
    const { cluster, description } = view;
    if (isDelivered(view)) return [];
    const { phase, reason: goReason = '' } = description?.status ?? {};
    const ofLast = findCondition(description?.status?.conditions, 'Ready');
    const condition = ofLast?.status === 'True' ? undefined : ofLast; // true of an older generation
    const goFailure = phase === 'Failure' && condition === undefined ? goReason : '';
    const detail = condition?.message ?? (goFailure === '' ? 'not delivered yet' : goFailure);
    return [
      {
        phase,
        reason: condition?.reason ?? (goFailure === '' ? undefined : 'DeployFailed'),
        text: `${cluster.metadata.name ?? ''}: ${detail}`,
      },
    ];
  });
  const [first] = waiting;
  if (first !== undefined) {
    const failed = waiting.find(({ phase }) => phase === 'Failure');
    const reason = failed?.reason ?? first.reason ?? 'Delivering';
    return verdict('False', reason, waiting.map(({ text }) => text).join('; '));
  }
  const notes = unique.map(({ message }) => message);
  const message = [`delivered to ${delivered} clusters`, ...notes].join('; ');
  return verdict('True', notes.length > 0 ? 'DeliveredWithNotices' : 'Delivered', message);
}

function aggregate(subscription: Subscription, views: readonly ClusterView[]): AggregatedStatus[] {
  return subscription.spec.feeds.map((feed) => {
    const details = views.map(({ cluster, description }) => {
      const { namespace = '' } = feed; // none: the objects of all namespaces
      const observed = (description?.status?.manifestStatuses ?? []).filter(
        (entry) =>
          entry.kind === feed.kind &&
          entry.apiVersion === feed.apiVersion &&
          entry.name === feed.name &&
          (namespace === '' || entry.namespace === namespace),
      );
      const replicas = observed.flatMap(({ observedStatus }) =>
        replicaStatusOf(feed.apiVersion, feed.kind, observedStatus),
      );
      const clusterName = cluster.metadata.name;
      return {
        ...(cluster.spec?.clusterId === undefined ? {} : { clusterId: cluster.spec.clusterId }),
        ...(clusterName === undefined ? {} : { clusterName }),
        available: observed.length > 0,
        health: healthField(healthOfFeed(description, observed)),
        ...sumReplicas(replicas),
      };
    });
    return {
      ...feed,
      feedStatusDetails: details,
      feedStatusSummary: {
        available: details.length > 0 && details.every(({ available }) => available),
        ...(details.length === 0 ? {} : { health: summaryOf(details) }),
        ...sumReplicas(details.flatMap(({ replicaStatus }) => replicaStatus ?? [])),
      },
    };
  });
}

/** The worst of all clusters; which one it is stands in the details. */
function summaryOf(details: readonly { readonly health: ReturnType<typeof healthField> }[]) {
  return { state: worstHealth(details.map(({ health }) => ({ message: '', ...health }))).state };
}

const REPLICA_FIELDS: ReadonlyMap<string, readonly (keyof ReplicaStatus)[]> = new Map<
  string,
  readonly (keyof ReplicaStatus)[]
>([
  [
    'apps/v1/Deployment',
    [
      'observedGeneration',
      'replicas',
      'updatedReplicas',
      'readyReplicas',
      'availableReplicas',
      'unavailableReplicas',
    ],
  ],
  [
    'apps/v1/StatefulSet',
    [
      'observedGeneration',
      'replicas',
      'updatedReplicas',
      'currentReplicas',
      'readyReplicas',
      'availableReplicas',
    ],
  ],
  ['batch/v1/Job', ['active', 'succeeded', 'failed']],
]);

function replicaStatusOf(apiVersion: string, kind: string, status: unknown): readonly ReplicaStatus[] {
  const fields = REPLICA_FIELDS.get(`${apiVersion}/${kind}`);
  if (fields === undefined || typeof status !== 'object' || status === null) return [];
  const counts = status as Readonly<Record<string, unknown>>;
  const picked = fields.flatMap((field) =>
    typeof counts[field] === 'number' ? [[field, counts[field]]] : [],
  );
  return [Object.fromEntries(picked) as ReplicaStatus];
}

function sumReplicas(statuses: readonly ReplicaStatus[]): { replicaStatus?: ReplicaStatus } {
  if (statuses.length === 0) return {};
  const sum: Record<string, number> = {};
  for (const status of statuses) {
    for (const [field, value] of Object.entries(status)) {
      sum[field] =
        field === 'observedGeneration' ? Math.max(sum[field] ?? 0, value) : (sum[field] ?? 0) + value;
    }
  }
  return { replicaStatus: sum };
}
