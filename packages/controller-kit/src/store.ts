import { objectKey } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { errorText } from '@clusternet/runtime';
import type { Logger } from '@clusternet/runtime';

/** `namespace/name`, or `name` for what has no namespace. */
export type ObjectKey = string;

export interface StoreChange<T extends KubeObject> {
  readonly key: ObjectKey;
  readonly before: T | undefined;
  readonly after: T | undefined;
}

/** Values under which an object is found in one index. */
export type IndexFunction<T extends KubeObject> = (object: T) => readonly string[];

/** Objects of one kind as last seen, with indexes. Never hand out for mutation. */
export interface IndexedStore<T extends KubeObject> {
  get(key: ObjectKey): T | undefined;
  list(): readonly T[];
  /** Objects whose index function gives `value`. @throws {RangeError} for an index that was not declared */
  byIndex(index: string, value: string): readonly T[];
  readonly size: number;
  /** Tells of each change; the result ends it. */
  subscribe(listener: (change: StoreChange<T>) => void): () => void;
}

/** The side of a store that a reflector writes to. */
export interface StoreWriter<T extends KubeObject> {
  replace(objects: readonly T[]): void;
  upsert(object: T): void;
  remove(object: T): void;
}

export interface StoreOptions<T extends KubeObject> {
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
}

function isSameVersion(before: KubeObject, after: KubeObject): boolean {
  const { resourceVersion, uid } = after.metadata;
  return (
    resourceVersion !== undefined &&
    before.metadata.resourceVersion === resourceVersion &&
    before.metadata.uid === uid
  );
}

/** The key of any object. */
export function keyOf(object: KubeObject): ObjectKey {
  return objectKey(object.metadata.namespace, object.metadata.name ?? '');
}

/**
 * Creates an empty store. An index function or listener that throws is logged and costs nobody else the
 * change.
 */
export function createStore<T extends KubeObject>(
  log: Logger,
  options: StoreOptions<T> = {},
): IndexedStore<T> & StoreWriter<T> {
  const objects = new Map<ObjectKey, T>();
  const indexes = new Map(
    Object.entries(options.indexes ?? {}).map(([name, indexFunction]) => [
      name,
      {
        indexFunction,
        entries: new Map<string, Set<ObjectKey>>(),
        // What each key is filed under: an index function that answers differently later must still be undone.
        filed: new Map<ObjectKey, readonly string[]>(),
      },
    ]),
  );
  const listeners = new Set<{ readonly listener: (change: StoreChange<T>) => void }>();

  const valuesOf = (indexFunction: IndexFunction<T>, object: T): readonly string[] => {
    try {
      return indexFunction(object);
    } catch (error) {
      log.error('index function failed', { key: keyOf(object), error: errorText(error) });
      return [];
    }
  };
  const reindex = (key: ObjectKey, after: T | undefined): void => {
    for (const { indexFunction, entries, filed } of indexes.values()) {
      for (const value of filed.get(key) ?? []) {
        const keys = entries.get(value);
        keys?.delete(key);
        if (keys?.size === 0) entries.delete(value);
      }
      const values = after === undefined ? [] : valuesOf(indexFunction, after);
      if (values.length === 0) filed.delete(key);
      else filed.set(key, values);
      for (const value of values) {
        const keys = entries.get(value);
        if (keys === undefined) entries.set(value, new Set([key]));
        else keys.add(key);
      }
    }
  };
  const set = (key: ObjectKey, after: T | undefined): void => {
    const before = objects.get(key);
    if (before === undefined && after === undefined) return;
    if (before !== undefined && after !== undefined && isSameVersion(before, after)) return;
    if (after === undefined) objects.delete(key);
    else objects.set(key, after);
    reindex(key, after);
    for (const { listener } of [...listeners]) {
      try {
        listener({ key, before, after });
      } catch (error) {
        log.error('store listener failed', { key, error: errorText(error) });
      }
    }
  };

  return {
    get: (key) => objects.get(key),
    list: () => [...objects.values()],
    byIndex: (index, value) => {
      const found = indexes.get(index);
      if (found === undefined) throw new RangeError(`there is no index "${index}"`);
      return [...(found.entries.get(value) ?? [])].flatMap((key) => objects.get(key) ?? []);
    },
    get size() {
      return objects.size;
    },
    subscribe: (listener) => {
      const entry = { listener }; // one and the same function may listen twice
      listeners.add(entry);
      return () => {
        listeners.delete(entry);
      };
    },
    replace: (all) => {
      const keys = new Set(all.map(keyOf));
      for (const key of [...objects.keys()]) if (!keys.has(key)) set(key, undefined);
      for (const object of all) set(keyOf(object), object);
    },
    upsert: (object) => {
      set(keyOf(object), object);
    },
    remove: (object) => {
      set(keyOf(object), undefined);
    },
  };
}
