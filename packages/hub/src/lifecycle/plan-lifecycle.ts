import { ANNOTATIONS, CLUSTER_CONDITIONS, CLUSTER_REASONS, TAINTS } from '@clusternet/api-types';
import type { ManagedCluster, Taint } from '@clusternet/api-types';
import type { ConditionUpdate } from '@clusternet/controller-kit';
import { findCondition } from '@clusternet/controller-kit';
import { planClusterInit } from './plan-cluster-init.ts';
import type { InitEvidence } from './plan-cluster-init.ts';
import { planDetachPolicy } from './plan-detach.ts';

/** What the tunnels know of a cluster. */
export interface TunnelEvidence {
  readonly isConnected: boolean;
  /** When that became so, ms since 1970. */
  readonly sinceMs: number;
}

/** What is known of a cluster beside its own object. */
export interface LifecycleEvidence {
  /** Undefined when nobody here watches tunnels. */
  readonly tunnel?: TunnelEvidence | undefined;
  /** Whether an operator denied it. */
  readonly isDenied?: boolean;
  /** Undefined while the feature gate ClusterInit is off. */
  readonly init?: InitEvidence | undefined;
}

export interface LifecyclePlan {
  readonly conditions: readonly ConditionUpdate[];
  /** Status fields to write beside the conditions. */
  readonly fields: Readonly<Record<string, boolean>>;
  /** The whole list to write, or undefined when it is right already. */
  readonly taints: readonly Taint[] | undefined;
  /** To be written to `spec.clusterInitBaseName`. */
  readonly initBaseName: string | undefined;
  /** When time alone changes the answer, ms from now. */
  readonly requeueAfterMs: number;
}

/** A cluster that never said how often it reports has this long, ms. */
export const DEFAULT_GRACE_MS: number = 9 * 60_000;

/** Reports that a cluster may miss before it counts as gone. */
const GRACE_REPORTS = 3;

export const TUNNEL_REASON: string = 'ClusterTunnelDisconnected';
export const DENIED_REASON: string = 'ClusterDenied';

/**
 * Decides what a ManagedCluster's conditions and taints are.
 *
 * A lost tunnel shows at once as `Ready=Unknown`, and a cluster that is not ready as it says, but only what lasts for the
 * whole grace period taints the cluster and so moves what runs there.
 *
 * @see docs/spec/lifecycle.md
 */
export function planLifecycle(
  cluster: ManagedCluster,
  evidence: LifecycleEvidence,
  nowMs: number,
): LifecyclePlan {
  const status = cluster.status ?? {};
  const reportedMs = status.lastObservedTime === undefined ? undefined : Date.parse(status.lastObservedTime);
  const referenceMs = reportedMs ?? Date.parse(cluster.metadata.creationTimestamp ?? '');
  const heartbeatMs = (status.heartbeatFrequencySeconds ?? 0) * 1000;
  const graceMs = heartbeatMs > 0 ? heartbeatMs * GRACE_REPORTS : DEFAULT_GRACE_MS;
  const leftMs = (Number.isNaN(referenceMs) ? nowMs : referenceMs) + graceMs - nowMs;
  const isExpired = leftMs < 0;
  const init = planClusterInit(cluster, evidence.init);
  const plan = (
    ready: ConditionUpdate | undefined,
    rest: Pick<LifecyclePlan, 'fields' | 'requeueAfterMs'>,
    unschedulable: string | undefined,
  ): LifecyclePlan => ({
    ...rest,
    conditions: ready === undefined ? [init.condition] : [ready, init.condition],
    taints: planTaints(cluster, { unschedulable, isInitialising: init.isWaiting }),
    initBaseName: init.baseName,
  });
  if (isExpired) {
    const isNew = reportedMs === undefined;
    const reason = isNew ? CLUSTER_REASONS.statusNeverUpdated : CLUSTER_REASONS.statusUnknown;
    const message = isNew
      ? 'Clusternet agent never posted cluster status.'
      : 'Clusternet agent stopped posting cluster status.';
    const fields = { healthz: false, livez: false, readyz: false };
    return plan(unknown(reason, message), { fields, requeueAfterMs: graceMs }, reason);
  }
  const toleratedMs = isReportedNotReady(cluster) ? notReadyToleratedMs(cluster, graceMs, nowMs) : Infinity;
  return plan(
    planReady(cluster, evidence, reportedMs),
    { fields: {}, requeueAfterMs: Math.min(leftMs, Math.max(0, toleratedMs)) + 1000 },
    toleratedMs > 0 ? undefined : CLUSTER_REASONS.notReady,
  );
}

/**
 * How long a cluster that says that it is not ready may go on saying so, ms. Its API server may just be restarting, and who
 * moved away from it at once would take everything out of it when that is back. A Go agent does not say since when: there it
 * counts at once.
 */
