/**
 * The environment that tests against Go peers of the tunnel want, from what `e2e/assets/provide.ts` printed.
 * @returns {Record<string, string> | undefined} undefined when one of them is missing
 */
export function goTunnelPeers(output) {
  const find = (name) => new RegExp(`^${name}\\s+\\S+\\s+(\\S+) \\(`, 'm').exec(output)?.[1];
  const old = find('tunnel-go-peer');
  const newest = find('tunnel-go-peer-new');
  if (old === undefined || newest === undefined) return undefined;
  return { CLUSTERNET_GO_TUNNEL_PEER: old, CLUSTERNET_GO_TUNNEL_PEER_NEW: newest };
}
