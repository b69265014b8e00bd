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
import type { TunnelTarget } from './dial-tunnel.ts';
import { createStreamServer, dialTcp } from './serve-streams.ts';
import type { TunnelSession, TunnelSessionOptions } from './session.ts';

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

export interface HubRigOptions extends TunnelSessionOptions {
  readonly clock?: Clock;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Answers instead of the tunnel. */
  readonly refuse?: string;
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
    if (options.refuse !== undefined) {
      socket.end(options.refuse);
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

export interface AgentRigOptions extends TunnelSessionOptions {
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
    { ...deps, onStream },
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

/** Everything a stream has to give until it ends. */
export async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
