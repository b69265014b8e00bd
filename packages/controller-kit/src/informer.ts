import { runReflector } from '@clusternet/client';
import type { ReflectorOptions, ReflectorSink, ResourceClient } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import { errorText } from '@clusternet/runtime';
import type { Clock, Logger, Random, Run } from '@clusternet/runtime';
import { createStore, keyOf } from './store.ts';
import type { IndexedStore, StoreOptions } from './store.ts';

export interface InformerDeps<T extends KubeObject> {
  readonly resource: Pick<ResourceClient<T>, 'list' | 'ref' | 'watch'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface InformerOptions<T extends KubeObject> extends Pick<
  ReflectorOptions,
  'fieldSelector' | 'idleTimeoutMs' | 'labelSelector' | 'namespace' | 'onError' | 'pageSize'
> {
  readonly indexes?: StoreOptions<T>['indexes'];
  /** Shrinks an object before it is kept, to save memory. Must keep `metadata`. */
  readonly trim?: (object: T) => T;
  /** Told of all that is seen, before the store is: whole objects, and resource versions, which the store does not keep. */
  readonly tap?: ReflectorSink<T>;
}

/** A store kept equal to a collection of the API for as long as `run` runs. */
export interface Informer<T extends KubeObject> {
  readonly store: IndexedStore<T>;
  readonly run: Run;
  /** Whether the first list is in. */
  isSynced(): boolean;
  /** Resolves when the first list is in, or when `signal` aborts. */
  synced(signal: AbortSignal): Promise<void>;
  /** Why listing or watching does not work at present. */
  lastError(): unknown;
}

/** Creates an informer; asks nothing until run. */
export function createInformer<T extends KubeObject>(
  deps: InformerDeps<T>,
  options: InformerOptions<T> = {},
): Informer<T> {
  const { indexes, trim, tap, onError, ...selection } = options;
  const store = createStore<T>(deps.log, indexes === undefined ? {} : { indexes });
  const waiting = new Set<(value: undefined) => void>();
  let isSynced = false;
  let lastError: unknown;
  const trimmed = (object: T): T => {
    if (trim === undefined) return object;
    try {
      return trim(object);
    } catch (error) {
      const { kind } = deps.resource.ref;
      deps.log.error('trim failed', { kind, key: keyOf(object), error: errorText(error) });
      return object; // too much is kept rather than too little
    }
  };
  /** A tap that fails must not cost the store the change. */
  const tapped = (step: string, tell: () => void): void => {
    try {
      tell();
    } catch (error) {
      deps.log.error('tap failed', { kind: deps.resource.ref.kind, step, error: errorText(error) });
    }
  };
  const sink: ReflectorSink<T> = {
    replace: (objects, resourceVersion) => {
      tapped('replace', () => tap?.replace(objects, resourceVersion));
      store.replace(objects.map(trimmed));
    },
    upsert: (object) => {
      tapped('upsert', () => tap?.upsert(object));
      store.upsert(trimmed(object));
    },
    remove: (object) => {
      tapped('remove', () => tap?.remove(object));
      store.remove(object);
    },
    progress: (resourceVersion) => {
      tapped('progress', () => tap?.progress?.(resourceVersion));
    },
  };
  return {
    store,
    run: (signal) =>
      runReflector(
        { ...deps, sink },
        {
          ...selection,
          onSynced: () => {
            isSynced = true;
            for (const resolve of [...waiting]) resolve(undefined);
          },
          onError: (error) => {
            lastError = error;
            onError?.(error);
          },
        },
        signal,
      ),
    isSynced: () => isSynced,
    synced: async (signal) => {
      if (isSynced || signal.aborted) return;
      const stopped = Promise.withResolvers<undefined>();
      const onAbort = (): void => {
        stopped.resolve(undefined);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      waiting.add(stopped.resolve);
      await stopped.promise;
      waiting.delete(stopped.resolve);
      signal.removeEventListener('abort', onAbort);
    },
    lastError: () => lastError,
  };
}
