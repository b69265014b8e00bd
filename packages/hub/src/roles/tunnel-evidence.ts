import type { Clock } from '@clusternet/runtime';
import type { TunnelEvidence } from '../lifecycle/plan-lifecycle.ts';
import type { TunnelEvidenceSource } from '../lifecycle/lifecycle-controller.ts';
import type { TunnelRegistry } from '../tunnels/tunnel-registry.ts';

/** After a start of the hub, agents have so long to come back before they count as silent, ms. */
const RETURN_MS = 15_000;

/** What the lifecycle wants to know, from the tunnels of this process. */
export function createTunnelEvidence(registry: TunnelRegistry, clock: Clock): TunnelEvidenceSource {
  const startMs = clock.nowMs();
  return {
    get: (clusterId): TunnelEvidence | undefined => {
      const { connected, lastSeenMs, reason } = registry.get(clusterId);
      if (connected) return { isConnected: true, sinceMs: lastSeenMs ?? startMs };
      if (reason !== 'NeverConnected') return { isConnected: false, sinceMs: lastSeenMs ?? startMs };
      return clock.nowMs() - startMs < RETURN_MS ? undefined : { isConnected: false, sinceMs: startMs };
    },
    subscribe: (listener) => registry.onChange(listener),
  };
}
