import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { ConnectionConfig, KubeClient } from '@clusternet/client';
import { isDnsLabel } from '@clusternet/kube-data';
import { PluginError } from '../errors.ts';
import { planJoin } from './plan-join.ts';

/** How a cluster is to join. */
export interface JoinRequest {
  readonly name: string;
  readonly syncMode: string;
  /** Undefined: as it is reached from here. */
  readonly parentUrl: string | undefined;
  readonly hours: number;
}

const MODES = ['Dual', 'Pull', 'Push'];

/** @throws {PluginError} `USAGE` */
export function readJoinRequest(rest: readonly string[]): JoinRequest {
  const { values, positionals } = parse(rest.slice(1));
  const [name = '', ...more] = positionals;
  const hours = Number(values.hours);
  if (more.length > 0 || (name !== '' && (!isDnsLabel(name) || name.length > 30)))
    throw new PluginError(
      'USAGE',
      'join takes one name for the cluster: a DNS label of at most 30 characters',
    );
  if (!MODES.includes(values['sync-mode']))
    throw new PluginError('USAGE', `--sync-mode takes ${MODES.join(', ')}, not "${values['sync-mode']}"`);
  if (!(hours > 0 && hours <= 720))
    throw new PluginError('USAGE', `--hours takes up to 720, not "${values.hours}"`);
  return { name, hours, syncMode: values['sync-mode'], parentUrl: values['parent-url'] };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'sync-mode': { type: 'string', default: 'Dual' },
        'parent-url': { type: 'string' },
        hours: { type: 'string', default: '24' },
      },
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    throw new PluginError('USAGE', `join takes --sync-mode, --parent-url and --hours beside a name: ${why}`);
  }
}

/**
 * Makes a bootstrap token at the parent that runs out by itself.
 * @returns what the child has to apply, YAML
 */
export async function join(
  client: KubeClient,
  connection: ConnectionConfig,
  { name, syncMode, parentUrl, hours }: JoinRequest,
  manifests: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<string> {
  const [id, secret] = [createText(6), createText(16)];
  await client
    .resource({ group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true })
    .create(
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
        type: 'bootstrap.kubernetes.io/token',
        stringData: {
          description: `lets ${name === '' ? 'a cluster' : name} join the fleet`,
          'token-id': id,
          'token-secret': secret,
          expiration: new Date(nowMs + hours * 3_600_000).toISOString(),
          'usage-bootstrap-authentication': 'true',
          'usage-bootstrap-signing': 'true',
          'auth-extra-groups': 'system:bootstrappers:clusternet:register-cluster-token',
        },
      },
      {},
      signal,
    );
  const facts = { name, syncMode, parentUrl: parentUrl ?? connection.server, token: `${id}.${secret}` };
  return planJoin({ ...facts, parentCaPem: connection.caPem }, manifests);
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

function createText(length: number): string {
  // One draw a letter: a remainder of random bytes would prefer some.
  return Array.from({ length }, () => LETTERS[randomInt(LETTERS.length)] ?? '').join('');
}
