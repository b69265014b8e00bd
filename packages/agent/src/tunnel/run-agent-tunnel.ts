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
import { createTunnelWays } from './tunnel-ways.ts';
import type { TunnelWaysDeps } from './tunnel-ways.ts';

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
  /** Where hubs can be reached without the parent's kube-apiserver, asked before every dial. @default nowhere */
  readonly readHubAddress?: TunnelWaysDeps['readAddress'];
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
  /** The same to an address of hubs themselves. @default directly */
  readonly dialHub?: (url: string) => TunnelTarget['dial'] | undefined;
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
    dialHub,
    onRefused,
    ...dialOptions
  } = options;
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
  /** One way to a hub, with a memory of its own of what passes on it. */
  const createDial = (way: 'hub' | 'parent') => {
    const legs = createLegMemory(clock);
    return async (
      toTarget: (credential: TunnelCredential) => Omit<TunnelTarget, 'clusterId'>,
      dialSignal: AbortSignal,
    ): Promise<TunnelSession> => {
      const target = { ...toTarget(await deps.getCredential(dialSignal)), clusterId: deps.clusterId };
      try {
        const session = await dialTunnel(
          { onStream, clock, log, legs, ...(requests === undefined ? {} : { requests }) },
          target,
          dialOptions,
          dialSignal,
        );
        meters.dials.add(1, { way, result: 'OK' });
        return session;
      } catch (error) {
        meters.dials.add(1, { way, result: isTunnelError(error) ? error.code : 'FAILED' });
        throw error;
      }
    };
  };
  const [throughParent, directly] = [createDial('parent'), createDial('hub')];
  const ways = createTunnelWays(
    {
      clock,
      random,
      log,
      readAddress: deps.readHubAddress ?? (() => Promise.resolve(undefined)),
      dialParent: (dialSignal) =>
        throughParent(
          (credential) => ({ parentUrl: deps.parentUrl, ...credential, ...dialOf(dialParent) }),
          dialSignal,
        ),
      dialHub: ({ url, caPem }, dialSignal) =>
        directly(
          // Verified by what the parent said of it, whatever holds for the parent itself.
          ({ token }) => ({
            parentUrl: url,
            token,
            hop: `agent → hub ${new URL(url).origin}`,
            ...(caPem === undefined ? {} : { caPem }),
            ...dialOf(dialHub?.(url)),
          }),
          dialSignal,
        ),
    },
    signal,
  );
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    try {
      await runTunnel({ ...ways, clock, random, log }, { onState }, signal);
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

function dialOf(dial: TunnelTarget['dial']): Pick<TunnelTarget, 'dial'> {
  return dial === undefined ? {} : { dial };
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
      help: 'Dials of the tunnel by their way, through the parent or to a hub itself, and their result',
      labelNames: ['way', 'result'],
    }),
  };
}
