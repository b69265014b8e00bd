import { CLUSTER_CONDITIONS, CLUSTER_REASONS, TAINTS } from '@clusternet/api-types';
import type { ManagedCluster, Taint } from '@clusternet/api-types';
import type { ConditionUpdate } from '@clusternet/controller-kit';
import { findCondition } from '@clusternet/controller-kit';

/** What the tunnels know of a cluster. */
export interface TunnelEvidence {
  readonly isConnected: boolean;
  /** When that became so, ms since 1970. */
  readonly sinceMs: number;
}

export interface LifecyclePlan {
  readonly conditions: readonly ConditionUpdate[];
  /** Status fields to write beside the conditions. */
  readonly fields: Readonly<Record<string, boolean>>;
  /** The whole list to write, or undefined when it is right already. */
  readonly taints: readonly Taint[] | undefined;
  /** When time alone changes the answer, ms from now. */
  readonly requeueAfterMs: number;
}

/** A cluster that never said how often it reports has this long, ms. */
export const DEFAULT_GRACE_MS: number = 9 * 60_000;

/** Reports that a cluster may miss before it counts as gone. */
const GRACE_REPORTS = 3;

export const TUNNEL_REASON: string = 'ClusterTunnelDisconnected';

/**
 * Decides what a ManagedCluster's conditions and taints are.
 *
 * A lost tunnel shows at once as `Ready=Unknown`, but only a report that stays out for the whole grace period
 * taints the cluster and so moves what runs there.
 *
 * @param tunnel - undefined when nobody here watches tunnels
 * @see docs/spec/lifecycle.md
 */
export function planLifecycle(
  cluster: ManagedCluster,
  tunnel: TunnelEvidence | undefined,
  nowMs: number,
): LifecyclePlan {
  const status = cluster.status ?? {};
  const reportedMs = status.lastObservedTime === undefined ? undefined : Date.parse(status.lastObservedTime);
  const referenceMs = reportedMs ?? Date.parse(cluster.metadata.creationTimestamp ?? '');
  const heartbeatMs = (status.heartbeatFrequencySeconds ?? 0) * 1000;
  const graceMs = heartbeatMs > 0 ? heartbeatMs * GRACE_REPORTS : DEFAULT_GRACE_MS;
  const leftMs = (Number.isNaN(referenceMs) ? nowMs : referenceMs) + graceMs - nowMs;
  const isExpired = leftMs < 0;
  const init: ConditionUpdate = {
    type: CLUSTER_CONDITIONS.clusterInit,
    status: 'True',
    reason: CLUSTER_REASONS.initDisabled,
    message: 'feature gate ClusterInit is not enabled',
  };
  if (isExpired) {
    const isNew = reportedMs === undefined;
    const reason = isNew ? CLUSTER_REASONS.statusNeverUpdated : CLUSTER_REASONS.statusUnknown;
    const message = isNew
      ? 'Clusternet agent never posted cluster status.'
      : 'Clusternet agent stopped posting cluster status.';
    return {
      conditions: [unknown(reason, message), init],
      fields: { healthz: false, livez: false, readyz: false },
      taints: planTaints(cluster, reason),
      requeueAfterMs: graceMs,
    };
  }
  const ready = planReady(cluster, tunnel, reportedMs);
  return {
    conditions: ready === undefined ? [init] : [ready, init],
    fields: {},
    taints: planTaints(cluster, isReportedNotReady(cluster) ? CLUSTER_REASONS.notReady : undefined),
    requeueAfterMs: leftMs + 1000,
  };
}

function unknown(reason: string, message: string): ConditionUpdate {
  return { type: CLUSTER_CONDITIONS.ready, status: 'Unknown', reason, message };
}

/** What we have to say about Ready; undefined leaves the agent's word. */
function planReady(
  cluster: ManagedCluster,
  tunnel: TunnelEvidence | undefined,
  reportedMs: number | undefined,
): ConditionUpdate | undefined {
  const current = findCondition(cluster.status?.conditions, CLUSTER_CONDITIONS.ready);
  const hasTunnel = cluster.status?.useSocket === true && tunnel !== undefined;
  const isSilent = hasTunnel && !tunnel.isConnected && (reportedMs ?? 0) <= tunnel.sinceMs;
  if (isSilent) {
    const since = new Date(tunnel.sinceMs).toISOString().slice(0, 19);
    return unknown(TUNNEL_REASON, `nothing was heard from the agent's tunnel since ${since}Z`);
  }
  if (current?.reason !== TUNNEL_REASON) return undefined;
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
  if (current?.reason !== TUNNEL_REASON) return current?.status === 'False';
  return cluster.status?.lastObservedTime !== undefined && !isHealthy(cluster);
}

/** Sets or removes our taint and leaves everybody else's; the value follows the reason. */
function planTaints(cluster: ManagedCluster, reason: string | undefined): readonly Taint[] | undefined {
  const current = cluster.spec?.taints ?? [];
  const isOurs = ({ key, effect }: Taint): boolean =>
    effect === 'NoSchedule' && (key === TAINTS.unschedulable || key === TAINTS.initialization);
  const others = current.filter((taint) => !isOurs(taint));
  const wanted: readonly Taint[] =
    reason === undefined ? [] : [{ key: TAINTS.unschedulable, value: reason, effect: 'NoSchedule' }];
  const ours = current.filter(isOurs);
  const isSame = ours.length === wanted.length && ours.every((taint, index) => isEqual(taint, wanted[index]));
  return isSame ? undefined : [...others, ...wanted];
}

function isEqual(a: Taint, b: Taint | undefined): boolean {
  return a.key === b?.key && a.value === b.value;
}
