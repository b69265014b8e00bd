import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer } from 'node:net';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import { silentLogger, systemClock } from '@clusternet/runtime';
import type { Clock } from '@clusternet/runtime';
import { onTestFinished } from 'vitest';
import { acceptTunnel } from './accept-tunnel.ts';
import { createDialPolicy } from './dial-policy.ts';
import { dialTunnel } from './dial-tunnel.ts';
import type { DialTunnelDeps, TunnelTarget } from './dial-tunnel.ts';
import { createStreamServer, dialTcp } from './serve-streams.ts';
import type { DialTunnelOptions } from './dial-tunnel.ts';
import type { AcceptTunnelOptions } from './accept-tunnel.ts';
import type { TunnelSession } from './tunnel-session.ts';

/** A TCP server on loopback that is gone when the test is over. Returns `127.0.0.1:port`. */
export async function startTarget(serve: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  await listen(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function listen(server: NetServer): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

export interface HubRig {
  readonly url: string;
  readonly requests: IncomingMessage[];
  readonly sockets: Socket[];
  /** The next session an agent opens. */
  nextSession(): Promise<TunnelSession>;
}

export interface HubRigOptions extends AcceptTunnelOptions {
  readonly clock?: Clock;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Answers instead of the tunnel. */
  readonly refuse?: string;
  /** What is answered to upgrades other than to a websocket. @default the tunnel */
  readonly refusePlain?: string;
}

/** A hub that accepts every agent. */
export async function startHub(options: HubRigOptions = {}): Promise<HubRig> {
  const stop = new AbortController();
  const requests: IncomingMessage[] = [];
  const sockets: Socket[] = [];
  const ready: TunnelSession[] = [];
  const waiting: ((session: TunnelSession) => void)[] = [];
  const server = options.tls === undefined ? createHttpServer() : createHttpsServer(options.tls);
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    requests.push(request);
    sockets.push(socket);
    socket.on('error', () => {});
    const isPlain = request.headers.upgrade !== 'websocket';
    const refusal = options.refuse ?? (isPlain ? options.refusePlain : undefined);
    if (refusal !== undefined) {
      socket.end(refusal);
      return;
    }
    const deps = { clock: options.clock ?? systemClock, log: silentLogger, clusterId: 'c-1', sessionId: '7' };
    acceptTunnel(deps, { request, socket, head }, options, stop.signal).then(
      (session) => {
        const wake = waiting.shift();
        if (wake) wake(session);
        else ready.push(session);
      },
      () => {},
    );
  });
  await listen(server);
  onTestFinished(() => {
    stop.abort();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const scheme = options.tls === undefined ? 'http' : 'https';
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    sockets,
    nextSession: () =>
      new Promise((resolve) => {
        const session = ready.shift();
        if (session) resolve(session);
        else waiting.push(resolve);
      }),
  };
}

export interface AgentRigOptions extends DialTunnelOptions {
  readonly requests?: DialTunnelDeps['requests'];
  readonly clock?: Clock;
  readonly allowed?: readonly string[];
  readonly target?: Partial<TunnelTarget>;
}

/** An agent connected to `url`. */
export async function startAgent(url: string, options: AgentRigOptions = {}): Promise<TunnelSession> {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const clock = options.clock ?? systemClock;
  const deps = { clock, log: silentLogger };
  const policy = createDialPolicy(() => options.allowed ?? ['*:*'], 'agent');
  const onStream = createStreamServer({ ...deps, policy, dial: dialTcp }, stop.signal);
  return dialTunnel(
    { ...deps, onStream, ...(options.requests === undefined ? {} : { requests: options.requests }) },
    { parentUrl: url, clusterId: 'c-1', ...options.target },
    options,
    stop.signal,
  );
}

/** Both ends of a tunnel on loopback. */
export async function startPair(
  options: { hub?: HubRigOptions; agent?: AgentRigOptions } = {},
): Promise<{ hub: TunnelSession; agent: TunnelSession; rig: HubRig }> {
  const rig = await startHub(options.hub);
  const [agent, hub] = await Promise.all([startAgent(rig.url, options.agent), rig.nextSession()]);
  return { hub, agent, rig };
}

/** The ways in which our own peers talk to each other. */
export const WAYS: readonly {
  readonly way: string;
  readonly hub: HubRigOptions;
  readonly agent: AgentRigOptions;
}[] = [
  { way: 'version 1', hub: {}, agent: { maxVersion: 1 } },
  { way: 'version 2', hub: {}, agent: {} },
  {
    way: 'version 2 in a websocket',
    hub: { refusePlain: 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' },
    agent: {},
  },
];

/** Everything a stream has to give until it ends. */
export async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
