import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { SECRET_KEYS } from '@clusternet/api-types';
import type { ManagedCluster } from '@clusternet/api-types';
import { bearerHeaders, createKubeClient } from '@clusternet/client';
import type { ConnectionConfig, KubeClient, Transport } from '@clusternet/client';
import { createTransport } from '@clusternet/client/undici';
import { clusterIdOf, INDEX } from '../parent/caches.ts';
import type { ParentCaches } from '../parent/caches.ts';
import type { Secret } from '../parent/resources.ts';

/** Opens byte streams that come out at a child's agent. */
export interface ChildDialer {
  isConnected(clusterId: string): boolean;
  /** @throws when the tunnel is down or the agent refuses */
  dial(clusterId: string, host: string, port: number): Promise<Duplex>;
}

export type ChildClient =
  | { readonly kind: 'client'; readonly client: KubeClient }
  | { readonly kind: 'wait'; readonly reason: string; readonly message: string };

/** Clients to child clusters, one for each, kept until its credential changes or it is gone. */
export interface ChildClients extends AsyncDisposable {
  get(cluster: ManagedCluster): ChildClient;
}

interface Entry {
  readonly fingerprint: string;
  readonly transport: Transport;
  readonly client: KubeClient;
}

/** Creates the set; nothing is dialled until a client sends something. */
export function createChildClients(
  caches: Pick<ParentCaches, 'childSecrets' | 'clusters' | 'namespaces'>,
  dialer: ChildDialer,
  userAgent: string,
): ChildClients {
  const entries = new Map<string, Entry>();
  const create = (cluster: ManagedCluster, secret: Secret, clusterId: string): Entry => {
    const config = connectionOf(cluster, secret, userAgent);
    const isTunnelled = cluster.status?.useSocket === true;
    const transport = createTransport(
      config,
      isTunnelled ? { dial: (host, port) => dialer.dial(clusterId, host, port), connections: 4 } : {},
    );
    return {
      fingerprint: fingerprintOf(cluster, secret, clusterId),
      transport,
      client: createKubeClient(transport),
    };
  };
  const endForget = caches.clusters.store.subscribe(({ before, after }) => {
    const namespace = before?.metadata.namespace ?? '';
    const entry = entries.get(namespace);
    if (after !== undefined || entry === undefined) return;
    entries.delete(namespace);
    void entry.transport[Symbol.asyncDispose]();
  });
  return {
    get: (cluster) => {
      const { namespace = '', name = '' } = cluster.metadata;
      const clusterId = clusterIdOf(caches, cluster) ?? '';
      const [secret] = caches.childSecrets.store.byIndex(INDEX.namespace, namespace);
      if (secret === undefined || decode(secret, SECRET_KEYS.token) === undefined) {
        const message = `cluster ${name} has not sent its credential (Secret ${namespace}/child-cluster-deployer) yet`;
        return { kind: 'wait', reason: 'CredentialMissing', message };
      }
      if (cluster.status?.useSocket === true && !dialer.isConnected(clusterId)) {
        return {
          kind: 'wait',
          reason: 'ClusterUnreachable',
          message: `the tunnel of cluster ${name} is not connected`,
        };
      }
      const known = entries.get(namespace);
      if (known?.fingerprint === fingerprintOf(cluster, secret, clusterId))
        return { kind: 'client', client: known.client };
      const fresh = create(cluster, secret, clusterId);
      entries.set(namespace, fresh);
      if (known !== undefined) void known.transport[Symbol.asyncDispose]();
      return { kind: 'client', client: fresh.client };
    },
    [Symbol.asyncDispose]: async () => {
      endForget();
      await Promise.all([...entries.values()].map(({ transport }) => transport[Symbol.asyncDispose]()));
      entries.clear();
    },
  };
}

function decode(secret: Secret, key: string): string | undefined {
  const value = secret.data?.[key];
  return value === undefined || value === '' ? undefined : Buffer.from(value, 'base64').toString('utf8');
}

function connectionOf(cluster: ManagedCluster, secret: Secret, userAgent: string): ConnectionConfig {
  const caPem = decode(secret, SECRET_KEYS.caCert);
  const advertised = decode(secret, SECRET_KEYS.apiServerUrl);
  const server =
    cluster.status?.useSocket === true ? (cluster.status.apiserverURL ?? advertised) : advertised;
  return {
    server: server ?? '',
    name: `child cluster ${cluster.metadata.name ?? ''}`,
    userAgent,
    getHeaders: bearerHeaders(decode(secret, SECRET_KEYS.token) ?? ''),
    ...(caPem === undefined ? {} : { caPem }),
  };
}

/** Changes with anything that a connection depends on. */
function fingerprintOf({ status }: ManagedCluster, { data = {} }: Secret, clusterId: string): string {
  const parts = [
    clusterId,
    status?.useSocket,
    status?.apiserverURL,
    ...Object.values(SECRET_KEYS).map((key) => data[key]),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
