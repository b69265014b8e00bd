import { ANNOTATIONS, CLUSTER_CONDITIONS, CLUSTER_REASONS } from '@clusternet/api-types';
import type { ManagedCluster } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import { errorText } from '@clusternet/runtime';
import { CORDON_TAINT } from '../clusters/cordon-taint.ts';
import { formatAge } from '../format/format-age.ts';
import type { Attempt } from './attempt.ts';
import type { Finding } from './finding.ts';

export interface ClusterEvidence {
  /** As tables call it. */
  readonly label: string;
  readonly cluster: ManagedCluster;
  /** The version of the child, asked for through its tunnel. */
  readonly version: Attempt<string>;
  /** Who one is there. */
  readonly user: Attempt<string>;
}

/** Says for the agent: which one, in the child. */
const AGENT_LOG = 'kubectl --context=CHILD -n clusternet-system logs deploy/clusternet-agent';

/** What is wrong with a cluster, or one line that says that nothing is. */
export function judgeCluster(evidence: ClusterEvidence, nowMs: number, program: string): Finding[] {
  const check = `cluster ${evidence.label}`;
  const agent = judgeAgent(evidence, nowMs);
  const tunnel = judgeTunnel(evidence);
  const found = [agent, tunnel, ...judgeState(evidence, program)].filter(
    (finding): finding is Omit<Finding, 'check'> => finding !== undefined,
  );
  if (found.length > 0) return found.map((finding) => ({ check, ...finding }));
  const version = evidence.version.kind === 'found' ? evidence.version.value : '';
  const who = evidence.user.kind === 'found' ? evidence.user.value : 'nobody';
  return [{ check, level: 'ok', says: `agent and tunnel work, Kubernetes ${version}; you are ${who} there` }];
}

function judgeAgent({ cluster }: ClusterEvidence, nowMs: number): Omit<Finding, 'check'> | undefined {
  const ready = conditionOf(cluster, CLUSTER_CONDITIONS.ready);
  const beat = cluster.status?.lastObservedTime;
  const last = beat === undefined ? 'never' : `${formatAge(nowMs - Date.parse(beat))} ago`;
  if (ready?.status === 'True') return undefined;
  if (ready === undefined || ready.reason === CLUSTER_REASONS.statusNeverUpdated)
    return { level: 'fail', says: 'its agent has joined and never reported', mend: AGENT_LOG };
  if (ready.status === 'False')
    return {
      level: 'fail',
      says: `its agent reports that it is not well: ${ready.message}`,
      mend: AGENT_LOG,
    };
  return {
    level: 'fail',
    says: `its agent is silent, and reported last ${last}: ${ready.message}`,
    mend: AGENT_LOG,
  };
}

function judgeTunnel({ version }: ClusterEvidence): Omit<Finding, 'check'> | undefined {
  if (version.kind === 'found') return undefined;
  const { error } = version;
  const says = errorText(error);
  if (isApiError(error, 'FORBIDDEN') && says.includes('proxies.clusternet.io'))
    return { level: 'skip', says: 'its tunnel cannot be tried, as you may not reach inside clusters' };
  if (isApiError(error, 'FORBIDDEN', 'UNAUTHORIZED')) return undefined; // the child itself said so
  return {
    level: 'fail',
    says: `there is no way into it: ${says}`,
    mend: 'kubectl --context=CHILD -n clusternet-system rollout restart deploy/clusternet-agent',
  };
}

/** What somebody did to it. */
function judgeState({ cluster }: ClusterEvidence, program: string): Omit<Finding, 'check'>[] {
  const name = cluster.metadata.name ?? '';
  const duplicated = conditionOf(cluster, CLUSTER_CONDITIONS.duplicated);
  const isLeaving = cluster.metadata.annotations?.[ANNOTATIONS.detach] !== undefined;
  const isCordoned = (cluster.spec?.taints ?? []).some(({ key }) => key === CORDON_TAINT);
  return [
    ...(duplicated?.status === 'True'
      ? [
          {
            level: 'fail' as const,
            says: `two agents report as this cluster: ${duplicated.message}`,
            mend: 'kubectl --context=CLONE -n clusternet-system delete lease clusternet-agent',
          },
        ]
      : []),
    ...(isLeaving
      ? [
          {
            level: 'warn' as const,
            says: `it is leaving the fleet: ${conditionOf(cluster, CLUSTER_CONDITIONS.detaching)?.message ?? 'not begun yet'}`,
          },
        ]
      : []),
    ...(isCordoned
      ? [{ level: 'warn' as const, says: 'it is cordoned', mend: `${program} uncordon ${name}` }]
      : []),
  ];
}

function conditionOf({ status }: ManagedCluster, type: string) {
  return status?.conditions?.find((condition) => condition.type === type);
}
