import { LABELS } from '@clusternet/api-types';
import type { ManagedCluster } from '@clusternet/api-types';
import { clusternetRef, isApiError } from '@clusternet/client';
import type { ResourceClient } from '@clusternet/client';
import { createInformer } from '@clusternet/controller-kit';
import type { Clock, Logger, Random, Run } from '@clusternet/runtime';
import { AgentError } from '../errors.ts';
import type { Parent } from '../registration/register.ts';

/** The ManagedCluster of this cluster, as the parent has it. */
export interface OwnCluster {
  readonly resource: ResourceClient<ManagedCluster>;
  readonly run: Run;
  /** @throws {AgentError} `NOT_REGISTERED`, as `get` does */
  synced(signal: AbortSignal): Promise<void>;
  /**
   * @param isFresh - asks the parent rather than the cache, which may be behind
   * @throws {AgentError} `NOT_REGISTERED` when the parent has none
   */
  get(isFresh: boolean, signal: AbortSignal): Promise<ManagedCluster>;
  /** Calls back when somebody deleted it, or made it anew, and when we may not look any more. The result ends it. */
  readonly onReplaced: (callback: () => void) => () => void;
}

/** Watches the ManagedCluster of this cluster, which may be deleted and made anew at any time. */
export function createOwnCluster(deps: {
  readonly parent: Parent;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}): OwnCluster {
  const { credential, clusterId, client } = deps.parent;
  const { namespace } = credential;
  const labelSelector = `${LABELS.clusterId}=${clusterId}`;
  const resource = client.resource<ManagedCluster>(clusternetRef('ManagedCluster'));
  const onRefused = new Set<() => void>();
  let isRefused = false;
  const informer = createInformer<ManagedCluster>(
    { ...deps, resource },
    {
      namespace,
      labelSelector,
      onError: (error) => {
        isRefused = isApiError(error, 'FORBIDDEN', 'UNAUTHORIZED');
        if (isRefused) for (const tell of onRefused) tell();
      },
    },
  );
  const ask = async (signal: AbortSignal): Promise<ManagedCluster> => {
    const [cluster] = await listOwn(resource, namespace, labelSelector, signal);
    if (cluster !== undefined) return cluster;
    throw new AgentError(
      'NOT_REGISTERED',
      `the parent has no ManagedCluster with id ${clusterId} in ${namespace} for us; asking to be registered anew`,
    );
  };
  return {
    resource,
    run: informer.run,
    synced: async (signal) => {
      // A list that is refused would be waited for without end, so each refusal asks for the reason.
      while (!informer.isSynced() && !signal.aborted) {
        await ask(signal);
        await waitForEither((inner) => informer.synced(inner), onRefused, signal);
      }
    },
    get: async (isFresh, signal) => {
      const [known] = isFresh || isRefused ? [] : informer.store.list();
      return known ?? ask(signal);
    },
    onReplaced: (callback) => {
      onRefused.add(callback);
      const end = informer.store.subscribe(({ before, after }) => {
        if (before !== undefined && before.metadata.uid !== after?.metadata.uid) callback();
        if (before === undefined && after !== undefined) callback();
      });
      return () => {
        onRefused.delete(callback);
        end();
      };
    },
  };
}

/** Waits for the first list, or for it to be refused. */
async function waitForEither(
  synced: (signal: AbortSignal) => Promise<void>,
  onRefused: Set<() => void>,
  signal: AbortSignal,
): Promise<void> {
  const refused = new AbortController();
  const stop = (): void => {
    refused.abort();
  };
  onRefused.add(stop);
  signal.addEventListener('abort', stop, { once: true });
  await synced(refused.signal);
  signal.removeEventListener('abort', stop);
  onRefused.delete(stop);
}

/** In a namespace where we may do nothing any more, there is nothing of ours. */
async function listOwn(
  resource: ResourceClient<ManagedCluster>,
  namespace: string,
  labelSelector: string,
  signal: AbortSignal,
): Promise<readonly ManagedCluster[]> {
  try {
    return (await resource.list({ namespace, labelSelector }, signal)).items;
  } catch (error) {
    if (isApiError(error, 'FORBIDDEN')) return [];
    throw error;
  }
}
