// What bundles for browsers get in place of index.ts: the same, without what only Node has.
export { ApiError, isApiError, isNamespaceTerminating, isTransient } from './errors.ts';
export type { ApiErrorCode, ApiErrorOptions, StatusCause } from './errors.ts';
export type { HttpMethod, Transport, TransportRequest, TransportResponse } from './transport.ts';
export { bearerHeaders } from './connection-config.ts';
export type { ConnectionConfig } from './connection-config.ts';
export { resourcePath } from './resource.ts';
export type {
  DeleteOptions,
  ListOptions,
  ObjectList,
  ObjectRef,
  PatchKind,
  PatchOptions,
  ResourceRef,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './resource.ts';
export type { RestRequest } from './rest.ts';
export { createKubeClient, resourceRef } from './kube-client.ts';
export type { KubeClient, ResourceClient } from './kube-client.ts';
export { createDiscovery } from './discovery.ts';
export type { Discovery } from './discovery.ts';
export { runReflector } from './reflector.ts';
export type { ReflectorDeps, ReflectorOptions, ReflectorSink } from './reflector.ts';
export { childClusterConfig } from './child-cluster.ts';
export type { ChildCredential, ChildImpersonation } from './child-cluster.ts';
export { clusternetRef } from './clusternet-ref.ts';
export { createFleet } from './fleet/browser-fleet.ts';
export type { BrowserFleetOptions } from './fleet/browser-fleet.ts';
export { createFetchTransport } from './fetch-transport.ts';
export type { FetchTransportOptions } from './fetch-transport.ts';
export type { CredentialSource, Fleet, FleetOptions } from './fleet/fleet.ts';
export type {
  AcrossClient,
  AcrossEvent,
  AcrossKind,
  AcrossList,
  AcrossListOptions,
  AcrossOptions,
  ClusterAnswer,
} from './across/across.ts';
export type { ClusterName } from './across/cluster-name.ts';
export type { ClusterClient, ObjectsClient } from './fleet/cluster-client.ts';
export type { CollectOptions, CommandResult } from './streams/run-command.ts';
export type { ExecOutput, ExecSession } from './streams/exec.ts';
export type { LogOptions } from './streams/follow-log.ts';
export type { PortStream } from './streams/port-forward.ts';
export type { ExecOptions, PodsClient, RunOptions } from './streams/pods-client.ts';
export type { FollowEvent, FollowOptions } from './fleet/follow.ts';
export type { KindClient } from './fleet/kind-client.ts';
export type { ClusternetKinds, KindName } from './fleet/kinds.ts';
export { findCluster, isClusterId } from './fleet/find-cluster.ts';
export { toShadowUrl } from './shadow-path.ts';
