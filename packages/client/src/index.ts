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
export type { ChildCredential } from './child-cluster.ts';
export { clusternetRef } from './clusternet-ref.ts';
export { findCluster, isClusterId } from './fleet/find-cluster.ts';
export { toShadowUrl } from './shadow-path.ts';
