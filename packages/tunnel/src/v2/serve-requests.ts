import type { Clock, Logger } from '@clusternet/runtime';
import { errorText } from '@clusternet/runtime';
import { isIP } from 'node:net';
import type { RequestHead, ResetCode, V2Stream } from '@clusternet/tunnel-protocol';
import { Pool } from 'undici';
import { Http1Pool } from '../http1/http1-pool.ts';
import type { Http1Target } from '../http1/connection.ts';
import type { ExchangeHooks } from '../http1/exchange.ts';
import { performRequest } from './perform-request.ts';

/** The name of the one target of agents: the API server of the cluster they run in. */
export const API_SERVER_TARGET = 'apiserver';

/** How the API server is reached and known. */
export interface ApiServerAddress {
  /** `https://host[:port][/prefix]` */
  readonly server: string;
  /** @default the system's CAs */
  readonly caPem?: string | undefined;
  /** Name its certificate must have. @default the host of `server` */
  readonly serverName?: string | undefined;
  /** @default false */
  readonly insecureSkipVerify?: boolean | undefined;
}

export interface RequestServerOptions {
  /** Kept connections to the API server for requests that end. @default 128 */
  readonly connections?: number;
  /** Connections for watches: each carries up to a hundred over HTTP/2. @default 64 */
  readonly watchConnections?: number;
  /** Requests under way or waiting for a connection, also those that nobody wants any more. @default 8192 */
  readonly maxRequests?: number;
  /** Characters of the heads of those requests together. @default 32 Mi */
  readonly maxHeadChars?: number;
  /** Time to connect, ms. @default 10000 */
  readonly connectTimeoutMs?: number;
}

export interface RequestServerDeps {
  readonly connection: ApiServerAddress;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of each request that got no answer of the API server, or only a part of one, and why. */
  readonly onRefused?: (code: ResetCode) => void;
}

/** Performs what hubs ask of this cluster's API server. Disposing of it closes its connections. */
export interface RequestServer extends AsyncDisposable {
  readonly targets: readonly string[];
  readonly serve: (stream: V2Stream) => void;
}

/**
 * Creates what performs requests on connections of its own, verified with the agent's own CA. It adds no identity:
 * a request without a credential goes out anonymous.
 */
export function createRequestServer(
  deps: RequestServerDeps,
  options: RequestServerOptions = {},
): RequestServer {
  const { connections = 128, watchConnections = 64, connectTimeoutMs = 10_000 } = options;
  const { maxRequests = 8192, maxHeadChars = 32 * 1024 * 1024 } = options;
  let requests = 0;
  let headChars = 0;
  const { connection } = deps;
  const refuse = (stream: V2Stream, code: ResetCode, message: string): void => {
    deps.onRefused?.(code);
    stream.reset(code, message);
  };
  const url = new URL(connection.server);
  const { origin } = url;
  // Neither the certificate nor the token that the agent itself logs in with.
  const trust = {
    ...(connection.caPem === undefined ? {} : { ca: connection.caPem }),
    rejectUnauthorized: connection.insecureSkipVerify !== true,
  };
  const { serverName } = connection;
  const unary = new Http1Pool(
    { target: toTarget(url, { ...trust, serverName }), clock: deps.clock },
    { connections, connectTimeoutMs, keepMs: KEEP_MS },
  );
  const watches = new Pool(origin, {
    connect: { ...trust, servername: serverName, timeout: connectTimeoutMs },
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_MS,
    connections: watchConnections,
    allowH2: true,
  });
  return {
    targets: [API_SERVER_TARGET],
    serve: (stream) => {
      const head = stream.head as RequestHead; // the session tells requests from connects
      if (head.target !== API_SERVER_TARGET) {
        refuse(stream, 'NOT_ALLOWED', `this agent serves no target ${JSON.stringify(head.target)}`);
        return;
      }
      // A stream that is reset is gone at once, its place in the queue for a connection is not: a hub that opens and
      // resets without end must not fill it.
      if (requests >= maxRequests) {
        refuse(stream, 'OVERLOADED', `${requests} requests wait for ${origin}`);
        return;
      }
      const chars = countChars(head);
      if (headChars + chars > maxHeadChars) {
        refuse(stream, 'OVERLOADED', `${headChars} characters of heads of requests wait for ${origin}`);
        return;
      }
      requests += 1;
      headChars += chars;
      const hooks: ExchangeHooks = {
        onError: (error, wasAnswered) => {
          const code = codeOf(error, wasAnswered);
          deps.log.debug('request not served', { method: head.method, code, error: errorText(error) });
          refuse(stream, code, `agent → ${origin}: ${errorText(error)}`);
        },
        onOver: () => {
          requests -= 1;
          headChars -= chars;
        },
      };
      if (stream.serviceClass === 'watch') performRequest(watches, head, stream, hooks);
      else unary.perform(stream, hooks);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([unary[Symbol.asyncDispose](), watches.destroy()]);
    },
  };
}

const KEEP_MS = 30_000;

function countChars({ method, path, fields }: RequestHead): number {
  let chars = method.length + path.length;
  for (const text of fields) chars += text.length;
  return chars;
}

function toTarget(
  url: URL,
  trust: {
    readonly ca?: string;
    readonly rejectUnauthorized: boolean;
    readonly serverName: string | undefined;
  },
): Http1Target {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const isTls = url.protocol === 'https:';
  const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port);
  if (!isTls) return { host, port };
  const { serverName, ...rest } = trust;
  // An address is no name that a client may send.
  const servername = serverName ?? (isIP(host) === 0 ? host : undefined);
  return { host, port, tls: { ...rest, ...(servername === undefined ? {} : { servername }) } };
}

const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET_ISSUER|VERIFY)|ALTNAME|HOSTNAME_MISMATCH/;
const NOT_CONNECTED = /^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;

function codeOf(error: Error, wasAnswered: boolean): ResetCode {
  const code = 'code' in error ? String(error.code) : '';
  if (wasAnswered) return 'BROKEN';
  if (UNTRUSTED.test(code)) return 'UNTRUSTED';
  if (NOT_CONNECTED.test(code)) return 'DIAL_FAILED';
  if (code === 'CONNECT_TIMEOUT' || code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT')
    return 'TIMED_OUT';
  if (code === 'MALFORMED_REQUEST' || code === 'UND_ERR_INVALID_ARG') return 'MALFORMED';
  return 'BROKEN';
}
