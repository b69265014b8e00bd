import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { silentLogger, systemClock } from '@clusternet/runtime';
import { acceptTunnel, createDialPolicy, createStreamServer, dialTcp, dialTunnel } from '@clusternet/tunnel';
import type { AcceptTunnelOptions, DialTunnelOptions, TunnelSession } from '@clusternet/tunnel';
import { onTestFinished } from 'vitest';

export const MIB: number = 1024 * 1024;
const deps = { clock: systemClock, log: silentLogger };

async function listen(server: Server, port = 0): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A TCP server on loopback. Returns `127.0.0.1:port`. */
export async function startTarget(serve: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  const port = await listen(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${port}`;
}

export const echo = (socket: Socket): void => void socket.pipe(socket);

export interface OwnHub {
  readonly url: string;
  readonly port: number;
  /** The first 256 KiB that came on each agent's connection, in order. */
  readonly received: Buffer[];
  nextSession(): Promise<TunnelSession>;
  stop(): Promise<void>;
}

const KEEP_BYTES = 256 * 1024;

/** A hub of ours that takes every agent as cluster `c-1`. */
export async function startOwnHub(options: AcceptTunnelOptions = {}, port = 0): Promise<OwnHub> {
  const stop = new AbortController();
  const sockets = new Set<Socket>();
  const ready: TunnelSession[] = [];
  const waiting: ((session: TunnelSession) => void)[] = [];
  const received: Buffer[] = [];
  let receivedBytes = 0;
  const server = createHttpServer();
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      if (receivedBytes < KEEP_BYTES) received.push(chunk);
      receivedBytes += chunk.length;
    });
    const own = { ...deps, clusterId: 'c-1', sessionId: '7' };
    acceptTunnel(own, { request, socket, head }, options, stop.signal).then(
      (session) => {
        session.closed().catch(() => {});
        const wake = waiting.shift();
        if (wake) wake(session);
        else ready.push(session);
      },
      () => {},
    );
  });
  const bound = await listen(server, port);
  const close = async (): Promise<void> => {
    stop.abort();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    received,
    stop: close,
    nextSession: () =>
      new Promise((resolve) => {
        const session = ready.shift();
        if (session) resolve(session);
        else waiting.push(resolve);
      }),
  };
}

/** An agent of ours, of cluster `c-1`. */
export function startOwnAgent(
  hubUrl: string,
  options: DialTunnelOptions & { readonly allowed?: readonly string[] } = {},
  stop: AbortController = new AbortController(),
): Promise<TunnelSession> {
  onTestFinished(() => stop.abort());
  const policy = createDialPolicy(() => options.allowed ?? ['*:*'], 'agent');
  const onStream = createStreamServer({ ...deps, policy, dial: dialTcp }, stop.signal);
  const target = { parentUrl: hubUrl, clusterId: 'c-1', token: 'token' };
  return dialTunnel({ ...deps, onStream }, target, options, stop.signal);
}

/** Bytes that tell where they belong: no two positions of a stream look alike for long. */
export function patternOf(seed: number, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at + 4 <= sizeBytes; at += 4) bytes.writeUInt32LE((at * 31 + seed * 0x9e3779b1) >>> 0, at);
  return bytes;
}

/** Everything a stream has to give until it ends. */
export async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The next bytes, exactly so many. */
export async function readExactly(stream: Duplex, sizeBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let missing = sizeBytes;
  while (missing > 0) {
    const chunk = stream.read(Math.min(missing, Math.max(1, stream.readableLength))) as Buffer | null;
    if (chunk !== null) {
      chunks.push(chunk);
      missing -= chunk.length;
    } else if (stream.readableEnded || stream.destroyed) {
      throw new Error(`ended ${missing} bytes early`, { cause: stream.errored });
    } else await awaitChange(stream);
  }
  return Buffer.concat(chunks);
}

/** Waits until there is something to read, or never will be. */
function awaitChange(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of EVENTS) stream.off(event, done);
      resolve();
    };
    for (const event of EVENTS) stream.on(event, done);
  });
}

const EVENTS = ['readable', 'end', 'close'] as const;

/** Writes so many bytes, as fast as the stream takes them. */
export async function writeMany(stream: Duplex, sizeBytes: number): Promise<void> {
  const block = Buffer.alloc(64 * 1024, 'w');
  for (let sent = 0; sent < sizeBytes; sent += block.length) {
    if (!stream.write(block)) await once(stream, 'drain');
  }
}

/** Whether a count is the same as when it was asked for last, and not zero. */
export function hasStopped(count: () => number): () => boolean {
  let before = 0;
  return () => {
    const now = count();
    const isSame = now > 0 && now === before;
    before = now;
    return isSame;
  };
}
