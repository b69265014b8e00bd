import { createSecureServer } from 'node:http2';
import type { Http2SecureServer, Http2Session } from 'node:http2';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '@clusternet/runtime';
import { errorText } from '@clusternet/runtime';
import { answerBrokenRequests } from './answer-broken-requests.ts';
import { createConnectionLimits, endIdleSessions, takeManyHeaders } from './connection-limits.ts';
import { createServing } from './create-serving.ts';
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
  /** `https://host:port` */
  readonly url: string;
  /** Takes new certificates for new connections. */
  setTls(tls: ServerTls): void;
}

const SESSION_WINDOW_BYTES = 1 << 24;

/**
 * Serves an API on one port: HTTP/2 and HTTP/1.1, upgrades on the latter.
 * Disposing it stops listening, ends watches, waits for the rest and closes every connection.
 */
export async function startApiServer(
  deps: ApiServerDeps,
  options: ApiServerOptions,
): Promise<RunningApiServer> {
  const { host = '127.0.0.1', port = 0 } = options;
  const server = createSecureServer({
    ...toSecureOptions(options.tls),
    ...createConnectionLimits(options),
    allowHTTP1: true,
    requestCert: true,
    rejectUnauthorized: false,
  });
  takeManyHeaders(server);
  endIdleSessions(server, options);
  answerBrokenRequests(server, deps.clock);
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
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      await serving.drain(options.drainTimeoutMs ?? 5000);
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

function trackConnections(server: Http2SecureServer, deps: ApiServerDeps): { closeAll: () => void } {
  const sockets = new Set<Duplex>();
  const sessions = new Set<Http2Session>();
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
    closeAll: () => {
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
    },
  };
}
