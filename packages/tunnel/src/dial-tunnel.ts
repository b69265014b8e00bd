import type { Socket } from 'node:net';
import type { Clock } from '@clusternet/runtime';
import { isDeadlineError, withTimeout } from '@clusternet/runtime';
import type { Hello, V2Stream } from '@clusternet/tunnel-protocol';
import { closeOnAbort } from './accept-tunnel.ts';
import { TunnelError, isTunnelError } from './errors.ts';
import { getPeerVersion, getTunnelUrl } from './handshake.ts';
import { openUpgrade } from './open-upgrade.ts';
import { openWebSocket } from './open-websocket.ts';
import { createSession } from './session.ts';
import type { SessionDeps, TunnelSessionOptions } from './session.ts';
import type { TunnelByteStream, TunnelSession } from './tunnel-session.ts';
import { createSocketTransport, createWebSocketTransport } from './v2/transport.ts';
import type { V2Transport } from './v2/transport.ts';
import { createV2TunnelSession } from './v2/v2-session.ts';

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
  /** Opens the TCP connection, below TLS, such as one through a proxy. @default directly */
  readonly dial?: (host: string, port: number, signal: AbortSignal) => Promise<Socket>;
  /** Path to ask for, behind that of `parentUrl`. @default that of the cluster's tunnel */
  readonly path?: string;
  /** More headers of the handshake. Never logged. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Who is at both ends, for errors and logs. @default agent → parent and its address */
  readonly hop?: string;
  /** What this side calls itself. @default clusternet-agent */
  readonly software?: string;
}

export interface DialTunnelOptions extends TunnelSessionOptions {
  /** Time for connect, TLS and handshake together, ms. @default 10000 */
  readonly handshakeTimeoutMs?: number;
  /** The highest version to speak. @default 2 */
  readonly maxVersion?: 1 | 2;
  /** Does not ask for a plain upgrade. @default false */
  readonly isWebSocketOnly?: boolean;
  /** Offers nothing but raw streams, so that the hub talks TLS to the child itself. @default false */
  readonly isEndToEnd?: boolean;
}

export interface DialTunnelDeps extends SessionDeps {
  /** Serves a stream that the hub opens; see `createStreamServer`. */
  readonly onStream: (stream: TunnelByteStream) => void;
  /** Targets that requests of the hub may name, and what performs them. Without it every stream is raw. */
  readonly requests?: { readonly targets: readonly string[]; readonly serve: (stream: V2Stream) => void };
  /** Which way worked last. Without it every dial tries the plain upgrade first. */
  readonly legs?: LegMemory;
}

/** Remembers for a while that a plain upgrade does not pass, so that not every dial asks twice. */
export interface LegMemory {
  readonly isUpgradeRefused: boolean;
  refuseUpgrade(): void;
}

const REFUSED_FOR_MS = 600_000;

export function createLegMemory(clock: Clock): LegMemory {
  let untilMs = -Infinity;
  return {
    get isUpgradeRefused() {
      return clock.monotonicMs() < untilMs;
    },
    refuseUpgrade: () => {
      untilMs = clock.monotonicMs() + REFUSED_FOR_MS;
    },
  };
}

/**
 * Agent: opens the tunnel to the hub through the parent's API server. A plain upgrade to version 2 is asked for
 * first; where that does not pass, a websocket, whose answer tells whether the hub speaks version 2 in it.
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
  const { hop = `agent → parent ${url.origin.replace(/^ws/, 'http')}` } = target;
  try {
    const session = await withTimeout(handshakeTimeoutMs, signal, 'the handshake', (handshakeSignal) =>
      openSession(deps, { url, target, hop }, options, handshakeSignal),
    );
    closeOnAbort(session, signal);
    return session;
  } catch (cause) {
    if (!isDeadlineError(cause)) throw cause;
    throw new TunnelError('TIMEOUT', hop, cause.message, { cause });
  }
}

interface Way {
  readonly url: URL;
  readonly target: TunnelTarget;
  readonly hop: string;
}

async function openSession(
  deps: DialTunnelDeps,
  way: Way,
  options: DialTunnelOptions,
  signal: AbortSignal,
): Promise<TunnelSession> {
  const { maxVersion = 2, isWebSocketOnly = false } = options;
  const { url, target, hop } = way;
  if (maxVersion === 2 && !isWebSocketOnly && deps.legs?.isUpgradeRefused !== true) {
    const transport = await tryUpgrade(deps, way, signal);
    if (transport !== undefined) return startV2(deps, way, transport, options);
  }
  const { websocket, answer } = await openWebSocket(url, { ...target, version: maxVersion }, hop, signal);
  const version = getPeerVersion(answer.headers);
  if (version === 2 && maxVersion === 2) {
    return startV2(deps, way, createWebSocketTransport(websocket, answer.socket), options);
  }
  return createSession(
    deps,
    {
      role: 'dialler',
      hop,
      socket: answer.socket,
      isOwnPeer: version !== undefined,
      onStream: deps.onStream,
    },
    websocket,
    options,
  );
}

/** Answers that are about the caller or the moment, not about the protocol: a websocket would get them too. */
const FINAL: ReadonlySet<number> = new Set([401, 403, 429, 503]);

/** @returns undefined where only a websocket may pass */
async function tryUpgrade(
  deps: DialTunnelDeps,
  { url, target, hop }: Way,
  signal: AbortSignal,
): Promise<V2Transport | undefined> {
  try {
    const result = await openUpgrade(url, target, hop, signal);
    if (result.kind === 'upgraded') return createSocketTransport(result.socket, result.head);
    const { status, error } = result.refusal;
    if (FINAL.has(status)) throw error;
    deps.log.info('no plain upgrade on this way; trying a websocket', { hop, status });
  } catch (error) {
    // Some proxies break a connection whose upgrade they do not know.
    const isBroken = isTunnelError(error, 'UNREACHABLE') && /ECONNRESET|EPIPE/.test(error.message);
    if (!isBroken && !isTunnelError(error, 'HANDSHAKE_FAILED')) throw error;
    deps.log.info('a plain upgrade broke on this way; trying a websocket', { hop, error });
  }
  deps.legs?.refuseUpgrade();
  return undefined;
}

function startV2(
  deps: DialTunnelDeps,
  { hop, target: { software = 'clusternet-agent' } }: Way,
  transport: V2Transport,
  options: DialTunnelOptions,
): TunnelSession {
  const { requests } = deps;
  const isEndToEnd = options.isEndToEnd === true || requests === undefined;
  const hello: Hello = {
    targets: isEndToEnd ? [] : requests.targets,
    software,
    isEndToEnd,
  };
  return createV2TunnelSession(
    deps,
    {
      role: 'dialler',
      hop,
      transport,
      hello,
      onStream: deps.onStream,
      ...(isEndToEnd ? {} : { onRequest: requests.serve }),
    },
    options,
  );
}

function parseUrl(target: TunnelTarget): URL {
  try {
    return getTunnelUrl(target.parentUrl, target.clusterId, target.path);
  } catch (cause) {
    throw new TunnelError('INVALID_ADDRESS', 'agent → parent', `"${target.parentUrl}" is not a URL`, {
      cause,
    });
  }
}
