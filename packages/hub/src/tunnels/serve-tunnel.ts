import type { Duplex } from 'node:stream';
import type { Clock, Logger, Metrics, Random } from '@clusternet/runtime';
import { errorText } from '@clusternet/runtime';
import { acceptTunnel } from '@clusternet/tunnel';
import type { AcceptTunnelOptions, UpgradeRequest } from '@clusternet/tunnel';
import type { TunnelRegistry } from './tunnel-registry.ts';

export interface ServeTunnelDeps {
  readonly registry: TunnelRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Serves the tunnel of one cluster on an upgrade that passed authorization; settles when it is open, or failed to. */
export type ServeTunnel = (
  clusterId: string,
  upgrade: UpgradeRequest & { readonly socket: Duplex },
  signal: AbortSignal,
) => Promise<void>;

/** As the Go hub has them: one minute to eleven days, in seconds. */
const LIFETIME_BUCKETS: readonly number[] = [60, 240, 960, 3840, 15360, 61440, 245760, 983040];

/** Creates what answers `GET …/sockets/<id>`. A handshake that fails is answered here, and is no error. */
export function createServeTunnel(deps: ServeTunnelDeps, options: AcceptTunnelOptions = {}): ServeTunnel {
  const { registry, clock, random, log, metrics } = deps;
  const count = metrics.gauge({
    name: 'clusternet_socket_connections_count',
    help: 'Tunnels of agents that are open or opening',
  });
  const lifetimes = metrics.histogram({
    name: 'clusternet_socket_connections_duration_seconds',
    help: 'How long tunnels of agents lived',
    buckets: LIFETIME_BUCKETS,
  });
  return async (clusterId, upgrade, signal) => {
    const startedMs = clock.monotonicMs();
    count.add(1);
    const end = (error: unknown): void => {
      log.info('tunnel ended', { cluster: clusterId, error: errorText(error) });
      count.add(-1);
      lifetimes.observe((clock.monotonicMs() - startedMs) / 1000);
    };
    try {
      const sessionId = String(Math.floor(random.next() * Number.MAX_SAFE_INTEGER));
      const session = await acceptTunnel({ clock, log, clusterId, sessionId }, upgrade, options, signal);
      registry.add(clusterId, session);
      // Not awaited: thousands of tunnels would each hold on to their request and all that waits with it.
      void session.closed().then(() => end('closed here'), end);
    } catch (error) {
      end(error);
    }
  };
}
