import type { Duplex } from 'node:stream';
import { systemClock, systemRandom } from '@clusternet/runtime';
import type { Clock, Random } from '@clusternet/runtime';
import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import { ApiError } from './errors.ts';
import type { ConnectionConfig } from './connection-config.ts';
import { createDialConnector } from './dial-connector.ts';
import { hopOf, parseServer } from './server-url.ts';
import { throttleTransport } from './throttle.ts';
import type { RateLimit } from './throttle.ts';
import type { Transport, TransportRequest, TransportResponse } from './transport.ts';
import { bodyError, transportError } from './transport-error.ts';

/** Limits of a transport, and by whom its bytes are carried. */
export interface TransportOptions {
  /** Connections for unary calls. @default 8 */
  readonly connections?: number;
  /** Time to establish a connection, ms. @default 10000 */
  readonly connectTimeoutMs?: number;
  /** Time a unary call may stay silent, and a watch may take to begin, ms. @default 60000 */
  readonly idleTimeoutMs?: number;
  /** Largest unary answer, bytes. @default 256 MiB */
  readonly maxBodyBytes?: number;
  /** Requests a second. @default no limit for unary calls; for watches 50 a second, 200 at once */
  readonly rateLimit?: RateLimit;
  /** Opens the byte stream to the server, below TLS, such as one through a tunnel. @default that of the configuration */
  readonly dial?: (host: string, port: number) => Promise<Duplex>;
  /** Waits go by it. @default the system's */
  readonly clock?: Clock;
  /** @default the system's */
  readonly random?: Random;
}

/**
 * A transport on undici: HTTP/1.1 keep-alive for unary calls, HTTP/2 where the server has it for watches,
 * each on a pool of its own. Answers of 429 that say when to come again are tried again.
 *
 * @throws {ApiError} `INVALID_CONFIG` when `server` is not an http(s) URL
 */
export function createTransport(config: ConnectionConfig, options: TransportOptions = {}): Transport {
  const { clock = systemClock, random = systemRandom, rateLimit } = options;
  return throttleTransport(createPlainTransport(config, options), { clock, random }, rateLimit);
}

function createPlainTransport(config: ConnectionConfig, options: TransportOptions): Transport {
  const { maxBodyBytes = 256 * 1024 * 1024 } = options;
  const { origin, basePath } = parseServer(config.server);
  const hop = hopOf(config);
  const { unary, streams } = createPools(origin, config, options);
  const userAgent = config.userAgent ?? 'clusternet-client';

  const sendOnce = async (request: TransportRequest, signal?: AbortSignal): Promise<TransportResponse> => {
    const own = await config.getHeaders?.(signal);
    const pool = request.stream === true ? streams : unary;
    const send = (): Promise<Dispatcher.ResponseData> =>
      pool.request({
        method: request.method,
        path: basePath + request.path,
        headers: { 'user-agent': userAgent, ...own, ...request.headers } as Record<string, string | string[]>,
        body: request.body ?? null,
        signal: signal ?? null,
      });
    const data = await send().catch((error: unknown) => {
      // A kept connection that the server closed in the same moment: safe to send a read again.
      const isStale = request.method === 'GET' && hasCode(error, 'UND_ERR_SOCKET', 'ECONNRESET');
      if (isStale && signal?.aborted !== true) return send();
      throw error;
    });
    if (data.statusCode === 401) config.onUnauthorized?.();
    return toResponse(data, hop, maxBodyBytes, signal);
  };

  return {
    hop,
    request: async (request, signal) => {
      try {
        return await sendOnce(request, signal);
      } catch (error) {
        throw transportError(error, hop, signal);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([unary.destroy(), streams.destroy()]);
    },
  };
}

function createPools(
  origin: string,
  config: ConnectionConfig,
  {
    connections = 8,
    connectTimeoutMs = 10_000,
    idleTimeoutMs = 60_000,
    dial = config.dial,
  }: TransportOptions,
): { readonly unary: Pool; readonly streams: Pool } {
  const connect = {
    ca: config.caPem,
    cert: config.certPem,
    key: config.keyPem,
    servername: config.serverName,
    rejectUnauthorized: config.insecureSkipVerify !== true,
    timeout: connectTimeoutMs,
  };
  const connector = dial === undefined ? connect : createDialConnector(dial, connect);
  const unary = new Pool(origin, {
    connections,
    allowH2: false,
    connect: connector,
    headersTimeout: idleTimeoutMs,
    bodyTimeout: idleTimeoutMs,
    keepAliveTimeout: 30_000,
  });
  // Not limited in connections: over HTTP/1.1 each watch holds one, and the informers bound their number. A watch
  // has to begin in time: over HTTP/2 that is what finds out that the shared connection is dead.
  const streams = new Pool(origin, {
    allowH2: dial === undefined,
    connect: connector,
    headersTimeout: idleTimeoutMs,
    bodyTimeout: 0,
  });
  return { unary, streams };
}

function toResponse(
  data: Dispatcher.ResponseData,
  hop: string,
  maxBodyBytes: number,
  signal: AbortSignal | undefined,
): TransportResponse {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(data.headers)) {
    if (value !== undefined) headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  const body = readBody(data.body, hop, signal);
  return {
    status: data.statusCode,
    headers,
    body,
    text: async () => {
      const chunks: Uint8Array[] = [];
      let sizeBytes = 0;
      for await (const chunk of body) {
        sizeBytes += chunk.length;
        if (sizeBytes > maxBodyBytes) {
          throw new ApiError('TOO_LARGE', `${hop} answered with more than ${maxBodyBytes} bytes`, { hop });
        }
        chunks.push(chunk);
      }
      return Buffer.concat(chunks).toString('utf8');
    },
  };
}

async function* readBody(
  body: AsyncIterable<Uint8Array>,
  hop: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk;
  } catch (error) {
    throw bodyError(error, hop, signal);
  }
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
