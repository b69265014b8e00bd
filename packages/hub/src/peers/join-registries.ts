import type { TunnelSession } from '@clusternet/tunnel';
import type { TunnelEvidence, TunnelListener, TunnelRegistry } from '../tunnels/tunnel-registry.ts';
import { preferCandidate } from './remote-tunnels.ts';
import type { RemoteTunnels } from './remote-tunnels.ts';

/** The tunnels of the whole installation, as far as they can be reached from here. */
export interface TunnelDirectory {
  /** The newest session that works, wherever it is. */
  pick(clusterId: string): TunnelSession | undefined;
  get(clusterId: string): TunnelEvidence;
  /** Told of changes of a cluster's evidence; now and then also when nothing has changed. Returns how to stop listening. */
  onChange(listener: TunnelListener): () => void;
}

/**
 * Makes one of the tunnels of this process and those of its peers. Over all of them the newest session that works is
 * taken, as within one.
 *
 * @param local - undefined in a process that takes no agents
 * @param remote - undefined in one without peers
 */
export function joinRegistries(
  local: TunnelRegistry | undefined,
  remote: RemoteTunnels | undefined,
): TunnelDirectory {
  const get = (clusterId: string): TunnelEvidence => {
    const here = local?.get(clusterId);
    const there = remote?.get(clusterId);
    if (here === undefined || there === undefined) return here ?? there ?? NEVER;
    if (here.connected !== there.connected) return here.connected ? here : there;
    return (there.lastSeenMs ?? 0) > (here.lastSeenMs ?? 0) ? there : here;
  };
  return {
    pick: (clusterId) => preferCandidate(local?.candidate(clusterId), remote?.candidate(clusterId))?.session,
    get,
    onChange: (listener) => {
      const tell = (clusterId: string): void => listener(clusterId, get(clusterId));
      const forget = [local?.onChange(tell), remote?.onChange(tell)];
      return () => {
        for (const stop of forget) stop?.();
      };
    },
  };
}

const NEVER: TunnelEvidence = {
  connected: false,
  lastSeenMs: undefined,
  reason: 'NeverConnected',
  message: 'its agent has not connected to any hub that can be reached from here',
};
