import { parseArgs } from 'node:util';
import { LABELS } from '@clusternet/api-types';
import type { Description, ManagedCluster, Subscription } from '@clusternet/api-types';
import { clusternetRef, isTransient } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import { errorText } from '@clusternet/runtime';
import type { Clock } from '@clusternet/runtime';
import { PluginError } from '../errors.ts';
import { formatStatus } from './format-status.ts';
import { planStatus } from './plan-status.ts';

export interface StatusRequest {
  readonly name: string;
  readonly namespace: string;
  readonly isWatching: boolean;
}

/**
 * @param words - the command line without the command
 * @param namespace - of the context
 * @throws {PluginError} `USAGE`
 */
export function readStatusRequest(words: readonly string[], namespace: string): StatusRequest {
  try {
    const { values, positionals } = parseArgs({
      args: words,
      allowPositionals: true,
      options: {
        namespace: { type: 'string', short: 'n' },
        watch: { type: 'boolean', short: 'w', default: false },
      },
    });
    const [name, ...more] = positionals;
    if (name === undefined || more.length > 0)
      throw new PluginError('USAGE', 'status takes the name of one Subscription');
    const chosen = values.namespace ?? namespace;
    return { name, namespace: chosen === '' ? 'default' : chosen, isWatching: values.watch };
  } catch (error) {
    if (error instanceof PluginError) throw error;
    throw new PluginError(
      'USAGE',
      `status takes -n and --watch beside a name: ${error instanceof Error ? error.message : ''}`,
    );
  }
}

const LOOK_MS = 2000;

export interface StatusDeps {
  readonly client: KubeClient;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly clock: Clock;
}

/** Prints the table; when watching, again after each change, until `signal` aborts: what passes by itself is said once, and waited for. */
export async function showStatus(
  { client, out, err, clock }: StatusDeps,
  { name, namespace, isWatching }: StatusRequest,
  signal: AbortSignal,
): Promise<void> {
  const subscriptions = client.resource<Subscription>(clusternetRef('Subscription'));
  const descriptions = client.resource<Description>(clusternetRef('Description'));
  const clusters = client.resource<ManagedCluster>(clusternetRef('ManagedCluster'));
  let [last, trouble] = ['', ''];
  const look = async (): Promise<void> => {
    const subscription = await subscriptions.get({ namespace, name }, signal);
    const labelSelector = `${LABELS.subscriptionUid}=${subscription.metadata.uid ?? ''}`;
    const [found, known] = await Promise.all([
      descriptions.list({ labelSelector }, signal),
      clusters.list({}, signal),
    ]);
    const rows = planStatus({ subscription, descriptions: found.items, clusters: known.items });
    const now = JSON.stringify([subscription.status?.conditions, rows]);
    if (now !== last) out(`${last === '' ? '' : '\n'}${formatStatus(subscription, rows, clock.nowMs())}`);
    last = now;
    trouble = '';
  };
  do {
    try {
      await look();
    } catch (error) {
      if (signal.aborted && last !== '') return;
      if (!isWatching || last === '' || !isTransient(error)) throw error;
      const text = errorText(error);
      if (text !== trouble) err(`${text}; looking again\n`);
      trouble = text;
    }
  } while (isWatching && (await clock.sleep(LOOK_MS, signal)));
}
