import type { ManagedCluster } from '@clusternet/api-types';
import { systemClock, systemRandom } from '@clusternet/runtime';
import type { Clock, Random } from '@clusternet/runtime';
import { createAcrossClient } from '../across/across.ts';
import type { AcrossClient, AcrossOptions } from '../across/across.ts';
import { assertNotImpersonating, childClusterConfig } from '../child-cluster.ts';
import type { ChildCredential } from '../child-cluster.ts';
import type { ConnectionConfig } from '../connection-config.ts';
import { ApiError } from '../errors.ts';
import { listAll } from '../reflector.ts';
import type { OpenSocket } from '../streams/channel-socket.ts';
import type { Transport } from '../transport.ts';
import { createChildTransport } from './child-transport.ts';
import { createClusterClient, createObjectsClient } from './cluster-client.ts';
import type { ClusterClient, ClusterLink, ObjectsClient } from './cluster-client.ts';
import { explainWay } from './explain-way.ts';
import { findCluster, isClusterId } from './find-cluster.ts';
import { createTemplateTransport } from './template-transport.ts';

/** A parent with its clusters. Disposing it closes its connections. */
export interface Fleet extends AsyncDisposable {
  /** The parent's own API: our kinds, and everything else that it has. */
  readonly parent: ClusterClient;
  /** Templates: objects that the parent keeps for its clusters and does not act on. The same calls as anywhere. */
  readonly templates: ObjectsClient;
  /**
   * A child, through the hub. Asks nothing until used; a name is looked up once.
   * @param cluster - name, namespace or id of a ManagedCluster
   * @param credential - of the child @default what the fleet was made with, else your own identity where the child lets it in
   */
  cluster(cluster: string, credential?: ChildCredential): ClusterClient;
  /** Many clusters at once, with the credentials that the fleet was made with. */
  across(options?: AcrossOptions): AcrossClient;
}

/** Gives the credential for a child; undefined goes with the caller's own identity. */
export type CredentialSource = (
  clusterId: string,
  signal?: AbortSignal,
) => ChildCredential | Promise<ChildCredential | undefined> | undefined;

/** How a fleet proves itself, and what it runs by. */
export interface FleetOptions {
  /** How to prove who one is to the children. @default the caller's own identity, where they let it in */
  readonly credential?: CredentialSource;
  /** Who writes, where a call does not say. @default "clusternet-client" */
  readonly fieldManager?: string;
  /** @default the system's */
  readonly clock?: Clock;
  /** @default the system's */
  readonly random?: Random;
}

/** What reaches the parent, made for the place where this runs. */
export interface FleetDeps {
  readonly connection: ConnectionConfig;
  /** Becomes the fleet's own. */
  readonly transport: Transport;
  readonly openSocket: OpenSocket;
}

/** Creates a fleet over a transport. */
export function createFleetOver(
  { connection, transport, openSocket }: FleetDeps,
  options: FleetOptions = {},
): Fleet {
  const { clock = systemClock, random = systemRandom, fieldManager = 'clusternet-client' } = options;
  const deps = { clock, random, fieldManager };
  const parent = createClusterClient(
    {
      transport,
      openSocket,
      getConnection: () => Promise.resolve(connection),
      explain: () => undefined,
    },
    deps,
  );

  const findId = async (cluster: string, signal?: AbortSignal): Promise<string> => {
    if (isClusterId(cluster)) return cluster;
    const { objects } = await listAll(
      { resource: parent.client.resource<ManagedCluster>(await parent.kind('ManagedCluster').ref()) },
      {},
      signal,
    );
    const id = findCluster(cluster, objects).spec?.clusterId ?? '';
    if (id !== '') return id;
    throw new ApiError('UNKNOWN_CLUSTER', `the ManagedCluster ${cluster} has no clusterId yet`);
  };

  const openChild = (cluster: string, credential?: ChildCredential): ClusterClient => {
    let id: Promise<string> | undefined;
    const forgetId = (): void => {
      id = undefined;
    };
    const getId = (signal?: AbortSignal): Promise<string> => {
      // Not shared while it is looked up: whoever gives up would take the others along.
      if (id !== undefined) return id;
      return findId(cluster, signal).then((found) => {
        id = Promise.resolve(found);
        return found;
      });
    };
    const getCredential = async (
      clusterId: string,
      signal?: AbortSignal,
    ): Promise<ChildCredential | undefined> => {
      const found = credential ?? (await options.credential?.(clusterId, signal));
      if (found !== undefined) assertNotImpersonating((await connection.getHeaders?.(signal)) ?? {});
      return found;
    };
    const link: ClusterLink = {
      openSocket,
      explain: (status, text) => explainWay(cluster, transport.hop, status, text),
      transport: createChildTransport({
        parent: transport,
        cluster,
        findId: getId,
        forgetId,
        getCredential,
      }),
      getConnection: async (signal) => {
        const clusterId = await getId(signal);
        return childClusterConfig(connection, clusterId, await getCredential(clusterId, signal));
      },
    };
    return createClusterClient(link, deps);
  };

  return {
    parent,
    templates: createObjectsClient(createTemplateTransport(transport), deps),
    cluster: openChild,
    across: (selection) => createAcrossClient({ ...deps, parent, openCluster: openChild }, selection),
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}
