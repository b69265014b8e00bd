export { runHub } from './run-hub.ts';
export type { ClusterApiOptions } from './cluster-api/run-cluster-api.ts';
export type { HubDeps, HubOptions, HubRole } from './run-hub.ts';
export { createTunnelRegistry } from './tunnels/tunnel-registry.ts';
export type {
  TunnelCandidate,
  TunnelEvidence,
  TunnelListener,
  TunnelReason,
  TunnelRegistry,
  TunnelRegistryDeps,
  TunnelRegistryOptions,
} from './tunnels/tunnel-registry.ts';
export { createClusterProxy } from './proxy/cluster-proxy.ts';
export type {
  ClusterProxy,
  ClusterProxyDeps,
  ClusterProxyOptions,
  GetClusterTarget,
} from './proxy/cluster-proxy.ts';
export type { ClusterTarget } from './proxy/open-target.ts';
export { createDelegatedAuth } from './aggregated/delegated-auth.ts';
export type { ApiAuth, DelegatedAuthDeps } from './aggregated/delegated-auth.ts';
export { runAggregatedApi } from './aggregated/run-aggregated-api.ts';
export type { AggregatedApiDeps, AggregatedApiOptions } from './aggregated/run-aggregated-api.ts';
export { createPeers } from './peers/run-peers.ts';
export type { Peers, PeersDeps, PeersOptions } from './peers/run-peers.ts';
export { joinRegistries } from './peers/join-registries.ts';
export type { TunnelDirectory } from './peers/join-registries.ts';
