import { createSecureServer } from 'node:http2';
import type { Http2SecureServer, Http2Session } from 'node:http2';
import { createServer } from 'node:http';
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '@clusternet/runtime';
import { errorText } from '@clusternet/runtime';
import { answerBrokenRequests } from './answer-broken-requests.ts';
import {
  createConnectionLimits,
  createHttp1Limits,
  endIdleSessions,
  takeManyHeaders,
} from './connection-limits.ts';
import { createServing } from './create-serving.ts';
import type { RequestChain } from './serve-request.ts';

/** What a server shows and whom it asks for a certificate. */
export interface ServerTls {
  readonly certPem: string;
  readonly keyPem: string;
  /** CAs named to clients as acceptable: the client CA and the requestheader CA. Authenticators do the checking. */
  readonly clientCaPem?: string;
}

type Server = Http2SecureServer | HttpServer;

export interface ApiServerDeps extends RequestChain {
  readonly clock: Clock;
}

export interface ApiServerOptions {
  /** `none`: plain HTTP/1.1, for whoever stands right behind something that ends TLS, and for measuring. */
  readonly tls: ServerTls | 'none';
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  /** @default 3145728 (as kube-apiserver) */
  readonly maxBodyBytes?: number;
  /** What is not long-running ends after this, ms. @default 60000 */
  readonly requestTimeoutMs?: number;
  /**
   * Of requests without a time limit, those that end only when told to, such as watches: a stop ends them. Others are
   * waited for. @param url - path and query. @default all
   */
  readonly isEndless?: (url: string) => boolean;
  /** How long a stop waits for requests under way, ms. @default 5000 */
  readonly drainTimeoutMs?: number;
  /** HTTP/2 streams a connection may have open: kube-apiserver brings everything over one. @default 2000 */
  readonly maxConcurrentStreams?: number;
  /** Bytes of the head of a request, its target included. @default 1048576 (as kube-apiserver) */
  readonly maxHeaderBytes?: number;
  /** How long a client may take for its handshake, and then for the head of a request, ms. @default 32000 */
  readonly headersTimeoutMs?: number;
  /** How long a connection may be open without a request under way, ms. @default 90000 */
  readonly idleTimeoutMs?: number;
}

/** A server that listens until it is disposed. */
export interface RunningApiServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** `https://host:port`; `http` without TLS */
  readonly url: string;
  /** Takes new certificates for new connections. */
  setTls(tls: ServerTls): void;
  /**
   * Goes on serving, and has clients of HTTP/1.1 connect anew after each answer, elsewhere if whatever is before the
   * server knows by now. Those of HTTP/2 are told when it stops.
   */
  leave(): void;
  /** Stops at once, as when the process dies: connections are cut, nobody is waited for. Dispose of it afterwards. */
  kill(): Promise<void>;
}

const SESSION_WINDOW_BYTES = 1 << 24;

/**
 * Serves an API on one port: HTTP/2 and HTTP/1.1, upgrades on the latter.
 * Disposing it stops listening, asks what is long-running to end, waits for all but upgraded connections, and closes every
 * connection.
 */
export async function startApiServer(
  deps: ApiServerDeps,
  options: ApiServerOptions,
): Promise<RunningApiServer> {
  const { host = '127.0.0.1', port = 0 } = options;
  const secure = options.tls === 'none' ? undefined : createTlsServer(options.tls, options);
  const server: Server = secure ?? createServer(createHttp1Limits(options));
  takeManyHeaders(server);
  if (secure !== undefined) answerBrokenRequests(secure, deps.clock);
  const serving = createServing(deps, options);
  const connections = trackConnections(server, deps);
  // The HTTP/2 classes mimic those of HTTP/1.1.
  server.on('request', (incoming: IncomingMessage, response: ServerResponse) => {
    void serving.answer(incoming, response);
  });
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    void serving.upgrade(incoming, socket, head);
  });
  await listen(server, host, port);
  const address = server.address() as AddressInfo; // it listens on TCP
  return {
    host,
    port: address.port,
    url: `${secure === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    setTls: (tls) => secure?.setSecureContext(toSecureOptions(tls)),
    leave: () => serving.leave(),
    kill: async () => {
      const closed = close(server);
      connections.closeAll();
      await closed;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = close(server);
      await serving.drain(options.drainTimeoutMs ?? 5000);
      // The last answers are given, but may not have left.
      await connections.flush(deps.clock, FLUSH_MS);
      connections.closeAll();
      await closed;
    },
  };
}

function createTlsServer(tls: ServerTls, options: ApiServerOptions): Http2SecureServer {
  const server = createSecureServer({
    ...toSecureOptions(tls),
    ...createConnectionLimits(options),
    allowHTTP1: true,
    requestCert: true,
    rejectUnauthorized: false,
  });
  endIdleSessions(server, options);
  return server;
}

function toSecureOptions(tls: ServerTls): { cert: string; key: string; ca?: string } {
  return {
    cert: tls.certPem,
    key: tls.keyPem,
    ...(tls.clientCaPem === undefined || tls.clientCaPem === '' ? {} : { ca: tls.clientCaPem }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Stops listening; resolves when the last connection is gone. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve()); // an error says that it is closed already
  });
}

/** How long a stop waits for bytes to leave. */
const FLUSH_MS = 1000;

interface Connections {
  /** Closes what has nothing more to say, and waits for that at most so long. */
  flush(clock: Clock, timeoutMs: number): Promise<void>;
  closeAll(): void;
}

function trackConnections(server: Server, deps: ApiServerDeps): Connections {
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
  server.on('session', (session: Http2Session) => {
    sessions.add(session);
    session.setLocalWindowSize(SESSION_WINDOW_BYTES);
    session.once('close', () => sessions.delete(session));
    session.on('error', (error) => deps.log.debug('connection failed', { error: errorText(error) }));
  });
  server.on('tlsClientError', (error: Error) =>
    deps.log.debug('handshake failed', { error: errorText(error) }),
  );
  server.on('sessionError', (error: Error) =>
    deps.log.debug('connection failed', { error: errorText(error) }),
  );
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
