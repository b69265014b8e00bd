import type { Clock, Logger, Metrics, Random } from '@clusternet/runtime';
import { backoffMs } from '@clusternet/runtime';
import {
  createDialPolicy,
  createLegMemory,
  createStreamServer,
  dialTcp,
  dialTunnel,
  isTunnelError,
  runTunnel,
} from '@clusternet/tunnel';
import type {
  Dial,
  DialTunnelDeps,
  DialTunnelOptions,
  TunnelSession,
  TunnelState,
  TunnelTarget,
} from '@clusternet/tunnel';

/** What the parent is shown, and how the parent is known. */
export interface TunnelCredential {
  readonly token: string;
  /** PEM of the CAs of the parent. Absent: the system's. */
  readonly caPem?: string;
  readonly serverName?: string;
  /** Trusts any parent, as `--cluster-reg-insecure` asks. */
  readonly insecureSkipVerify?: boolean;
}

export interface AgentTunnelDeps {
  /** `https://host[:port][/prefix]` of the parent's API server. */
  readonly parentUrl: string;
  readonly clusterId: string;
  /** Asked before every dial, so that a rotated token counts. */
  readonly getCredential: (signal: AbortSignal) => Promise<TunnelCredential> | TunnelCredential;
  /** The child's API server as it is advertised to the hub: where streams may lead. */
  readonly childUrl: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface AgentTunnelOptions extends DialTunnelOptions {
  /** `host:port` where streams may lead beside the child's API server; `*` for any host or port. @default none */
  readonly allowList?: readonly string[];
  /** Connects to a target. @default TCP */
  readonly dial?: Dial;
  /** Opens the TCP connection to the parent, such as one through a proxy. @default directly */
  readonly dialParent?: TunnelTarget['dial'];
  /** What performs the hub's requests. Without it every stream is raw. */
  readonly requests?: DialTunnelDeps['requests'];
  /** Told of each stream of the hub that led nowhere, and why. */
  readonly onRefused?: (code: string) => void;
  /** Told of every change: a live session, or why there is none. */
  readonly onState?: (state: TunnelState) => void;
}

/** A refused credential is tried again: it may be renewed, and the rule that lets it in may come late. */
const REFUSED_WAIT = { baseMs: 5000, maxMs: 30_000, factor: 2, jitter: 0.5 };

/**
 * Keeps this cluster's tunnel to its parent open until `signal` aborts. Never gives up: also a refused credential
 * is read again and tried again, less often.
 */
export async function runAgentTunnel(
  deps: AgentTunnelDeps,
  options: AgentTunnelOptions,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, log } = deps;
  const meters = createMeters(deps.metrics);
  const {
    onState: tell,
    dial: dialTarget = dialTcp,
    allowList = [],
    requests,
    dialParent,
    onRefused,
    ...dialOptions
  } = options;
  const legs = createLegMemory(clock);
  const own = getDialAddress(deps.childUrl);
  const policy = createDialPolicy(() => [...(own === undefined ? [] : [own]), ...allowList], 'agent');
  const onStream = createStreamServer(
    { policy, dial: dialTarget, clock, log, ...(onRefused === undefined ? {} : { onRefused }) },
    signal,
  );
  let refusals = 0;
  const onState = (state: TunnelState): void => {
    meters.connected.set(state.kind === 'connected' ? 1 : 0);
    if (state.kind === 'connected') refusals = 0;
    tell?.(state);
  };
  const dial = async (dialSignal: AbortSignal): Promise<TunnelSession> => {
    const credential = await deps.getCredential(dialSignal);
    const { parentUrl, clusterId } = deps;
    try {
      const way = dialParent === undefined ? {} : { dial: dialParent };
      const target = { parentUrl, clusterId, ...credential, ...way };
      const session = await dialTunnel(
        { onStream, clock, log, legs, ...(requests === undefined ? {} : { requests }) },
        target,
        dialOptions,
        dialSignal,
      );
      meters.dials.add(1, { result: 'OK' });
      return session;
    } catch (error) {
      meters.dials.add(1, { result: isTunnelError(error) ? error.code : 'FAILED' });
      throw error;
    }
  };
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    try {
      await runTunnel({ dial, clock, random, log }, { onState }, signal);
    } catch (error) {
      if (isOver()) return;
      if (!isTunnelError(error, 'REJECTED')) throw error;
      refusals += 1;
      const retryMs = backoffMs(refusals, random.next(), REFUSED_WAIT);
      log.warn('tunnel refused', { error, refusals, retryMs });
      onState({ kind: 'disconnected', error, failures: refusals, retryMs });
      await clock.sleep(retryMs, signal);
    }
  }
}

/**
 * The address that a hub dials for a URL.
 *
 * @returns `host:port`, IPv6 in brackets; `undefined` for what is not an http(s) URL
 */
export function getDialAddress(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') return undefined;
  return `${hostname}:${port === '' ? (protocol === 'https:' ? '443' : '80') : port}`;
}

function createMeters(metrics: Metrics) {
  return {
    connected: metrics.gauge({
      name: 'clusternet_agent_tunnel_connected_count',
      help: 'Whether the tunnel to the parent is open',
    }),
    dials: metrics.counter({
      name: 'clusternet_agent_tunnel_dials_total',
      help: 'Dials of the tunnel by result',
      labelNames: ['result'],
    }),
  };
}
