import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createCa, issueCertificate } from '@clusternet/pki';
import type { CertificatePair } from '@clusternet/pki';
import { noMetrics, silentLogger, systemClock, systemRandom } from '@clusternet/runtime';
import type { Logger } from '@clusternet/runtime';
import {
  createDialPolicy,
  createRequestServer,
  createStreamServer,
  dialTcp,
  dialTunnel,
} from '@clusternet/tunnel';
import type { DialTunnelOptions, TunnelSession, TunnelTarget } from '@clusternet/tunnel';
import { onTestFinished } from 'vitest';
import type { Peers } from '../peers/run-peers.ts';
import type { ClusterTarget } from '../proxy/open-target.ts';
import { createTunnelRegistry } from '../tunnels/tunnel-registry.ts';
import type { TunnelRegistry } from '../tunnels/tunnel-registry.ts';
import type { ApiAuth } from './delegated-auth.ts';
import { runAggregatedApi } from './run-aggregated-api.ts';
import type { AggregatedApiOptions } from './run-aggregated-api.ts';

export const CLUSTER_ID = 'dc91021d-2361-4f6d-a404-7c33b9e01118';
export const SOCKETS = '/apis/proxies.clusternet.io/v1alpha1/sockets';

const deps = { clock: systemClock, random: systemRandom, log: silentLogger, metrics: noMetrics };

/** A CA and a certificate for 127.0.0.1, made once for all tests of a file. */
export interface TestPki {
  readonly ca: CertificatePair;
  readonly server: CertificatePair;
}

export async function createTestPki(commonName: string): Promise<TestPki> {
  const ca = await createCa({ commonName: `${commonName} CA` });
  const server = await issueCertificate(ca, { commonName, ipAddresses: ['127.0.0.1'], usage: 'server' });
  return { ca, server };
}

export interface Child {
  readonly address: string;
  readonly url: string;
  /** TCP connections that the child has seen. */
  connections(): number;
}

