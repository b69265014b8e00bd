import { parseArgs } from 'node:util';
import { isDnsLabel } from '@clusternet/kube-data';
import { errorText } from '@clusternet/runtime';
import { readDurationMs } from '../args/read-duration.ts';
import { PluginError } from '../errors.ts';

/** How a cluster is to join. */
export interface JoinRequest {
  /** Empty: its agent makes one. */
  readonly name: string;
  readonly syncMode: string;
  /** Undefined: as it is reached from here. */
  readonly parentUrl: string | undefined;
  readonly hours: number;
  /** Of the cluster, in its kubeconfig or in that of the parent: it is applied there, not printed. */
  readonly childContext: string | undefined;
  /** Once it is applied. */
  readonly isWaiting: boolean;
  readonly timeoutMs: number;
}

const MODES = ['Dual', 'Pull', 'Push'];
const MAX_HOURS = 720;

/**
 * @param words - the command line without the command
 * @param isApplied - whether a kubeconfig of the child was given
 * @throws {PluginError} `USAGE`
 */
export function readJoinRequest(words: readonly string[], isApplied: boolean): JoinRequest {
  const { values, positionals } = parse(words);
  const [name = '', ...more] = positionals;
  const hours = Number(values.hours);
  if (more.length > 0 || (name !== '' && (!isDnsLabel(name) || name.length > 30)))
    throw new PluginError(
      'USAGE',
      'join takes one name for the cluster: a DNS label of at most 30 characters',
    );
  if (!MODES.includes(values['sync-mode']))
    throw new PluginError('USAGE', `--sync-mode takes ${MODES.join(', ')}, not "${values['sync-mode']}"`);
  if (!(hours > 0 && hours <= MAX_HOURS))
    throw new PluginError('USAGE', `--hours takes up to ${MAX_HOURS}, not "${values.hours}"`);
  if (!['true', 'false'].includes(values.wait))
    throw new PluginError('USAGE', `--wait takes true or false, not "${values.wait}"`);
  if ((isApplied || values['child-context'] !== undefined) && name === '')
    throw new PluginError(
      'USAGE',
      'join needs a name for the cluster to see it arrive: join NAME --child-context …',
    );
  return {
    name,
    hours,
    syncMode: values['sync-mode'],
    parentUrl: values['parent-url'],
    childContext: values['child-context'],
    isWaiting: values.wait === 'true',
    timeoutMs: readDurationMs('--timeout', values.timeout),
  };
}

const OPTIONS = {
  'sync-mode': { type: 'string', default: 'Dual' },
  'parent-url': { type: 'string' },
  'child-context': { type: 'string' },
  hours: { type: 'string', default: '24' },
  wait: { type: 'string', default: 'true' },
  timeout: { type: 'string', default: '5m' },
} as const;

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], allowPositionals: true, options: OPTIONS });
  } catch (error) {
    const flags = Object.keys(OPTIONS).map((name) => `--${name}`);
    throw new PluginError('USAGE', `join takes ${flags.join(', ')} beside a name: ${errorText(error)}`, {
      cause: error,
    });
  }
}
