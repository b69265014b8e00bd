import { createSecureServer } from 'node:http2';
import type { Http2SecureServer, Http2Session } from 'node:http2';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '@clusternet/runtime';
import { errorText } from '@clusternet/runtime';
import { ApiError } from '../errors/api-error.ts';
import { parseRequestInfo } from '../filters/request-info.ts';
import { toApiError, writeError, writeUpgradeError } from './respond.ts';
import { admitRequest, isLongRunning } from './serve-request.ts';
import type { RequestChain } from './serve-request.ts';

/** What a server shows and whom it asks for a certificate. */
export interface ServerTls {
  readonly certPem: string;
  readonly keyPem: string;
  /** CAs named to clients as acceptable: the client CA and the requestheader CA. Authenticators do the checking. */
  readonly clientCaPem?: string;
}

export interface ApiServerDeps extends RequestChain {
  readonly clock: Clock;
}

export interface ApiServerOptions {
  readonly tls: ServerTls;
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  /** @default 3145728 (as kube-apiserver) */
  readonly maxBodyBytes?: number;
  /** What is not long-running ends after this, ms. @default 60000 */
  readonly requestTimeoutMs?: number;
  /**
   * Of requests without a time limit, those that end only when told to, such as watches: a stop ends them. Others are waited
   * for. @param url - path and query. @default all
   */
  readonly isEndless?: (url: string) => boolean;
  /** How long a stop waits for requests under way, ms. @default 5000 */
  readonly drainTimeoutMs?: number;
  /** HTTP/2 streams a connection may have open: kube-apiserver brings everything over one. @default 2000 */
  readonly maxConcurrentStreams?: number;
}

/** A server that listens until it is disposed. */
export interface RunningApiServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** `https://host:port` */
  readonly url: string;
  /** Takes new certificates for new connections. */
  setTls(tls: ServerTls): void;
  /**
   * Goes on serving, and has clients of HTTP/1.1 connect anew after each answer, elsewhere if whatever is before the server
   * knows by now. Those of HTTP/2 are told when it stops.
   */
  leave(): void;
  /** Stops at once, as when the process dies: connections are cut, nobody is waited for. Dispose of it afterwards. */
  kill(): Promise<void>;
}

const STREAM_WINDOW_BYTES = 1 << 20;
const SESSION_WINDOW_BYTES = 1 << 24;
/** With Node's 10 MiB, a few dozen large watches at once make it refuse streams. Watches have limits of their own. */
const SESSION_MEMORY_MIB = 1024;

/**
 * Serves an API on one port: HTTP/2 and HTTP/1.1, upgrades on the latter.
 * Disposing it stops listening, asks what is long-running to end, waits for all but upgraded connections, and closes every
 * connection.
 */