/** A child "API server": plain HTTPS on loopback that answers as the test says. */
export async function startChild(
  pki: TestPki,
  serve: (request: IncomingMessage, response: ServerResponse) => void,
  upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
): Promise<Child> {
  const server = createServer(
    {
      key: pki.server.keyPem,
      cert: pki.server.certPem,
      ca: pki.ca.certPem,
      requestCert: true,
      rejectUnauthorized: false,
    },
    serve,
  );
  const sockets = new Set<Duplex>();
  let connections = 0;
  server.on('connection', (socket: Duplex) => {
    connections += 1;
    sockets.add(socket);
  });
  server.on('secureConnection', (socket) => socket.on('error', () => {}));
  server.on('upgrade', (request, socket: Duplex, head: Buffer) => {
    if (upgrade) upgrade(request, socket, head);
    else socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, url: `https://${address}`, connections: () => connections };
}

/** Believes `Authorization: Bearer <user>`, and `X-Remote-Extra-*` of everybody; allows all but user `nobody`. */
export const openAuth: ApiAuth = {
  authenticate: ({ headers }) => {
    const name = headers.get('authorization')?.[0]?.replace(/^Bearer /, '') ?? 'system:anonymous';
    const extra = new Map<string, readonly string[]>();
    for (const [header, values] of headers) {
      if (header.startsWith('x-remote-extra-')) extra.set(header.slice('x-remote-extra-'.length), values);
    }
    return Promise.resolve({
      user: { name, groups: [], extra },
      method: 'bearer' as const,
      consumedHeaders: ['authorization', ...[...extra.keys()].map((key) => `x-remote-extra-${key}`)],
    });
  },
  authorize: ({ user }) => Promise.resolve({ decision: user.name === 'nobody' ? 'deny' : 'allow' }),
  isReady: () => true,
  run: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
};

/** A line of the log that tests keep. */
export interface LogLine {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

function createLog(lines: LogLine[]): Logger {
  const add = (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
    void lines.push({ message, fields });
  const log: Logger = { debug: add, info: add, warn: add, error: add, child: () => log };
  return log;
}

export interface Hub {
  readonly lines: LogLine[];
  readonly url: string;
  readonly port: number;
  readonly registry: TunnelRegistry;
  readonly peers: Peers | undefined;
  /** The parent's CA. */
  readonly caPem: string;
  /** Stops it as SIGTERM would; settles when it is gone. */
  stop(): Promise<void>;
}

export async function startHub(
  pki: TestPki,
  getTarget: (clusterId: string) => ClusterTarget | undefined,
  options: AggregatedApiOptions = {},
  auth: ApiAuth = openAuth,
  createPeersOf?: (registry: TunnelRegistry) => Peers,
): Promise<Hub> {
  const stop = new AbortController();
  const lines: LogLine[] = [];
  const registry = createTunnelRegistry(deps);
  const peers = createPeersOf?.(registry);
  const listening = Promise.withResolvers<{ url: string; port: number }>();
  const callersServed = new AbortController();
  const runOfPeers = peers?.run(callersServed.signal);
  const run = runAggregatedApi(
    {
      ...deps,
      log: createLog(lines),
      auth,
      registry,
      peers,
      getTarget,
      tls: pki.server,
      version: { gitVersion: 'v1.2.3' },
      gatherMetrics: () => '# metrics\n',
    },
    { host: '127.0.0.1', port: 0, drainTimeoutMs: 200, ...options, onListening: listening.resolve },
    stop.signal,
  );
  run.catch(listening.reject);
  const end = async (): Promise<void> => {
    stop.abort();
    await run.finally(() => callersServed.abort());
    await runOfPeers;
  };
  onTestFinished(end);
  const { url, port } = await listening.promise;
  return { url, port, registry, peers, lines, caPem: pki.ca.certPem, stop: end };
}

/** How an agent and the hub talk. */
export interface Way extends DialTunnelOptions {
  /** The agent performs requests, at this API server. */
  readonly apiServer?: { readonly server: string; readonly caPem: string };
}

/** Connects an agent; returns once the hub knows it. */
export async function startAgent(
  hub: Hub,
  allowed: readonly string[],
  target: Partial<TunnelTarget> = {},
  way: Way = {},
): Promise<TunnelSession> {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const policy = createDialPolicy(() => allowed, 'agent');
  const onStream = createStreamServer({ ...deps, policy, dial: dialTcp }, stop.signal);
  const requests =
    way.apiServer === undefined
      ? undefined
      : createRequestServer({ connection: way.apiServer, clock: systemClock, log: silentLogger });
  onTestFinished(async () => requests?.[Symbol.asyncDispose]());
  const clusterId = target.clusterId ?? CLUSTER_ID;
  const known = hub.registry.pick(clusterId);
  const registered = new Promise<void>((resolve) => {
    const poll = (): void => {
      if (hub.registry.pick(clusterId) === known) setTimeout(poll, 5);
      else resolve();
    };
    poll();
  });
  const session = await dialTunnel(
    { ...deps, onStream, ...(requests === undefined ? {} : { requests }) },
    { parentUrl: hub.url, clusterId, token: 'agent', caPem: hub.caPem, ...target },
    way,
    stop.signal,
  );
  await registered;
  if (requests !== undefined) await expectTargets(hub, clusterId);
  return session;
}

/** Waits until the agent has said what it serves. */
async function expectTargets(hub: Hub, clusterId: string): Promise<void> {
  while (hub.registry.pick(clusterId)?.targets.length === 0)
    await new Promise((resolve) => setTimeout(resolve, 5));
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string;
}

/** One HTTPS request to the hub, verified. */
export async function call(hub: Hub, path: string, options: CallOptions = {}): Promise<Answer> {
  const response = await open(hub, path, options);
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: Buffer.concat(chunks).toString(),
  };
}

/** The same, up to the head of the answer. */
export function open(hub: Hub, path: string, options: CallOptions = {}): Promise<IncomingMessage> {
  const length = options.body === undefined ? {} : { 'content-length': String(options.body.length) };
  const headers = { ...length, ...options.headers };
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      `${hub.url}${path}`,
      { ca: hub.caPem, method: options.method ?? 'GET', headers, agent: false },
      resolve,
    );
    request.once('error', reject);
    request.end(options.body);
  });
}