function notReadyToleratedMs(cluster: ManagedCluster, graceMs: number, nowMs: number): number {
  const isKnown = (cluster.spec?.taints ?? []).some(
    ({ key, value }) => key === TAINTS.unschedulable && value === CLUSTER_REASONS.notReady,
  );
  if (isKnown || cluster.metadata.annotations?.[ANNOTATIONS.agentIdentity] === undefined) return 0;
  const current = findCondition(cluster.status?.conditions, CLUSTER_CONDITIONS.ready);
  const sinceMs = Date.parse(current?.lastTransitionTime ?? '');
  return Number.isNaN(sinceMs) ? 0 : sinceMs + graceMs - nowMs;
}

function unknown(reason: string, message: string): ConditionUpdate {
  return { type: CLUSTER_CONDITIONS.ready, status: 'Unknown', reason, message };
}

/** What we have to say about Ready; undefined leaves the agent's word. */
function planReady(
  cluster: ManagedCluster,
  { tunnel, isDenied = false }: LifecycleEvidence,
  reportedMs: number | undefined,
): ConditionUpdate | undefined {
  // At once: what it reported in the moment of the denial would count for as long as three reports take.
  if (isDenied)
    return unknown(DENIED_REASON, 'an operator denied this cluster: it may neither report nor be reached');
  const current = findCondition(cluster.status?.conditions, CLUSTER_CONDITIONS.ready);
  const hasTunnel = cluster.status?.useSocket === true && tunnel !== undefined;
  const isSilent = hasTunnel && !tunnel.isConnected && (reportedMs ?? 0) <= tunnel.sinceMs;
  if (isSilent) {
    const since = new Date(tunnel.sinceMs).toISOString().slice(0, 19);
    return unknown(TUNNEL_REASON, `nothing was heard from the agent's tunnel since ${since}Z`);
  }
  if (current === undefined || !OUR_REASONS.includes(current.reason ?? '')) return undefined;
  // Approved again, it still has to come back: by its tunnel, or by a report, which says Ready itself.
  if (current.reason === DENIED_REASON && !(hasTunnel && tunnel.isConnected)) return undefined;
  return isHealthy(cluster)
    ? {
        type: CLUSTER_CONDITIONS.ready,
        status: 'True',
        reason: CLUSTER_REASONS.ready,
        message: 'managed cluster is ready.',
      }
    : {
        type: CLUSTER_CONDITIONS.ready,
        status: 'False',
        reason: CLUSTER_REASONS.notReady,
        message: 'managed cluster is not ready.',
      };
}

function isHealthy({ status = {} }: ManagedCluster): boolean {
  const { livez, readyz, healthz } = status;
  return (livez === true && readyz === true) || healthz === true;
}

/** The agent's last word: its condition, or what it reported where the condition is ours. */
function isReportedNotReady(cluster: ManagedCluster): boolean {
  const current = findCondition(cluster.status?.conditions, CLUSTER_CONDITIONS.ready);
  if (!OUR_REASONS.includes(current?.reason ?? '')) return current?.status === 'False';
  return cluster.status?.lastObservedTime !== undefined && !isHealthy(cluster);
}

/** Of Ready, where it is our word and not the agent's. */
const OUR_REASONS: readonly string[] = [TUNNEL_REASON, DENIED_REASON];

const OUR_TAINTS: readonly string[] = [TAINTS.unschedulable, TAINTS.initialization, TAINTS.detaching];

/** Sets or removes our taints and leaves everybody else's; the value follows the reason. */
function planTaints(
  cluster: ManagedCluster,
  why: { readonly unschedulable: string | undefined; readonly isInitialising: boolean },
): readonly Taint[] | undefined {
  const current = cluster.spec?.taints ?? [];
  const isOurs = ({ key, effect }: Taint): boolean => effect === 'NoSchedule' && OUR_TAINTS.includes(key);
  const others = current.filter((taint) => !isOurs(taint));
  const detaching = planDetachPolicy(cluster);
  const values = [
    [TAINTS.unschedulable, why.unschedulable],
    [TAINTS.initialization, why.isInitialising ? CLUSTER_REASONS.initWaiting : undefined],
    [TAINTS.detaching, detaching.kind === 'detach' ? detaching.policy : undefined],
  ] as const;
  const wanted = values.flatMap(([key, value]): Taint[] =>
    value === undefined ? [] : [{ key, value, effect: 'NoSchedule' }],
  );
  const ours = current.filter(isOurs);
  const isSame =
    ours.length === wanted.length && wanted.every((taint) => ours.some((live) => isEqual(live, taint)));
  return isSame ? undefined : [...others, ...wanted];
}

function isEqual(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.value === b.value;
}
