import type { Duplex } from 'node:stream';
import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import { ApiError } from './errors.ts';
import type { ConnectionConfig } from './connection-config.ts';
import { createDialConnector } from './dial-connector.ts';
import type { Transport, TransportRequest, TransportResponse } from './transport.ts';
import { transportError } from './transport-error.ts';

export interface TransportOptions {
  /** Connections for unary calls. @default 8 */
  readonly connections?: number;
  /** Time to establish a connection, ms. @default 10000 */
  readonly connectTimeoutMs?: number;
  /** Time a unary call may stay silent, ms. @default 60000 */
  readonly idleTimeoutMs?: number;
  /** Largest unary answer, bytes. @default 256 MiB */
  readonly maxBodyBytes?: number;
  /** Opens the byte stream to the server, below TLS, such as one through a tunnel. @default a TCP connection */
  readonly dial?: (host: string, port: number) => Promise<Duplex>;
}

/**
 * A transport on undici: HTTP/1.1 keep-alive for unary calls, HTTP/2 where the server has it for watches,
 * each on a pool of its own.
 *
 * @throws {ApiError} `INVALID_CONFIG` when `server` is not an http(s) URL
 */
export function createTransport(config: ConnectionConfig, options: TransportOptions = {}): Transport {
  const { connections = 8, connectTimeoutMs = 10_000, idleTimeoutMs = 60_000 } = options;
  const { maxBodyBytes = 256 * 1024 * 1024 } = options;
  const server = parseServer(config.server);
  const basePath = server.pathname.replace(/\/+$/, '');
  const hop = `${config.name ?? 'kube-apiserver'} ${server.origin}${basePath}`;
  const connect = {
    ca: config.caPem,
    cert: config.certPem,
    key: config.keyPem,
    servername: config.serverName,
    rejectUnauthorized: config.insecureSkipVerify !== true,
    timeout: connectTimeoutMs,
  };
  const { dial } = options;
  const connector = dial === undefined ? connect : createDialConnector(dial, connect);
  const unary = new Pool(server.origin, {
    connections,
    allowH2: false,
    connect: connector,
    headersTimeout: idleTimeoutMs,
    bodyTimeout: idleTimeoutMs,
    keepAliveTimeout: 30_000,
  });
  // Not limited in connections: over HTTP/1.1 each watch holds one, and the informers bound their number.
  const streams = new Pool(server.origin, {
    allowH2: dial === undefined,
    connect: connector,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const userAgent = config.userAgent ?? 'clusternet-client';

  const send = async (request: TransportRequest, signal?: AbortSignal): Promise<Dispatcher.ResponseData> => {
    const own = await config.getHeaders?.(signal);
    const pool = request.stream === true ? streams : unary;
    return pool.request({
      method: request.method,
      path: basePath + request.path,
      headers: { 'user-agent': userAgent, ...own, ...request.headers } as Record<string, string | string[]>,
      body: request.body ?? null,
      signal: signal ?? null,
    });
  };

  return {
    hop,
    request: async (request, signal) => {
      for (let attempt = 0; ; attempt += 1) {
        try {
          return toResponse(await send(request, signal), hop, maxBodyBytes);
        } catch (error) {
          // A kept connection that the server closed in the same moment: safe to send a read again.
          const isStale =
            request.method === 'GET' && attempt === 0 && hasCode(error, 'UND_ERR_SOCKET', 'ECONNRESET');
          if (!isStale || signal?.aborted === true) throw transportError(error, hop, signal);
        }
      }
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([unary.destroy(), streams.destroy()]);
    },
  };
}

function parseServer(server: string): URL {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new ApiError('INVALID_CONFIG', `"${server}" is not the URL of a server; write https://host:port`);
  }
  return url;
}

function toResponse(data: Dispatcher.ResponseData, hop: string, maxBodyBytes: number): TransportResponse {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(data.headers)) {
    if (value !== undefined) headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return {
    status: data.statusCode,
    headers,
    body: data.body,
    text: async () => {
      const chunks: Buffer[] = [];
      let sizeBytes = 0;
      try {
        for await (const chunk of data.body as AsyncIterable<Buffer>) {
          sizeBytes += chunk.length;
          if (sizeBytes > maxBodyBytes) {
            throw new ApiError('TOO_LARGE', `${hop} answered with more than ${maxBodyBytes} bytes`);
          }
          chunks.push(chunk);
        }
      } catch (error) {
        throw transportError(error, hop);
      }
      return Buffer.concat(chunks).toString('utf8');
    },
  };
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
