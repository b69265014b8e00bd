import { ANNOTATIONS, CLUSTER_CONDITIONS } from '@clusternet/api-types';
import type { ManagedCluster } from '@clusternet/api-types';
import type { ConditionUpdate } from '@clusternet/controller-kit';
import { findCondition } from '@clusternet/controller-kit';

/** Which process reports for a cluster, and from where: for a person who has to find the other one. */
export interface AgentIdentity {
  /** Different for every process. */
  readonly identity: string;
  /** The API server it reports about. */
  readonly server: string;
}

export interface IdentityPlan {
  /** To write on the ManagedCluster; undefined when it is there. */
  readonly annotation: string | undefined;
  /** To merge into its conditions; undefined when there is nothing to say. */
  readonly condition: ConditionUpdate | undefined;
  /** To be called once the object turned out to be the present one, and not what it was a moment ago. */
  readonly accept: () => void;
}

/**
 * Notices that another agent reports with the id of this cluster, as happens when a cluster is restored or cloned
 * from a backup with the agent's Lease in it: what we wrote is not there any more, though only we may write it. A
 * new leader of the same cluster writes once and is not contradicted.
 */
export function createIdentityWatch(
  own: AgentIdentity,
  settleMs: number,
): (cluster: ManagedCluster, nowMs: number) => IdentityPlan {
  const text = JSON.stringify(own);
  let state: WatchState = { hasWritten: false, contradicted: undefined };
  return (cluster, nowMs) => {
    const found = cluster.metadata.annotations?.[ANNOTATIONS.agentIdentity];
    const isContradicted = state.hasWritten && found !== text;
    const last = isContradicted ? { atMs: nowMs, by: found ?? 'nobody' } : state.contradicted;
    const contradicted = last === undefined || nowMs - last.atMs > settleMs ? undefined : last;
    const said = findCondition(cluster.status?.conditions, CLUSTER_CONDITIONS.duplicated);
    return {
      annotation: found === text ? undefined : text,
      condition: planCondition(own, contradicted?.by, said?.status),
      accept: () => {
        state = { hasWritten: true, contradicted };
      },
    };
  };
}

interface WatchState {
  readonly hasWritten: boolean;
  readonly contradicted: { readonly atMs: number; readonly by: string } | undefined;
}

function planCondition(
  own: AgentIdentity,
  other: string | undefined,
  said: string | undefined,
): ConditionUpdate | undefined {
  const type = CLUSTER_CONDITIONS.duplicated;
  if (other !== undefined) {
    const message = `two agents report with this cluster id: ${describe(JSON.stringify(own))} and ${describe(other)}; one of the two clusters is a copy: give it another id by deleting its Lease clusternet-agent`;
    return { type, status: 'True', reason: 'TwoAgents', message };
  }
  if (said !== 'True') return undefined;
  return { type, status: 'False', reason: 'OneAgent', message: 'one agent reports with this cluster id' };
}

function describe(text: string): string {
  try {
    const { identity, server } = JSON.parse(text) as Partial<AgentIdentity>;
    return `${String(identity).slice(0, 128)} of ${String(server).slice(0, 128)}`;
  } catch {
    return text.slice(0, 128);
  }
}
