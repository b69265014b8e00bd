import { LABELS } from '@clusternet/api-types';
import type { Description, Feed, ManagedCluster, Subscription } from '@clusternet/api-types';

/** One object of a Subscription in one cluster. */
export interface StatusRow {
  readonly cluster: string;
  /** `Kind namespace/name` */
  readonly object: string;
  readonly state: State;
  /** `ready/wanted`; empty for what has no replicas. */
  readonly replicas: string;
  /** Since when, Unix ms; undefined when nobody has said. */
  readonly sinceMs: number | undefined;
  /** Why it is so; empty when all is well. */
  readonly reason: string;
}

/** `Applied` is what has no health that is known of; `OutOfDate` was delivered as it was before the last change. */
export type State =
  | 'Applied'
  | 'Failed'
  | 'Gone'
  | 'Healthy'
  | 'OutOfDate'
  | 'Pending'
  | 'Progressing'
  | 'Unreachable'
  | 'Waiting';

export interface StatusEvidence {
  readonly subscription: Subscription;
  /** Of any Subscription. */
  readonly descriptions: readonly Description[];
  readonly clusters: readonly ManagedCluster[];
}

interface Verdict {
  readonly state: State;
  readonly sinceMs?: number | undefined;
  readonly reason: string;
}

type Condition = NonNullable<NonNullable<Description['status']>['conditions']>[number];

/** Every feed in every bound cluster, clusters in the order of the bindings. */
export function planStatus({ subscription, descriptions, clusters }: StatusEvidence): StatusRow[] {
  const uid = subscription.metadata.uid ?? '';
  const own = descriptions.filter(({ metadata }) => metadata.labels?.[LABELS.subscriptionUid] === uid);
  return (subscription.status?.bindingClusters ?? []).flatMap((binding) => {
    const [namespace = '', name = ''] = binding.split('/');
    const cluster = clusters.find(
      ({ metadata }) => metadata.namespace === namespace && metadata.name === name,
    );
    const description = own.find(({ metadata }) => metadata.namespace === namespace);
    const verdict = judge(cluster, description);
    return subscription.spec.feeds.map((feed) => toRow(subscription, feed, cluster, name, verdict));
  });
}

function judge(cluster: ManagedCluster | undefined, description: Description | undefined): Verdict {
  if (cluster === undefined) return { state: 'Gone', reason: 'there is no such cluster' };
  const reach = cluster.status?.conditions?.find(({ type }) => type === 'Ready');
  if (reach !== undefined && reach.status !== 'True')
    return { state: 'Unreachable', sinceMs: timeOf(reach), reason: reach.message };
  if (description === undefined) return { state: 'Pending', reason: 'not delivered yet' };
  const ready = description.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready === undefined) return { state: 'Pending', reason: 'not delivered yet' };
  const sinceMs = timeOf(ready);
  const isCurrent = description.status?.observedGeneration === description.metadata.generation;
  if (ready.status === 'False') return { state: 'Failed', sinceMs, reason: ready.message };
  if (ready.status === 'Unknown') return { state: 'Waiting', sinceMs, reason: ready.message };
  if (!isCurrent) return { state: 'OutOfDate', sinceMs, reason: 'a change is on its way' };
  return { state: 'Applied', sinceMs, reason: '' };
}

function toRow(
  { status }: Subscription,
  feed: Feed,
  cluster: ManagedCluster | undefined,
  name: string,
  verdict: Verdict,
): StatusRow {
  const detail = status?.aggregatedStatuses
    ?.find((entry) => isSame(entry, feed))
    ?.feedStatusDetails?.find(({ clusterId }) => clusterId === cluster?.spec?.clusterId);
  const { readyReplicas = 0, replicas } = detail?.replicaStatus ?? {};
  const state =
    verdict.state !== 'Applied' || detail?.available === undefined
      ? verdict.state
      : detail.available
        ? 'Healthy'
        : 'Progressing';
  const { kind, namespace = '', name: object } = feed;
  return {
    cluster: name,
    object: `${kind} ${namespace === '' ? '' : `${namespace}/`}${object}`,
    state,
    replicas: replicas === undefined ? '' : `${readyReplicas}/${replicas}`,
    sinceMs: verdict.sinceMs,
    reason: verdict.reason,
  };
}

function isSame(a: Feed, b: Feed): boolean {
  return a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '');
}

function timeOf({ lastTransitionTime }: Condition): number | undefined {
  const ms = Date.parse(lastTransitionTime);
  return Number.isNaN(ms) ? undefined : ms;
}
