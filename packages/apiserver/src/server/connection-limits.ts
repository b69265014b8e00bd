import type { Server as HttpServer, ServerOptions } from 'node:http';
import type { Http2SecureServer, SecureServerOptions } from 'node:http2';
import { createTooManyHeaders } from '../errors/status-errors.ts';

/** What a client may make a connection cost before its requests are looked at. */
export interface ConnectionLimits {
  readonly maxConcurrentStreams?: number;
  readonly maxHeaderBytes?: number;
  readonly headersTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
}

const STREAM_WINDOW_BYTES = 1 << 20;
/** With Node's 10 MiB, a few dozen large watches at once make it refuse streams. Watches have limits of their own. */
const SESSION_MEMORY_MIB = 1024;
const MAX_HEADER_BYTES = 1 << 20;
/**
 * Short headers cost the server more than their bytes: HPACK makes one of a byte on the wire. Node ends HTTP/2
 * streams with more than this, and drops those of HTTP/1.1 without a word: see `assertEveryHeader`.
 */
const MAX_HEADERS = 4096;
const HEADERS_TIMEOUT_MS = 32_000;
const IDLE_TIMEOUT_MS = 90_000;

/** Options of a server that bound what it reads; times are those of kube-apiserver. */
export function createConnectionLimits(limits: ConnectionLimits): SecureServerOptions {
  const { maxConcurrentStreams = 2000, maxHeaderBytes = MAX_HEADER_BYTES } = limits;
  const { headersTimeoutMs = HEADERS_TIMEOUT_MS } = limits;
  return {
    handshakeTimeout: headersTimeoutMs,
    settings: {
      maxConcurrentStreams,
      initialWindowSize: STREAM_WINDOW_BYTES,
      maxHeaderListSize: maxHeaderBytes,
    },
    maxSessionMemory: SESSION_MEMORY_MIB,
    maxHeaderListPairs: MAX_HEADERS,
    // Streams that are reset as soon as they are opened cost the server, not the client. Far above what a
    // kube-apiserver in front does when a controller with a thousand watches leaves: they share one connection.
    streamResetBurst: 5000,
    streamResetRate: 500,
    http1Options: createHttp1Limits(limits), // Node takes more of them than its types tell
  };
}

/** The same for a server of HTTP/1.1 alone. */
export function createHttp1Limits(limits: ConnectionLimits): ServerOptions {
  const { maxHeaderBytes = MAX_HEADER_BYTES, headersTimeoutMs = HEADERS_TIMEOUT_MS } = limits;
  return {
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: headersTimeoutMs,
    connectionsCheckingInterval: Math.min(5000, Math.max(50, headersTimeoutMs / 4)),
    keepAliveTimeout: limits.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
  };
}

/** Has a server read as many headers over HTTP/1.1 as over HTTP/2; by default Node drops all after the first thousand. */
export function takeManyHeaders(server: Http2SecureServer | HttpServer): void {
  Object.assign(server, { maxHeadersCount: MAX_HEADERS + 1 });
}

/**
 * Refuses a request of which headers may have been dropped: a group that its user is to impersonate could be among
 * them.
 * @throws {ApiError} 431
 */
export function assertEveryHeader(rawHeaders: readonly string[]): void {
  if (rawHeaders.length > 2 * MAX_HEADERS) throw createTooManyHeaders(MAX_HEADERS);
}

/** Closes HTTP/2 connections that have no stream open for a while; HTTP/1.1 has `keepAliveTimeout`. */
export function endIdleSessions(
  server: Http2SecureServer,
  { idleTimeoutMs = IDLE_TIMEOUT_MS }: ConnectionLimits,
): void {
  server.on('session', (session) => {
    let openStreams = 0;
    session.on('stream', (stream) => {
      openStreams++;
      stream.once('close', () => openStreams--);
    });
    session.setTimeout(idleTimeoutMs, () => {
      if (openStreams === 0) session.destroy(); // says GOAWAY; a close would wait for a head that never ends
    });
  });
}
