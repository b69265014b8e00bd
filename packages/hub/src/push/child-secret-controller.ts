import { FINALIZERS } from '@clusternet/api-types';
import {
  createController,
  createWorkQueue,
  hasFinalizer,
  keyOf,
  removeFinalizer,
} from '@clusternet/controller-kit';
import type { Clock, Logger, Metrics, Run } from '@clusternet/runtime';
import { INDEX } from '../parent/caches.ts';
import type { ParentCaches } from '../parent/caches.ts';
import type { ParentResources } from '../parent/resources.ts';

export interface ChildSecretDeps {
  readonly caches: Pick<ParentCaches, 'childSecrets' | 'descriptions'>;
  readonly resources: Pick<ParentResources, 'secrets'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/**
 * Lets a deleted Secret `child-cluster-deployer` go once no Description of its namespace needs it to clean the
 * child up; until then its finalizer holds it.
 */
export function createChildSecretController(deps: ChildSecretDeps): Run {
  const { caches, resources, clock, log } = deps;
  const queue = createWorkQueue(clock);
  const reconcile = async (key: string, signal: AbortSignal): Promise<object> => {
    const secret = caches.childSecrets.store.get(key);
    if (secret?.metadata.deletionTimestamp === undefined || !hasFinalizer(secret, FINALIZERS.app)) return {};
    const { namespace = '' } = secret.metadata;
    if (caches.descriptions.store.byIndex(INDEX.namespace, namespace).length > 0) return {};
    await removeFinalizer(resources.secrets, secret, FINALIZERS.app, signal);
    log.info('credential of a child released', { secret: key });
    return {};
  };
  const run = createController({ ...deps, queue, reconcile }, { name: 'childsecret', workers: 2 });
  return async (signal) => {
    const ends = [
      caches.childSecrets.store.subscribe(({ key, after }) => {
        if (after?.metadata.deletionTimestamp !== undefined) queue.add(key);
      }),
      caches.descriptions.store.subscribe(({ before, after }) => {
        if (after !== undefined) return;
        const { namespace = '' } = before?.metadata ?? {};
        for (const secret of caches.childSecrets.store.byIndex(INDEX.namespace, namespace)) {
          queue.add(keyOf(secret));
        }
      }),
    ];
    for (const secret of caches.childSecrets.store.list()) {
      if (secret.metadata.deletionTimestamp !== undefined) queue.add(keyOf(secret));
    }
    await run(signal);
    for (const end of ends) end();
  };
}
