import type { ManagedCluster } from '@clusternet/api-types';
import { clusternetRef, createKubeClient, findCluster, isClusterId } from '@clusternet/client';
import type { ConnectionConfig, KubeClient } from '@clusternet/client';
import { createTransport } from '@clusternet/client/undici';
import type { SplitArgs } from '../args/split-args.ts';
import { createWorkFolder } from '../kubectl/work-folder.ts';
import type { WorkFolder } from '../kubectl/work-folder.ts';
import type { PluginDeps } from '../plugin-deps.ts';
import { connectChild } from './child-connection.ts';
import { loadContext, loadParent } from './load-parent.ts';
import type { LoadedContext } from './load-parent.ts';

/** The parent that a command line names, for as long as a command runs. */
export interface Parent extends LoadedContext {
  readonly folder: WorkFolder;
}

/** Finds the parent and works with it; what it wrote for that is gone afterwards. */
export async function withParent<T>(
  deps: PluginDeps,
  args: SplitArgs,
  work: (parent: Parent) => Promise<T>,
): Promise<T> {
  using folder = createWorkFolder();
  const loaded = await loadParent({ ...deps, folder }, args.parent);
  return await work({ ...loaded, folder });
}

/** Works with a client whose connections are closed afterwards. */
export async function withClient<T>(
  connection: ConnectionConfig,
  work: (client: KubeClient) => Promise<T>,
): Promise<T> {
  await using transport = createTransport({ ...connection, name: 'parent' });
  return await work(createKubeClient(transport));
}

/** The way to the cluster that a command line names. */
export async function connectTo(
  deps: PluginDeps,
  { child }: SplitArgs,
  { connection: parent, folder }: Parent,
  signal: AbortSignal,
): Promise<Pick<LoadedContext, 'connection' | 'namespace'> & { readonly clusterId: string }> {
  const word = child.clusterId ?? '';
  const clusterId = isClusterId(word) ? word : await findId(parent, word, signal);
  const { childKubeconfig } = child;
  const own =
    childKubeconfig === undefined
      ? undefined
      : await loadContext({ ...deps, folder }, 'child', { kubeconfig: childKubeconfig });
  const connection = await connectChild(parent, clusterId, own?.connection, child);
  return { connection, clusterId, namespace: own?.namespace ?? '' };
}

async function findId(connection: ConnectionConfig, word: string, signal: AbortSignal): Promise<string> {
  const { items } = await withClient(connection, (client) =>
    client.resource<ManagedCluster>(clusternetRef('ManagedCluster')).list({}, signal),
  );
  return findCluster(word, items).spec?.clusterId ?? '';
}
