import type { ClusterRegistrationRequest, ManagedCluster } from '@clusternet/api-types';
import { clusternetRef } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import { systemClock } from '@clusternet/runtime';
import type { Clock } from '@clusternet/runtime';
import { PluginError } from '../errors.ts';

/** How far a cluster is on its way into a fleet. */
export interface JoinProgress {
  readonly kind: 'denied' | 'ready' | 'under way';
  /** One sentence. */
  readonly says: string;
}

/** Judges by what the parent holds. */
export function planJoinProgress(
  name: string,
  requests: readonly ClusterRegistrationRequest[],
  clusters: readonly ManagedCluster[],
  program: string,
): JoinProgress {
  const cluster = clusters.find(({ metadata }) => metadata.name === name);
  const ready = cluster?.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return { kind: 'ready', says: `${name} is ready` };
  if (cluster !== undefined) {
    const why =
      ready === undefined || ready.message === '' ? 'its agent has not reported yet' : ready.message;
    return { kind: 'under way', says: `${name} has joined: ${why}` };
  }
  const own = requests.filter(({ spec }) => spec?.clusterName === name);
  const denied = own.find(({ status }) => status?.result === 'Denied' || status?.result === 'Failed');
  if (own.length > 0 && own.every((request) => request === denied))
    return {
      kind: 'denied',
      says: `${name} was turned away: ${denied?.status?.errorMessage ?? 'no reason is given'}`,
    };
  if (own.some(({ status }) => (status?.result ?? '') === ''))
    return {
      kind: 'under way',
      says: `${name} asks to join; where operators decide, \`${program} accept ${name}\` lets it in`,
    };
  if (own.length > 0) return { kind: 'under way', says: `${name} is let in` };
  return { kind: 'under way', says: `the agent of ${name} has not asked yet: it is being started there` };
}

const LOOK_MS = 1000;

/**
 * Waits until a cluster is ready, and says how far it is.
 * @throws {PluginError} `UNUSABLE` when it is turned away, `TIMED_OUT`
 */
export async function awaitJoin(
  client: KubeClient,
  {
    name,
    timeoutMs,
    program,
  }: { readonly name: string; readonly timeoutMs: number; readonly program: string },
  out: (text: string) => void,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<void> {
  const requests = client.resource<ClusterRegistrationRequest>(clusternetRef('ClusterRegistrationRequest'));
  const clusters = client.resource<ManagedCluster>(clusternetRef('ManagedCluster'));
  const endMs = clock.nowMs() + timeoutMs;
  let last = '';
  do {
    const [asking, joined] = await Promise.all([requests.list({}, signal), clusters.list({}, signal)]);
    const { kind, says } = planJoinProgress(name, asking.items, joined.items, program);
    if (kind === 'denied') throw new PluginError('UNUSABLE', says);
    if (says !== last) out(`${says}\n`);
    last = says;
    if (kind === 'ready') return;
    if (clock.nowMs() >= endMs) {
      throw new PluginError(
        'TIMED_OUT',
        `${name} is not ready within ${timeoutMs / 1000}s: ${says}; its agent says more: kubectl --context=CHILD -n clusternet-system logs deploy/clusternet-agent`,
      );
    }
  } while (await clock.sleep(LOOK_MS, signal));
}
