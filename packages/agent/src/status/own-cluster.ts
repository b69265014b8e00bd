import { LABELS } from '@clusternet/api-types';
import type { ManagedCluster } from '@clusternet/api-types';
import { clusternetRef } from '@clusternet/client';
import type { ResourceClient } from '@clusternet/client';
import { createInformer } from '@clusternet/controller-kit';
import type { Clock, Logger, Random, Run } from '@clusternet/runtime';
import { AgentError } from '../errors.ts';
import type { Parent } from '../registration/register.ts';

/** The ManagedCluster of this cluster, as the parent has it. */
export interface OwnCluster {
  readonly resource: ResourceClient<ManagedCluster>;
  readonly run: Run;
  synced(signal: AbortSignal): Promise<void>;
  /**
   * @param isFresh - asks the parent rather than the cache, which may be behind
   * @throws {AgentError} `NOT_REGISTERED` when the parent has none
   */
  get(isFresh: boolean, signal: AbortSignal): Promise<ManagedCluster>;
  /** Calls back when somebody deleted it, or made it anew: it knows nothing of us then. The result ends it. */
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
  const informer = createInformer<ManagedCluster>({ ...deps, resource }, { namespace, labelSelector });
  return {
    resource,
    run: informer.run,
    synced: (signal) => informer.synced(signal),
    get: async (isFresh, signal) => {
      const [known] = isFresh ? [] : informer.store.list();
      if (known !== undefined) return known;
      const [cluster] = (await resource.list({ namespace, labelSelector }, signal)).items;
      if (cluster !== undefined) return cluster;
      throw new AgentError(
        'NOT_REGISTERED',
        `the parent has no ManagedCluster with id ${clusterId} in ${namespace}; asking to be registered anew`,
      );
    },
    onReplaced: (callback) =>
      informer.store.subscribe(({ before, after }) => {
        if (before !== undefined && before.metadata.uid !== after?.metadata.uid) callback();
        if (before === undefined && after !== undefined) callback();
      }),
  };
}
