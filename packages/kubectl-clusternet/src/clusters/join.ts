import { randomInt } from 'node:crypto';
import type { ManagedCluster } from '@clusternet/api-types';
import type { ConnectionConfig, KubeClient } from '@clusternet/client';
import { clusternetRef } from '@clusternet/client';
import { PluginError } from '../errors.ts';
import type { JoinRequest } from './read-join-request.ts';
import { planJoin } from './plan-join.ts';

/** @throws {PluginError} `AMBIGUOUS` for a name that a living cluster has: nobody could tell the two apart by it */
export async function assertNameIsFree(client: KubeClient, name: string, signal: AbortSignal): Promise<void> {
  const { items } = await client.resource<ManagedCluster>(clusternetRef('ManagedCluster')).list({}, signal);
  const taken = items.find(({ metadata, status }) => {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    return metadata.name === name && ready?.status === 'True';
  });
  if (name === '' || taken === undefined) return;
  throw new PluginError(
    'AMBIGUOUS',
    `there is a cluster ${name} already, and it is well (id ${taken.spec?.clusterId ?? ''}); give the new one another name`,
  );
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
