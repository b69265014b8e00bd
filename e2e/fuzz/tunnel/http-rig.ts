import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createTunnelRegistry, runAggregatedApi } from '@clusternet/hub';
import type { TunnelRegistry } from '@clusternet/hub';
import { createCa, issueCertificate } from '@clusternet/pki';
import { noMetrics, silentLogger, systemClock, systemRandom } from '@clusternet/runtime';
import {
  createDialPolicy,
  createRequestServer,
  createStreamServer,
  dialTcp,
  dialTunnel,
} from '@clusternet/tunnel';

export const CLUSTER_ID = 'dc91021d-2361-4f6d-a404-7c33b9e01118';
const deps = { clock: systemClock, random: systemRandom, log: silentLogger, metrics: noMetrics };

/** A hub, an agent and a child on loopback. */
export interface HttpRig extends AsyncDisposable {
  readonly port: number;
  readonly caPem: string;
  readonly registry: TunnelRegistry;
  /** Requests that reached the child. */
  seen(): number;
}

/** @param version - of the tunnel */
export async function startHttpRig(version: 1 | 2): Promise<HttpRig> {
  const stack = new AsyncDisposableStack();
  const stop = new AbortController();
  const ca = await createCa({ commonName: 'fuzz CA' });
  const pair = await issueCertificate(ca, {
    commonName: 'fuzz',
    ipAddresses: ['127.0.0.1'],
    usage: 'server',
  });
  let seen = 0;
  const sockets = new Set<Duplex>();
  const child = createServer({ cert: pair.certPem, key: pair.keyPem }, (request, response) => {
    seen += 1;
    request.resume();
    request.on('end', () => response.end('ok'));
  });
  child.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  child.listen(0, '127.0.0.1');
  await once(child, 'listening');
  stack.defer(() => {
    for (const socket of sockets) socket.destroy();
    child.close();
  });
  const address = `127.0.0.1:${(child.address() as AddressInfo).port}`;
  const server = `https://${address}`;

  const registry = createTunnelRegistry(deps);
  const listening = Promise.withResolvers<{ url: string; port: number }>();
  const run = runAggregatedApi(
    {
      ...deps,
      auth: {
        authenticate: () =>
          Promise.resolve({
            user: { name: 'fuzz', groups: [], extra: new Map() },
            method: 'bearer' as const,
          }),
        authorize: () => Promise.resolve({ decision: 'allow' as const }),
        isReady: () => true,
        run: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
      },
      registry,
      getTarget: () => ({ apiserverUrl: server, caPem: ca.certPem, useSocket: true, namespace: 'fuzz' }),
      tls: pair,
      version: {},
      gatherMetrics: () => '',
    },
    { host: '127.0.0.1', port: 0, drainTimeoutMs: 200, onListening: listening.resolve },
    stop.signal,
  );
  run.catch(listening.reject);
  stack.defer(async () => {
    stop.abort();
    await run;
  });
  const { url, port } = await listening.promise;
  const requests = stack.use(
    createRequestServer({ connection: { server, caPem: ca.certPem }, clock: systemClock, log: silentLogger }),
  );
  const policy = createDialPolicy(() => [address], 'agent');
  const onStream = createStreamServer({ ...deps, policy, dial: dialTcp }, stop.signal);
  await dialTunnel(
    { ...deps, onStream, requests },
    { parentUrl: url, clusterId: CLUSTER_ID, caPem: ca.certPem },
    { maxVersion: version },
    stop.signal,
  );
  const isThere = (): boolean => {
    const session = registry.pick(CLUSTER_ID);
    return session !== undefined && (version === 1 || session.targets.length > 0);
  };
  while (!isThere()) await new Promise((resolve) => setImmediate(resolve));
  return {
    port,
    caPem: ca.certPem,
    registry,
    seen: () => seen,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
