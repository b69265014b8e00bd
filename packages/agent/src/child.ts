import type { ConnectionConfig, KubeClient, ResourceClient } from '@clusternet/client';
import type { Lease } from '@clusternet/controller-kit';
import type { KubeObject } from '@clusternet/kube-data';

export interface Secret extends KubeObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** The child cluster as the agent itself sees it. */
export interface Child {
  readonly connection: ConnectionConfig;
  readonly client: KubeClient;
  readonly leases: ResourceClient<Lease>;
  readonly secrets: ResourceClient<Secret>;
  readonly nodes: ResourceClient;
  readonly pods: ResourceClient;
}

/** Typed access to the child. */
export function createChild(connection: ConnectionConfig, client: KubeClient): Child {
  return {
    connection,
    client,
    leases: client.resource<Lease>({
      group: 'coordination.k8s.io',
      version: 'v1',
      plural: 'leases',
      kind: 'Lease',
      namespaced: true,
    }),
    secrets: secretsOf(client),
    nodes: client.resource({ group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false }),
    pods: client.resource({ group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true }),
  };
}

export function secretsOf(client: KubeClient): ResourceClient<Secret> {
  return client.resource<Secret>({
    group: '',
    version: 'v1',
    plural: 'secrets',
    kind: 'Secret',
    namespaced: true,
  });
}

/** One value of a Secret, decoded; undefined when absent or empty. */
export function readSecret(secret: Secret, key: string): string | undefined {
  const value = secret.data?.[key];
  return value === undefined || value === '' ? undefined : Buffer.from(value, 'base64').toString('utf8');
}

/** Base64, as `data` of a Secret wants it. */
export function encodeSecret(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value, 'utf8').toString('base64')]),
  );
}
