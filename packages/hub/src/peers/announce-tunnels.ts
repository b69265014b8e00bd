import type { TunnelSession } from '@clusternet/tunnel';
import type { TunnelRegistry } from '../tunnels/tunnel-registry.ts';

/** Tells a Go hub which agents are here, for as long as the link lives. */
export function announceTunnels(
  local: Pick<TunnelRegistry, 'candidate' | 'clusterIds' | 'onSession'>,
  session: Pick<TunnelSession, 'announce' | 'closed'>,
): void {
  /** By cluster, the number under which it was announced: Go wants the same one back. */
  const told = new Map<string, number>();
  let last = 0;
  const tell = (clusterId: string): void => {
    const number = told.get(clusterId);
    const isHere = local.candidate(clusterId) !== undefined;
    // Go splits at the first slash, and closes the link when a number does not follow.
    if (isHere === (number !== undefined) || clusterId.includes('/')) return;
    if (number !== undefined) {
      told.delete(clusterId);
      session.announce('removed', clusterId, number);
      return;
    }
    last += 1;
    told.set(clusterId, last);
    session.announce('added', clusterId, last);
  };
  const forget = local.onSession(tell);
  session.closed().then(forget, forget);
  for (const clusterId of local.clusterIds()) tell(clusterId);
}
