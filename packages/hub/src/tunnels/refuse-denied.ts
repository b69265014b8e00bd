import { NAMES } from '@clusternet/api-types';
import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import type { Informer } from '@clusternet/controller-kit';
import { aborted } from '@clusternet/runtime';
import type { Logger, Run } from '@clusternet/runtime';
import { isDenied } from '../approval/plan-decision.ts';
import type { TunnelRegistry } from './tunnel-registry.ts';

export interface RefuseDeniedDeps {
  readonly requests: Pick<Informer<ClusterRegistrationRequest>, 'store'>;
  readonly registry: Pick<TunnelRegistry, 'disconnect' | 'onSession'>;
  readonly log: Logger;
}

/**
 * Closes the tunnels of clusters that were denied. What let them in is taken away elsewhere, which a tunnel that is
 * open does not notice; one that opens may have been let in by an answer from before.
 */
export function createDeniedRefusal({ requests, registry, log }: RefuseDeniedDeps): Run {
  const { store } = requests;
  /** The name tells the cluster: what the request says of itself may be another's. */
  const refuse = (key: string): void => {
    const request = store.get(key);
    if (request === undefined || !isDenied(request)) return;
    const clusterId = key.slice(NAMES.objectPrefix.length);
    if (registry.disconnect(clusterId)) log.info('tunnel of a denied cluster closed', { cluster: clusterId });
  };
  return async (signal) => {
    const ends = [
      store.subscribe(({ key }) => refuse(key)),
      registry.onSession((clusterId) => refuse(`${NAMES.objectPrefix}${clusterId}`)),
    ];
    for (const { metadata } of store.list()) refuse(metadata.name ?? '');
    await aborted(signal);
    for (const end of ends) end();
  };
}