export async function startApiServer(
  deps: ApiServerDeps,
  options: ApiServerOptions,
): Promise<RunningApiServer> {
  const { host = '127.0.0.1', port = 0, maxConcurrentStreams = 2000 } = options;
  const server = createSecureServer({
    ...toSecureOptions(options.tls),
    allowHTTP1: true,
    requestCert: true,
    rejectUnauthorized: false,
    settings: { maxConcurrentStreams, initialWindowSize: STREAM_WINDOW_BYTES },
    maxSessionMemory: SESSION_MEMORY_MIB,
  });
  const serving = createServing(deps, options);
  const connections = trackConnections(server, deps);
  server.on('request', (incoming, response) => {
    // The HTTP/2 classes mimic those of HTTP/1.1; the types do not say so.
    void serving.answer(incoming as unknown as IncomingMessage, response as unknown as ServerResponse);
  });
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    void serving.upgrade(incoming, socket, head);
  });
  await listen(server, host, port);
  const address = server.address() as AddressInfo; // it listens on TCP
  return {
    host,
    port: address.port,
    url: `https://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    setTls: (tls) => server.setSecureContext(toSecureOptions(tls)),
    leave: () => serving.leave(),
    kill: async () => {
      const closed = close(server);
      connections.closeAll();
      await closed;
    },
    [Symbol.asyncDispose]: async () => {
      const { drainTimeoutMs = 5000 } = options;
      const closed = close(server);
      await serving.drain(drainTimeoutMs);
      // The last answers are given, but may not have left.
      await connections.flush(deps.clock, FLUSH_MS);
      connections.closeAll();
      await closed;
    },
  };
}

function toSecureOptions(tls: ServerTls): { cert: string; key: string; ca?: string } {
  return {
    cert: tls.certPem,
    key: tls.keyPem,
    ...(tls.clientCaPem === undefined || tls.clientCaPem === '' ? {} : { ca: tls.clientCaPem }),
  };
}

function listen(server: Http2SecureServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Stops listening; resolves when the last connection is gone. */
function close(server: Http2SecureServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve()); // an error says that it is closed already
  });
}

interface Connections {
  /** Closes what has nothing more to say, and waits for that at most so long. */
  flush(clock: Clock, timeoutMs: number): Promise<void>;
  closeAll(): void;
}

function trackConnections(server: Http2SecureServer, deps: ApiServerDeps): Connections {
  const sockets = new Set<Duplex>();
  const secured = new Set<TLSSocket>();
  const sessions = new Set<Http2Session>();
  let onEmpty = (): void => {};
  server.on('secureConnection', (socket: TLSSocket) => {
    secured.add(socket);
    socket.once('close', () => {
      secured.delete(socket);
      if (secured.size === 0) onEmpty();
    });
  });
  server.on('connection', (socket: Duplex) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('session', (session) => {
    sessions.add(session);
    session.setLocalWindowSize(SESSION_WINDOW_BYTES);
    session.once('close', () => sessions.delete(session));
    session.on('error', (error) => deps.log.debug('connection failed', { error: errorText(error) }));
  });
  server.on('tlsClientError', (error) => deps.log.debug('handshake failed', { error: errorText(error) }));
  server.on('sessionError', (error) => deps.log.debug('connection failed', { error: errorText(error) }));
  return {
    flush: async (clock, timeoutMs) => {
      if (secured.size === 0) return;
      const gone = Promise.withResolvers<undefined>();
      onEmpty = () => gone.resolve(undefined);
      const cancel = clock.schedule(timeoutMs, onEmpty);
      // A session of HTTP/2 that was sent away closes by itself, after its last frame.
      for (const socket of secured) if (socket.alpnProtocol !== 'h2') socket.destroySoon();
      await gone.promise;
      cancel();
    },
    closeAll: () => {
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** How long a stop waits for bytes to leave. */
const FLUSH_MS = 1000;

/** Made once: an abort without a reason makes a DOMException each time. */
const CLIENT_GONE = new Error('the client is gone');

interface Serving {
  answer(incoming: IncomingMessage, response: ServerResponse): Promise<void>;
  upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  leave(): void;
  drain(timeoutMs: number): Promise<void>;
}

interface Active {
  readonly controller: AbortController;
  /** `timed`: it has a time limit, and a stop waits for it; `whole`: it has none, but a stop waits for it too. */
  readonly kind: 'endless' | 'timed' | 'upgrade' | 'whole';
}

function createServing(deps: ApiServerDeps, options: ApiServerOptions): Serving {
  const limits = { maxBodyBytes: options.maxBodyBytes ?? 3 * 1024 * 1024 };
  const { requestTimeoutMs = 60_000 } = options;
  const active = new Set<Active>();
  let onIdle: (() => void) | undefined;
  let isDraining = false;
  let isLeaving = false;

  const isIdle = (): boolean => [...active].every(({ kind }) => kind === 'upgrade');

  const begin = (kind: Active['kind']): { entry: Active; end: () => void } => {
    const entry = { controller: new AbortController(), kind };
    active.add(entry);
    const cancel =
      kind !== 'timed'
        ? () => undefined
        : deps.clock.schedule(requestTimeoutMs, () =>
            entry.controller.abort(
              new ApiError('Timeout', 'request did not complete within the allotted timeout'),
            ),
          );
    const end = (): void => {
      cancel();
      active.delete(entry);
      if (onIdle !== undefined && isIdle()) onIdle();
    };
    if (isDraining && isEnded(kind)) entry.controller.abort();
    return { entry, end };
  };

  return {
    async answer(incoming, response) {
      const { entry, end } = begin(kindOf(incoming, options));
      const { signal } = entry.controller;
      response.once('close', () => {
        if (!response.writableFinished) entry.controller.abort(CLIENT_GONE);
      });
      if (isLeaving && incoming.httpVersionMajor < 2) response.shouldKeepAlive = false;
      response.on('error', (error) => deps.log.debug('answer failed', { error: errorText(error) }));
      try {
        const held = deps.begin?.({ incoming, out: response });
        if (held !== undefined) await waitUntilReleased(held, signal);
        const request = await admitRequest(deps, limits, incoming, signal);
        await deps.handle(request, response, signal);
      } catch (error) {
        reportFailure(deps, incoming, response, signal.reason instanceof ApiError ? signal.reason : error);
      } finally {
        end();
      }
    },
    async upgrade(incoming, socket, head) {
      const { entry, end } = begin('upgrade');
      const { signal } = entry.controller;
      socket.on('error', (error) =>
        deps.log.debug('upgraded connection failed', { error: errorText(error) }),
      );
      socket.once('close', () => {
        entry.controller.abort();
        end();
      });
      try {
        const held = deps.begin?.({ incoming, out: socket });
        if (held !== undefined) await waitUntilReleased(held, signal);
        const request = await admitRequest(deps, limits, incoming, signal);
        await deps.upgrade(request, socket, head, signal);
      } catch (error) {
        const answer = toApiError(error);
        if (answer.httpCode >= 500)
          deps.log.warn('upgrade failed', { path: incoming.url, error: errorText(error) });
        if (socket.writable) writeUpgradeError(socket, answer);
        else socket.destroy();
      }
    },
    leave() {
      isLeaving = true;
    },
    async drain(timeoutMs) {
      isLeaving = true;
      isDraining = true;
      for (const { controller, kind } of active) if (isEnded(kind)) controller.abort();
      if (isIdle()) return;
      await new Promise<void>((resolve) => {
        const cancel = deps.clock.schedule(timeoutMs, resolve);
        onIdle = () => {
          cancel();
          resolve();
        };
      });
    },
  };
}

/** Waits, however long; a request whose time ran out meanwhile is answered with that. */
async function waitUntilReleased(held: Promise<void>, signal: AbortSignal): Promise<void> {
  await held;
  if (signal.reason instanceof ApiError) throw signal.reason;
}

/** Whether a stop ends it. */
function isEnded(kind: Active['kind']): boolean {
  return kind === 'endless' || kind === 'upgrade';
}

function kindOf(incoming: IncomingMessage, { isEndless }: ApiServerOptions): Active['kind'] {
  const url = incoming.url ?? '/';
  const at = url.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
  const info = parseRequestInfo(incoming.method ?? 'GET', at < 0 ? url : url.slice(0, at), query);
  if (!isLongRunning(info)) return 'timed';
  return isEndless?.(url) === false ? 'whole' : 'endless';
}

function reportFailure(
  deps: ApiServerDeps,
  incoming: IncomingMessage,
  response: ServerResponse,
  error: unknown,
): void {
  const answer = toApiError(error);
  if (answer.code === 'InternalError') {
    deps.log.warn('request failed', { method: incoming.method, path: incoming.url, error: errorText(error) });
  }
  if (response.destroyed || response.writableEnded) return;
  if (response.headersSent) response.destroy();
  else writeError(response, answer);
}
