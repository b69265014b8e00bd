import type { Storage, StorageWatch } from '@clusternet/apiserver';
import type { KubeObject } from '@clusternet/kube-data';
import { objectKey } from '@clusternet/kube-data';
import { backoffMs, errorText } from '@clusternet/runtime';
import type { Clock, Logger, Random } from '@clusternet/runtime';
import type { LocalApi } from '../control-plane/local-api.ts';
import type { ServiceAccountTokenDeps } from '../tokens/service-account-tokens.ts';

/** What the controllers of a control plane share. */
export interface LocalControllerDeps {
  readonly api: LocalApi;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly tokens: ServiceAccountTokenDeps;
  readonly caPem: string;
}

/** One controller: what wakes it up and what it then does. */
export interface LocalController {
  readonly name: string;
  readonly watches: readonly LocalWatch[];
  /** Brings one key in order. A thrown error is tried again later. */
  readonly reconcile: (key: string) => Promise<{ readonly requeueAfterMs?: number } | undefined>;
}

/** Changes of one kind, mapped to the keys they concern. */
export interface LocalWatch {
  /** Storage name of the kind, such as `deployments.apps`. */
  readonly resource: string;
  /** @default the object's own key */
  readonly map?: (object: KubeObject, previous: KubeObject | undefined) => readonly string[];
}

/** Splits `ns/name`, or `name`. */
export function splitKey(key: string): { readonly namespace: string; readonly name: string } {
  const at = key.indexOf('/');
  return at < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, at), name: key.slice(at + 1) };
}

/** The key of an object. */
export function keyOfObject(object: KubeObject): string {
  return objectKey(object.metadata.namespace, object.metadata.name ?? '');
}

/** A controller at work. Disposing it stops it after the key at hand. */
export interface RunningController extends AsyncDisposable {
  enqueue(key: string): void;
}

/** Runs a controller over the storage of this process: one key at a time, a key that changes meanwhile again. */
export function startLocalController(
  deps: LocalControllerDeps,
  controller: LocalController,
): RunningController {
  const queue = new Set<string>();
  const failures = new Map<string, number>();
  const timers = new Map<string, () => void>();
  let isStopped = false;
  let working: Promise<void> | undefined;

  const enqueue = (key: string): void => {
    if (isStopped) return;
    queue.add(key);
    // Not within the write that wakes it: writers do not wait for controllers.
    working ??= Promise.resolve().then(drain);
  };
  const enqueueLater = (key: string, delayMs: number): void => {
    timers.get(key)?.();
    timers.set(
      key,
      deps.clock.schedule(delayMs, () => {
        timers.delete(key);
        enqueue(key);
      }),
    );
  };
  const runOne = async (key: string): Promise<void> => {
    try {
      const result = await controller.reconcile(key);
      failures.delete(key);
      if (result?.requeueAfterMs !== undefined) enqueueLater(key, result.requeueAfterMs);
    } catch (error) {
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      deps.log.debug('reconcile failed', {
        controller: controller.name,
        key,
        error: errorText(error),
        failures: count,
      });
      enqueueLater(key, backoffMs(count, deps.random.next(), { baseMs: 20, maxMs: 5000 }));
    }
  };
  async function drain(): Promise<void> {
    while (queue.size > 0 && !isStopped) {
      const [key = ''] = queue;
      queue.delete(key);
      await runOne(key);
    }
    working = undefined;
  }

  const watches: StorageWatch[] = controller.watches.map(({ resource, map }) => {
    const deliver = (object: KubeObject, previous: KubeObject | undefined): void => {
      for (const key of map === undefined ? [keyOfObject(object)] : map(object, previous)) enqueue(key);
    };
    const scope = { resource, namespace: '' };
    const from = deps.storage.getResourceVersion();
    void deps.storage.list(scope).then(({ items }) => {
      for (const item of items) deliver(item, undefined);
    });
    return deps.storage.watch(scope, from, ({ object, previous }) => deliver(object, previous));
  });

  return {
    enqueue,
    async [Symbol.asyncDispose]() {
      isStopped = true;
      for (const watch of watches) watch.close();
      for (const cancel of timers.values()) cancel();
      await working;
    },
  };
}
