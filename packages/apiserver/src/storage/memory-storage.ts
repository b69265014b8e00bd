import type { KubeObject } from '@clusternet/kube-data';
import { createObjectMemory } from './object-memory.ts';
import type { ObjectMemoryOptions } from './object-memory.ts';
import type { Storage, StorageKey } from './storage.ts';

export type MemoryStorageOptions = Pick<ObjectMemoryOptions, 'historyLimit'>;

/** A storage in memory, with a handle for tests. */
export interface MemoryStorage extends Storage {
  /** Forgets all history: watches and lists from an older resource version get 410. */
  compact(): void;
}

/** Keeps objects in this process. Everything is gone when it ends. */
export function createMemoryStorage(options: MemoryStorageOptions = {}): MemoryStorage {
  const memory = createObjectMemory(options);
  memory.advance(1);

  const store = (key: StorageKey, object: KubeObject): KubeObject => {
    const revision = memory.getResourceVersion() + 1;
    object.metadata.resourceVersion = String(revision);
    memory.put(key, object, revision);
    return object;
  };
  const isCurrent = (key: StorageKey, expected: string): boolean =>
    memory.find(key)?.metadata.resourceVersion === expected;

  return {
    getResourceVersion: () => memory.getResourceVersion(),
    get: (key) => Promise.resolve(memory.find(key)),
    list: (scope, listOptions) =>
      new Promise((resolve) => {
        resolve(memory.list(scope, listOptions));
      }),
    create: (key, object) => Promise.resolve(memory.find(key) === undefined ? store(key, object) : undefined),
    replace: (key, object, expected) =>
      Promise.resolve(isCurrent(key, expected) ? store(key, object) : undefined),
    delete: (key, expected) =>
      Promise.resolve(
        isCurrent(key, expected) ? memory.remove(key, memory.getResourceVersion() + 1) : undefined,
      ),
    watch: (scope, from, sink) => memory.watch(scope, from, sink),
    compact: () => {
      memory.compact();
    },
  };
}
