import { createKubeClient } from '@clusternet/client';
import { createFakeApi } from '@clusternet/client/fakes';
import type { FakeApi } from '@clusternet/client/fakes';
import type { Lease } from '@clusternet/controller-kit';
import { noMetrics, silentLogger, systemClock, systemRandom } from '@clusternet/runtime';
import { expect, onTestFinished } from 'vitest';
import {
  CLUSTER_ID,
  SOCKETS,
  call,
  createTestPki,
  startAgent,
  startHub,
} from '../aggregated/loopback.fixture.ts';
import type { Answer, Child, Hub, TestPki } from '../aggregated/loopback.fixture.ts';
import type { TunnelRegistry } from '../tunnels/tunnel-registry.ts';
import type { Secret } from '../parent/resources.ts';
import { createPeers } from './run-peers.ts';
import type { Peers } from './run-peers.ts';

export const NAMESPACE = 'clusternet-system';
export const LEASES = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`;
/** Short, so that tests see Leases run out; links hold anyhow. */
const LEASE_MS = 1500;

/** An API that knows Leases and Secrets, and hubs that find each other there. */
export interface Installation {
  readonly api: FakeApi;
  readonly pki: TestPki;
  /** A replica with the role `apiserver`. */
  startReplica(child: Child, childCaPem: string): Promise<Replica>;
  /** What a process without tunnels has: it dials hubs and accepts nothing. */
  startClient(): Peers;
  leases(): readonly Lease[];
}

export interface Replica extends Hub {
  readonly peers: Peers;
}

const deps = { clock: systemClock, random: systemRandom, log: silentLogger, metrics: noMetrics };

export async function startInstallation(): Promise<Installation> {
  const api = createFakeApi();
  const client = createKubeClient(api.transport);
  const leases = client.resource<Lease>({
    group: 'coordination.k8s.io',
    version: 'v1',
    plural: 'leases',
    kind: 'Lease',
    namespaced: true,
  });
  const secrets = client.resource<Secret>({
    group: '',
    version: 'v1',
    plural: 'secrets',
    kind: 'Secret',
    namespaced: true,
  });
  const pki = await createTestPki('hub');
  const create = (local: TunnelRegistry | undefined): Peers =>
    createPeers(
      { ...deps, leases, secrets, namespace: NAMESPACE, identity: 'test_1', local },
      { host: '127.0.0.1', port: 0, advertiseAddress: '127.0.0.1', leaseDurationMs: LEASE_MS },
    );
  return {
    api,
    pki,
    startReplica: async (child, childCaPem) => {
      const target = {
        apiserverUrl: child.url,
        caPem: childCaPem,
        useSocket: true,
        namespace: 'clusternet-c',
      };
      const hub = await startHub(pki, () => target, { shutdownDelayMs: 500 }, undefined, create);
      const { peers } = hub;
      if (peers === undefined) throw new Error('a replica has peers');
      return { ...hub, peers };
    },
    startClient: () => {
      const stop = new AbortController();
      const peers = create(undefined);
      const run = peers.run(stop.signal);
      onTestFinished(async () => {
        stop.abort();
        await run;
      });
      return peers;
    },
    leases: () => api.store.list(LEASES).map(([, lease]) => lease),
  };
}

/** An agent of `child` at a replica. @param version - 2: it performs requests */
export async function joinAgent(replica: Hub, child: Child, caPem: string, version: 1 | 2 = 2) {
  const way = version === 1 ? { maxVersion: 1 as const } : { apiServer: { server: child.url, caPem } };
  return startAgent(replica, [child.address], {}, way);
}

/** Awaits a condition, on a machine that may be busy. */
export const poll = <T>(read: () => T) => expect.poll(read, { timeout: 10_000, interval: 10 });

/** Waits until replicas know of the cluster's tunnel elsewhere. */
export async function expectForwarding(...replicas: readonly { readonly peers: Peers }[]): Promise<void> {
  for (const { peers } of replicas) {
    await poll(() => peers.remote.candidate(CLUSTER_ID)?.state).toBe('live');
  }
}

/** A GET at the child, asked of a replica. */
export function visit(replica: Hub, path: string, options: Parameters<typeof call>[2] = {}): Promise<Answer> {
  return call(replica, `${SOCKETS}/${CLUSTER_ID}/proxy/direct${path}`, options);
}

export { CLUSTER_ID };
