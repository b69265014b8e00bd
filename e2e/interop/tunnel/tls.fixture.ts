import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createTunnelRegistry, runAggregatedApi } from '@clusternet/hub';
import type { TunnelRegistry } from '@clusternet/hub';
import { createCa, issueCertificate } from '@clusternet/pki';
import { noMetrics, silentLogger, systemClock, systemRandom } from '@clusternet/runtime';
import { onTestFinished } from 'vitest';

const deps = { clock: systemClock, random: systemRandom, log: silentLogger, metrics: noMetrics };

/** A server in place of a child's API server. */
export interface TlsChild {
  /** `127.0.0.1:port` */
  readonly address: string;
  readonly caPem: string;
}

/** Starts a TLS server on loopback, with a CA of its own. */
export async function startTlsChild(
  serve: (request: IncomingMessage, response: ServerResponse) => void,
  upgrade?: (request: IncomingMessage, socket: Duplex) => void,
): Promise<TlsChild> {
  const ca = await createCa({ commonName: 'child CA' });
  const { certPem, keyPem } = await issueCertificate(ca, {
    commonName: 'child',
    ipAddresses: ['127.0.0.1'],
    usage: 'server',
  });
  const server = createServer({ cert: certPem, key: keyPem }, serve);
  const sockets = new Set<Duplex>();
  server.on('connection', (socket: Duplex) => sockets.add(socket));
  server.on('secureConnection', (socket) => socket.on('error', () => {}));
  if (upgrade !== undefined) server.on('upgrade', upgrade);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, caPem: ca.certPem };
}

/** The hub's whole HTTP side, which lets everybody in; every cluster is `child`. */
export interface OwnApi {
  readonly url: string;
  readonly caPem: string;
  readonly registry: TunnelRegistry;
}

export async function startOwnApi(child: TlsChild): Promise<OwnApi> {
  const ca = await createCa({ commonName: 'parent CA' });
  const tls = await issueCertificate(ca, { commonName: 'hub', ipAddresses: ['127.0.0.1'], usage: 'server' });
  const stop = new AbortController();
  const registry = createTunnelRegistry(deps);
  const listening = Promise.withResolvers<string>();
  const run = runAggregatedApi(
    {
      ...deps,
      auth: {
        authenticate: () =>
          Promise.resolve({
            user: { name: 'test', groups: [], extra: new Map() },
            method: 'bearer' as const,
          }),
        authorize: () => Promise.resolve({ decision: 'allow' as const }),
        isReady: () => true,
        run: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
      },
      registry,
      getTarget: () => ({
        apiserverUrl: `https://${child.address}`,
        caPem: child.caPem,
        useSocket: true,
        namespace: 'clusternet-x',
      }),
      tls,
      version: { gitVersion: 'v0.0.0' },
      gatherMetrics: () => '',
    },
    {
      host: '127.0.0.1',
      port: 0,
      drainTimeoutMs: 200,
      onListening: ({ url }) => listening.resolve(url),
    },
    stop.signal,
  );
  run.catch(listening.reject);
  onTestFinished(async () => {
    stop.abort();
    await run;
  });
  return { url: await listening.promise, caPem: ca.certPem, registry };
}

/** One HTTPS request, verified, up to the head of the answer. */
export async function ask(
  url: string,
  options: {
    readonly caPem: string;
    readonly method?: string;
    readonly body?: Buffer;
    readonly headers?: Record<string, string>;
  },
): Promise<IncomingMessage> {
  const { caPem, method = 'GET', body, headers = {} } = options;
  const request = httpsRequest(url, { ca: caPem, method, headers, agent: false });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.on('error', () => {}); // told by whoever reads
  return response;
}
