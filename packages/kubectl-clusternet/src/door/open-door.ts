import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionConfig } from '@clusternet/client';
import { errorText } from '@clusternet/runtime';
import { formatHead, formatStatus, keepHeaders } from './messages.ts';
import { createUpstream } from './upstream.ts';
import type { UpstreamRequest } from './upstream.ts';

/** A way to an API server on this machine, for programs that cannot be told where paths lead. */
export interface Door extends Disposable {
  /**
   * `http://127.0.0.1:port/SECRET`. Whoever does not know the secret is turned away: other users of this machine can reach the
   * port as well. It is a path because kubectl shows no token to a server without TLS.
   */
  readonly url: string;
}

/** A request that came to nothing. */
export interface DoorFailure {
  readonly method: string;
  /** Path and query below the server's base path, as it was sent. */
  readonly url: string;
  /** Whether nothing has come to anything so far: the way itself may not work. */
  readonly isFirst: boolean;
  /** Undefined where no answer came. */
  readonly status: number | undefined;
}

export interface DoorOptions {
  /** Where requests lead. */
  readonly connection: ConnectionConfig;
  /** @param url - path and query as they came @returns the same below the server's base path */
  readonly mapUrl: (url: string) => string;
  /**
   * Told of each answer of 400 and above, and of each request without an answer. When it says true, whoever asked is kept
   * waiting until the door closes: for the caller to stop it, before it says something less clear.
   * @default nobody is told
   */
  readonly onFailure?: (failure: DoorFailure) => boolean;
}

/** Opens a door on loopback. Disposing it closes every connection. */
export async function openDoor(options: DoorOptions): Promise<Door> {
  const secret = `/${randomBytes(32).toString('hex')}`;
  const upstream = createUpstream(options.connection);
  const isOurs = ({ url = '' }: IncomingMessage): boolean => isSame(url.slice(0, secret.length), secret);
  const plan = (incoming: IncomingMessage): UpstreamRequest => ({
    method: incoming.method ?? 'GET',
    url: options.mapUrl((incoming.url ?? '').slice(secret.length)),
    headers: keepHeaders(incoming.rawHeaders, incoming.headers.upgrade !== undefined),
  });
  let isProven = false;
  const isHeld = ({ method = 'GET', url = '' }: IncomingMessage, status: number | undefined): boolean => {
    const mapped = options.mapUrl(url.slice(secret.length));
    return options.onFailure?.({ method, url: mapped, status, isFirst: !isProven }) === true;
  };

  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const request = await upstream.request(plan(incoming));
    outgoing.once('close', () => request.destroy());
    request.on('error', () => undefined); // also after its answer, where nobody waits for it any more
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    incoming.pipe(request);
    const [answer] = await answered;
    const { statusCode: status = 502 } = answer;
    if (status >= 400 && isHeld(incoming, status)) return;
    isProven ||= status < 400;
    outgoing.writeHead(answer.statusCode ?? 502, keepHeaders(answer.rawHeaders));
    outgoing.flushHeaders(); // a watch has something to say later
    answer.pipe(outgoing);
    answer.once('error', () => outgoing.destroy());
  };
  const upgrade = async (incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const request = await upstream.request(plan(incoming));
    socket.once('close', () => request.destroy());
    socket.on('error', () => request.destroy());
    request.once('upgrade', (answer: IncomingMessage, target: Duplex, first: Buffer) => {
      target.on('error', () => socket.destroy());
      socket.write(formatHead(answer));
      if (first.length > 0) socket.write(first);
      if (head.length > 0) target.write(head);
      socket.pipe(target).pipe(socket);
    });
    request.once('response', (answer: IncomingMessage) => {
      socket.write(formatHead(answer));
      answer.pipe(socket);
    });
    request.once('error', (error) => socket.end(formatStatus(502, errorText(error))));
    request.end();
  };

  const server = createServer((incoming, outgoing) => {
    const fail = (status: number, message: string): void => {
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(status, { 'content-type': 'application/json' }).end(statusOf(status, message));
    };
    if (isOurs(incoming)) {
      pass(incoming, outgoing).catch((error: unknown) => {
        if (outgoing.headersSent || !isHeld(incoming, undefined)) fail(502, errorText(error));
      });
    } else fail(401, 'this door is for the kubectl that was started with it');
  });
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!isOurs(incoming))
      socket.end(formatStatus(401, 'this door is for the kubectl that was started with it'));
    else
      upgrade(incoming, socket, head).catch((error: unknown) =>
        socket.end(formatStatus(502, errorText(error))),
      );
  });
  // Upgraded ones too, which the server no longer knows.
  const sockets = new Set<Duplex>();
  server.on('connection', (socket: Duplex) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${secret}`, // it listens on TCP
    [Symbol.dispose]: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      upstream.close();
    },
  };
}

function statusOf(code: number, message: string): string {
  return JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code });
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
