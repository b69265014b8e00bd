import type { Logger } from '@clusternet/runtime';
import { errorText } from '@clusternet/runtime';
import type { RequestHead, ResetCode, V2Stream } from '@clusternet/tunnel-protocol';
import { Pool } from 'undici';
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
  /** Time to connect, ms. @default 10000 */
  readonly connectTimeoutMs?: number;
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
  deps: { readonly connection: ApiServerAddress; readonly log: Logger },
  options: RequestServerOptions = {},
): RequestServer {
  const { connections = 128, watchConnections = 64, connectTimeoutMs = 10_000 } = options;
  const { maxRequests = 8192 } = options;
  let requests = 0;
  const { connection } = deps;
  const { origin } = new URL(connection.server);
  // Neither the certificate nor the token that the agent itself logs in with.
  const connect = {
    ca: connection.caPem,
    servername: connection.serverName,
    rejectUnauthorized: connection.insecureSkipVerify !== true,
    timeout: connectTimeoutMs,
  };
  const common = { connect, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 30_000 };
  const unary = new Pool(origin, { ...common, connections, allowH2: false });
  const watches = new Pool(origin, { ...common, connections: watchConnections, allowH2: true });
  return {
    targets: [API_SERVER_TARGET],
    serve: (stream) => {
      const head = stream.head as RequestHead; // the session tells requests from connects
      if (head.target !== API_SERVER_TARGET) {
        stream.reset('NOT_ALLOWED', `this agent serves no target ${JSON.stringify(head.target)}`);
        return;
      }
      // A stream that is reset is gone at once, its place in the queue for a connection is not: a hub that opens and
      // resets without end must not fill it.
      if (requests >= maxRequests) {
        stream.reset('OVERLOADED', `${requests} requests wait for ${origin}`);
        return;
      }
      requests += 1;
      const pool = stream.serviceClass === 'watch' ? watches : unary;
      const onError = (error: Error, wasAnswered: boolean): void => {
        const code = codeOf(error, wasAnswered);
        deps.log.debug('request not served', { method: head.method, code, error: errorText(error) });
        stream.reset(code, `agent → ${origin}: ${errorText(error)}`);
      };
      performRequest(pool, head, stream, onError, () => {
        requests -= 1;
      });
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([unary.destroy(), watches.destroy()]);
    },
  };
}

const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET_ISSUER|VERIFY)|ALTNAME|HOSTNAME_MISMATCH/;
const NOT_CONNECTED = /^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;

function codeOf(error: Error, wasAnswered: boolean): ResetCode {
  const code = 'code' in error ? String(error.code) : '';
  if (wasAnswered) return 'BROKEN';
  if (UNTRUSTED.test(code)) return 'UNTRUSTED';
  if (NOT_CONNECTED.test(code)) return 'DIAL_FAILED';
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return 'TIMED_OUT';
  if (code === 'UND_ERR_INVALID_ARG') return 'MALFORMED';
  return 'BROKEN';
}
