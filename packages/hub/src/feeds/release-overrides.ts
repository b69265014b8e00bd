import { FINALIZERS } from '@clusternet/api-types';
import type { Globalization, Localization } from '@clusternet/api-types';
import type { ResourceClient } from '@clusternet/client';
import {
  createController,
  createWorkQueue,
  hasFinalizer,
  keyOf,
  removeFinalizer,
} from '@clusternet/controller-kit';
import type { Informer } from '@clusternet/controller-kit';
import { runAll } from '@clusternet/runtime';
import type { Clock, Logger, Metrics, Run } from '@clusternet/runtime';
import type { ParentCaches } from '../parent/caches.ts';
import type { ParentResources } from '../parent/resources.ts';

export interface ReleaseOverridesDeps {
  readonly caches: Pick<ParentCaches, 'globalizations' | 'localizations'>;
  readonly resources: Pick<ParentResources, 'globalizations' | 'localizations'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/**
 * Lets deleted overrides go that a Go hub had put its finalizer on. We need none: what is rendered without an override
 * follows from its being gone.
 */
export function createOverrideRelease(deps: ReleaseOverridesDeps): Run {
  const { caches, resources } = deps;
  return (signal) =>
    runAll(
      [
        createRelease(deps, caches.globalizations, resources.globalizations, 'globalization'),
        createRelease(deps, caches.localizations, resources.localizations, 'localization'),
      ],
      signal,
    );
}

function createRelease<T extends Globalization | Localization>(
  deps: ReleaseOverridesDeps,
  { store }: Pick<Informer<T>, 'store'>,
  resource: ResourceClient<T>,
  name: string,
): Run {
  const queue = createWorkQueue(deps.clock);
  const isHeld = (override: T): boolean =>
    override.metadata.deletionTimestamp !== undefined && hasFinalizer(override, FINALIZERS.app);
  const reconcile = async (key: string, signal: AbortSignal): Promise<object> => {
    const override = store.get(key);
    if (override !== undefined && isHeld(override))
      await removeFinalizer(resource, override, FINALIZERS.app, signal);
    return {};
  };
  const run = createController({ ...deps, queue, reconcile }, { name, workers: 1 });
  return async (signal) => {
    const end = store.subscribe(({ key, after }) => {
      if (after !== undefined && isHeld(after)) queue.add(key);
    });
    for (const override of store.list()) if (isHeld(override)) queue.add(keyOf(override));
    await run(signal);
    end();
  };
}
