import type { Clock } from '@clusternet/runtime';
import type { TunnelDirectory } from '../peers/join-registries.ts';
import type { TunnelEvidence } from '../lifecycle/plan-lifecycle.ts';
import type { TunnelEvidenceSource } from '../lifecycle/lifecycle-controller.ts';

/** After a start of the hub, agents have so long to come back before they count as silent, ms. */
const RETURN_MS = 15_000;

/**
 * What the lifecycle wants to know, from the tunnels of this process and of its peers.
 * @param isBlind - whether there may be tunnels that nobody has told of yet: then absence says nothing
 */
export function createTunnelEvidence(
  tunnels: TunnelDirectory,
  isBlind: () => boolean,
  clock: Clock,
): TunnelEvidenceSource {
  const startMs = clock.nowMs();
  return {
    get: (clusterId): TunnelEvidence | undefined => {
      const { connected, lastSeenMs, reason } = tunnels.get(clusterId);
      if (connected) return { isConnected: true, sinceMs: lastSeenMs ?? startMs };
      if (reason !== 'NeverConnected') return { isConnected: false, sinceMs: lastSeenMs ?? startMs };
      if (isBlind()) return undefined;
      return clock.nowMs() - startMs < RETURN_MS ? undefined : { isConnected: false, sinceMs: startMs };
    },
    subscribe: (listener) => tunnels.onChange(listener),
  };
}
