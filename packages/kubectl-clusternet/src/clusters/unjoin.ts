import { parseArgs } from 'node:util';
import { ANNOTATIONS, CLUSTER_CONDITIONS } from '@clusternet/api-types';
import type { ManagedCluster } from '@clusternet/api-types';
import { clusternetRef, findCluster, isApiError } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import { errorText, systemClock } from '@clusternet/runtime';
import type { Clock } from '@clusternet/runtime';
import { readDurationMs } from '../args/read-duration.ts';
import { PluginError } from '../errors.ts';

export interface UnjoinRequest {
  readonly word: string;
  /** Undefined: the departure is stopped. */
  readonly policy: string | undefined;
  readonly isWaiting: boolean;
  readonly timeoutMs: number;
}

const POLICIES = ['Remove', 'Keep', 'Force'];
const USAGE =
  'unjoin takes one cluster and --delivered Remove (delete there first what was delivered), Keep (leave it there as it is) or Force (ask nobody: the cluster is gone for good); --cancel stops it, --wait=false does not wait, --timeout 5m says how long';

/** @param words - the command line without `unjoin` @throws {PluginError} `USAGE` */
export function readUnjoinRequest(words: readonly string[]): UnjoinRequest {
  const { values, positionals } = parse(words);
  const [word, ...more] = positionals;
  const policy = POLICIES.find((each) => each.toLowerCase() === values.delivered?.toLowerCase());
  const isWait = ['true', 'false'].includes(values.wait);
  if (word === undefined || more.length > 0 || !isWait || (policy === undefined) !== values.cancel)
    throw new PluginError('USAGE', USAGE);
  if (values.cancel && values.delivered !== undefined) throw new PluginError('USAGE', USAGE);
  return {
    word,
    policy,
    isWaiting: values.wait === 'true' && !values.cancel,
    timeoutMs: readDurationMs('--timeout', values.timeout),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        delivered: { type: 'string' },
        cancel: { type: 'boolean', default: false },
        wait: { type: 'string', default: 'true' },
        timeout: { type: 'string', default: '5m' },
      },
    });
  } catch (error) {
    throw new PluginError('USAGE', `${USAGE}: ${errorText(error)}`, { cause: error });
  }
}

const LOOK_MS = 1000;

/**
 * Asks the hub to take a cluster out of the fleet, and says how far it is.
 * @throws {PluginError} `TIMED_OUT`
 */
export async function unjoin(
  client: KubeClient,
  { word, policy, isWaiting, timeoutMs }: UnjoinRequest,
  out: (text: string) => void,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<void> {
  const clusters = client.resource<ManagedCluster>(clusternetRef('ManagedCluster'));
  const {
    namespace = '',
    name = '',
    uid,
  } = findCluster(word, (await clusters.list({}, signal)).items).metadata;
  const annotations = { [ANNOTATIONS.detach]: policy ?? null };
  await clusters.patch({ namespace, name }, 'merge', { metadata: { annotations } }, {}, signal);
  const told = `managedcluster.clusters.clusternet.io/${name}`;
  out(policy === undefined ? `${told} stays\n` : `${told} is leaving\n`);
  if (!isWaiting) return;
  const endMs = clock.nowMs() + timeoutMs;
  let last = '';
  do {
    const cluster = await clusters.get({ namespace, name }, signal).catch((error: unknown) => {
      if (isApiError(error, 'NOT_FOUND')) return undefined;
      throw error;
    });
    if (cluster === undefined || cluster.metadata.uid !== uid) {
      out(
        `${told} has left; its agent is stopped in the cluster itself: kubectl --context=CHILD delete ns clusternet-system\n`,
      );
      return;
    }
    const said =
      cluster.status?.conditions?.find(({ type }) => type === CLUSTER_CONDITIONS.detaching)?.message ?? '';
    if (said !== '' && said !== last) out(`  ${said}\n`);
    last = said;
    if (clock.nowMs() >= endMs) {
      throw new PluginError(
        'TIMED_OUT',
        `${name} has not left within ${timeoutMs / 1000}s, and goes on leaving: ${last === '' ? 'the hub has not begun' : last}`,
      );
    }
  } while (await clock.sleep(LOOK_MS, signal));
}
