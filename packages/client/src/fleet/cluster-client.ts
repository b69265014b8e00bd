import type { KubeObject } from '@clusternet/kube-data';
import type { Clock, Random } from '@clusternet/runtime';
import type { ConnectionConfig } from '../connection-config.ts';
import { createKubeClient } from '../kube-client.ts';
import type { KubeClient } from '../kube-client.ts';
import type { PatchOptions } from '../resource.ts';
import { createPodsClient } from '../streams/pods-client.ts';
import type { PodsClient, PodsClientDeps } from '../streams/pods-client.ts';
import type { Transport } from '../transport.ts';
import { createKindClient } from './kind-client.ts';
import type { KindClient } from './kind-client.ts';
import { parseKind } from './kinds.ts';
import type { ClusternetKinds, KindName } from './kinds.ts';

/** The objects of one API: those of the parent, of a child, or templates. */
export interface ObjectsClient {
  /** One of Clusternet's own kinds. */
  kind<K extends keyof ClusternetKinds>(which: K): KindClient<ClusternetKinds[K]>;
  /** Any other, such as `apps/v1/Deployment`. Which resource serves it is asked of the API once. */
  kind<T extends KubeObject = KubeObject>(which: KindName): KindClient<T>;
  /** Server-side apply of an object of any kind. @throws {ApiError} `UNKNOWN_KIND`, `CONFLICT` unless `force` is set */
  apply<T extends KubeObject>(object: T, options?: PatchOptions, signal?: AbortSignal): Promise<T>;
  /** What is below: discovery, and requests of any sort. */
  readonly client: KubeClient;
}

/** One whole cluster: its objects, and what runs in its pods. */
export interface ClusterClient extends ObjectsClient, PodsClient {
  /** How to reach it, for other libraries. @throws {ApiError} `UNKNOWN_CLUSTER` */
  getConnection(signal?: AbortSignal): Promise<ConnectionConfig>;
}

/** How a cluster is reached. */
export type ClusterLink = PodsClientDeps;

export interface ClientDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Who writes, where a call does not say. */
  readonly fieldManager: string;
}

/** Creates a client of the objects behind a transport. */
export function createObjectsClient(transport: Transport, deps: ClientDeps): ObjectsClient {
  const client = createKubeClient(transport);
  const kind = <T extends KubeObject>(which: KindName | keyof ClusternetKinds): KindClient<T> =>
    createKindClient<T>({ ...deps, client }, parseKind(which));
  return {
    client,
    kind,
    apply: async <T extends KubeObject>(object: T, options?: PatchOptions, signal?: AbortSignal) =>
      kind<T>(`${object.apiVersion}/${object.kind}`).apply(object, options, signal),
  };
}

/** Creates a client of a whole cluster. */
export function createClusterClient(link: ClusterLink, deps: ClientDeps): ClusterClient {
  return {
    ...createObjectsClient(link.transport, deps),
    ...createPodsClient(link),
    getConnection: link.getConnection,
  };
}
