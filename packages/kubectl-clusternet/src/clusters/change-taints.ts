import type { ManagedCluster, Subscription, Taint } from '@clusternet/api-types';
import { clusternetRef, findCluster, isApiError } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import { equalJson } from '@clusternet/kube-data';
import { PluginError } from '../errors.ts';
import { planEvictions } from './plan-evictions.ts';

export interface TaintOrder {
  /** Names the cluster. */
  readonly word: string;
  readonly plan: (current: readonly Taint[]) => readonly Taint[];
  /** Lets what does not tolerate it be taken away. */
  readonly isEvicting: boolean;
  /** What to say where there was something to do, and where not: `cordoned`, `already cordoned`. */
  readonly done: string;
  readonly idle: string;
}

/** Whoever writes at the same moment is let past, this often. */
const MAX_TRIES = 5;

/**
 * Changes the taints of a cluster, unless that would take away what is delivered there and nobody said so.
 * @returns what to tell
 * @throws {PluginError} `WOULD_EVICT`
 */
export async function changeTaints(
  client: KubeClient,
  order: TaintOrder,
  signal: AbortSignal,
): Promise<string> {
  const clusters = client.resource<ManagedCluster>(clusternetRef('ManagedCluster'));
  for (let tries = 1; ; tries += 1) {
    const cluster = findCluster(order.word, (await clusters.list({}, signal)).items);
    const { namespace = '', name = '', resourceVersion } = cluster.metadata;
    const taints = order.plan(cluster.spec?.taints ?? []);
    const told = `managedcluster.clusters.clusternet.io/${name}`;
    if (equalJson(cluster.spec?.taints ?? [], taints)) return `${told} ${order.idle}\n`;
    if (!order.isEvicting) await assertNobodyLeaves(client, cluster, taints, signal);
    try {
      // With the version that was read: the list is written as a whole, and one that came meanwhile must not get lost.
      await clusters.patch(
        { namespace, name },
        'merge',
        { metadata: { resourceVersion }, spec: { taints } },
        {},
        signal,
      );
      return `${told} ${order.done}\n`;
    } catch (error) {
      if (tries >= MAX_TRIES || !isApiError(error, 'CONFLICT')) throw error;
    }
  }
}

async function assertNobodyLeaves(
  client: KubeClient,
  cluster: ManagedCluster,
  taints: readonly Taint[],
  signal: AbortSignal,
): Promise<void> {
  const { items } = await client.resource<Subscription>(clusternetRef('Subscription')).list({}, signal);
  const leaving = planEvictions(cluster, taints, items);
  if (leaving.length === 0) return;
  const named =
    leaving.slice(0, 5).join(', ') + (leaving.length > 5 ? ` and ${leaving.length - 5} more` : '');
  throw new PluginError(
    'WOULD_EVICT',
    `what ${named} delivered to ${cluster.metadata.name ?? ''} would be taken away, as it does not tolerate the taint: give --evict if that is meant, or spec.clusterTolerations to what is to stay`,
  );
}
