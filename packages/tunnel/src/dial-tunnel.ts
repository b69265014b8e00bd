import type { ClientRequest, IncomingMessage } from 'node:http';
import { errorText, isDeadlineError, withTimeout } from '@clusternet/runtime';
import { WebSocket } from 'ws';
import { closeOnAbort } from './accept-tunnel.ts';
import { TunnelError } from './errors.ts';
import type { TunnelErrorCode } from './errors.ts';
import {
  MAX_PAYLOAD_BYTES,
  TUNNEL_HEADER,
  TUNNEL_VERSION,
  getPeerVersion,
  getTunnelUrl,
} from './handshake.ts';
import { createSession } from './session.ts';
import type { SessionDeps, TunnelSession, TunnelSessionOptions } from './session.ts';
import type { TunnelStream } from './tunnel-stream.ts';

/** Where an agent dials, and as whom. */
export interface TunnelTarget {
  /** The parent's API server: `https://host[:port][/prefix]`. */
  readonly parentUrl: string;
  readonly clusterId: string;
  readonly token?: string;
  /** CAs that vouch for the parent. @default the system's */
  readonly caPem?: string;
  /** Name the parent's certificate must have. @default the host of `parentUrl` */
  readonly serverName?: string;
  /** Does not verify the parent at all. @default false */
  readonly insecureSkipVerify?: boolean;
}

export interface DialTunnelOptions extends TunnelSessionOptions {
  /** Time for connect, TLS and handshake together, ms. @default 10000 */
  readonly handshakeTimeoutMs?: number;
}

export interface DialTunnelDeps extends SessionDeps {
  /** Serves a stream that the hub opens; see `createStreamServer`. */
  readonly onStream: (stream: TunnelStream) => void;
}

/**
 * Agent: opens the tunnel to the hub through the parent's API server.
 *
 * @param signal - ends the handshake, and later the session, when it aborts
 * @throws {TunnelError} `REJECTED` for 401 and 403, `UNAVAILABLE` for 429 and 5xx, `HANDSHAKE_FAILED` for any
 *   other answer, `UNTRUSTED_CERTIFICATE`, `UNREACHABLE`, `TIMEOUT`
 */
export async function dialTunnel(
  deps: DialTunnelDeps,
  target: TunnelTarget,
  options: DialTunnelOptions,
  signal: AbortSignal,
): Promise<TunnelSession> {
  const { handshakeTimeoutMs = 10_000 } = options;
  const url = parseUrl(target);
  const hop = `agent → parent ${url.origin.replace(/^ws/, 'http')}`;
  let opened: OpenedSocket;
  try {
    opened = await withTimeout(handshakeTimeoutMs, signal, 'the handshake', (handshakeSignal) =>
      openSocket(url, target, hop, handshakeSignal),
    );
  } catch (cause) {
    if (!isDeadlineError(cause)) throw cause;
    throw new TunnelError('TIMEOUT', hop, cause.message, { cause });
  }
  const { websocket, answer } = opened;
  const session = createSession(
    deps,
    {
      role: 'dialler',
      hop,
      socket: answer.socket,
      isOwnPeer: getPeerVersion(answer.headers) !== undefined,
      onStream: deps.onStream,
    },
    websocket,
    options,
  );
  closeOnAbort(session, signal);
  return session;
}

interface OpenedSocket {
  readonly websocket: WebSocket;
  readonly answer: IncomingMessage;
}

function parseUrl(target: TunnelTarget): URL {
  try {
    return getTunnelUrl(target.parentUrl, target.clusterId);
  } catch (cause) {
    throw new TunnelError('INVALID_ADDRESS', 'agent → parent', `"${target.parentUrl}" is not a URL`, {
      cause,
    });
  }
}

function openSocket(url: URL, target: TunnelTarget, hop: string, signal: AbortSignal): Promise<OpenedSocket> {
  return new Promise((resolve, reject) => {
    const websocket = new WebSocket(url, createSocketOptions(url, target));
    let answer: IncomingMessage | undefined;
    const onAbort = (): void => websocket.terminate();
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const settle = (finish: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      finish();
    };
    websocket.on('upgrade', (response) => (answer = response));
    websocket.on('open', () => {
      settle(() => {
        websocket.pause(); // until the session listens
        if (answer !== undefined) resolve({ websocket, answer });
      });
    });
    websocket.on('unexpected-response', (request, response) => {
      readRefusal(request, response, hop, (error) => settle(() => reject(error)));
    });
    websocket.on('error', (cause) => {
      settle(() => reject(signal.aborted ? abortError(signal, hop) : toDialError(cause, hop)));
    });
  });
}

function abortError(signal: AbortSignal, hop: string): Error {
  return new TunnelError('CLOSED', hop, 'the dial was given up', { cause: signal.reason });
}

function createSocketOptions(url: URL, target: TunnelTarget): ConstructorParameters<typeof WebSocket>[2] {
  const isTls = url.protocol === 'wss:';
  return {
    perMessageDeflate: false,
    maxPayload: MAX_PAYLOAD_BYTES,
    followRedirects: false,
    headers: {
      [TUNNEL_HEADER]: String(TUNNEL_VERSION),
      'user-agent': 'clusternet-agent',
      ...(target.token === undefined ? {} : { authorization: `Bearer ${target.token}` }),
    },
    // Inside TLS the mask protects nobody; all zero, it costs nothing.
    ...(isTls ? { generateMask: (mask: Buffer) => mask.fill(0) } : {}),
    ...(target.caPem === undefined ? {} : { ca: target.caPem }),
    ...(target.serverName === undefined ? {} : { servername: target.serverName }),
    rejectUnauthorized: target.insecureSkipVerify !== true,
  };
}

const REFUSAL_BYTES = 4096;

/** Reads what the parent has to say, but not for long: its message is part of the error. */
function readRefusal(
  request: ClientRequest,
  response: IncomingMessage,
  hop: string,
  done: (error: TunnelError) => void,
): void {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const finish = (): void => {
    request.destroy();
    const status = response.statusCode ?? 0;
    done(
      new TunnelError(codeOfStatus(status), hop, `answered ${status}: ${messageOf(Buffer.concat(chunks))}`),
    );
  };
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes > REFUSAL_BYTES) finish();
  });
  response.once('end', finish);
  response.once('error', finish);
  response.once('aborted', finish);
}

function codeOfStatus(status: number): TunnelErrorCode {
  if (status === 401 || status === 403) return 'REJECTED';
  return status === 429 || status >= 500 ? 'UNAVAILABLE' : 'HANDSHAKE_FAILED';
}

function messageOf(body: Buffer): string {
  const text = body.toString('utf8').slice(0, REFUSAL_BYTES);
  try {
    const status: unknown = JSON.parse(text);
    if (typeof status === 'object' && status !== null && 'message' in status) return String(status.message);
  } catch {
    // Not a Status: the text as it is says more than the parse error.
  }
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 300);
}

const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET_ISSUER|VERIFY)|ALTNAME|HOSTNAME_MISMATCH/;

function toDialError(cause: Error, hop: string): TunnelError {
  const code = 'code' in cause ? String(cause.code) : '';
  if (UNTRUSTED.test(code)) {
    const text = `its certificate is not trusted: ${cause.message}; give the agent the CA of the parent`;
    return new TunnelError('UNTRUSTED_CERTIFICATE', hop, text, { cause });
  }
  const isSystem = 'syscall' in cause || code.startsWith('E');
  return new TunnelError(isSystem ? 'UNREACHABLE' : 'HANDSHAKE_FAILED', hop, errorText(cause), { cause });
}
