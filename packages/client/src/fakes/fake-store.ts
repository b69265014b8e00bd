import { cloneJson, stringifyJson } from '@clusternet/kube-data';
import type { JsonValue, KubeObject } from '@clusternet/kube-data';

/** One change, as a watch tells of it. */
export interface StoreEvent {
  readonly type: 'ADDED' | 'DELETED' | 'MODIFIED';
  /** Where the object lives: its path. */
  readonly path: string;
  readonly object: KubeObject;
  /** What was there before. */
  readonly before: KubeObject | undefined;
  readonly revision: number;
}

/** Objects by path with one revision for all, and the history that watches resume from. */
export interface FakeStore {
  readonly revision: number;
  get(path: string): KubeObject | undefined;
  /** Objects below a collection's path, in order of their paths. */
  list(prefix: string): readonly (readonly [path: string, object: KubeObject])[];
  /** Creates or replaces; sets `resourceVersion`, `uid` and `generation` as an API server does. */
  put(path: string, object: KubeObject): KubeObject;
  remove(path: string): KubeObject | undefined;
  /** Changes after a revision; undefined when they are forgotten. */
  since(revision: number): readonly StoreEvent[] | undefined;
  /** Forgets all history: who resumes from before now gets 410. */
  compact(): void;
  subscribe(listener: (event: StoreEvent) => void): () => void;
}

export function createFakeStore(): FakeStore {
  const objects = new Map<string, KubeObject>();
  const listeners = new Set<(event: StoreEvent) => void>();
  let history: StoreEvent[] = [];
  let revision = 100;
  let oldest = 0;
  let uids = 0;
  const emit = (
    path: string,
    object: KubeObject,
    before: KubeObject | undefined,
    type: StoreEvent['type'],
  ): void => {
    const event = { type, path, object: clone(object), before, revision };
    history.push(event);
    for (const listener of [...listeners]) listener(event);
  };
  return {
    get revision() {
      return revision;
    },
    get: (path) => {
      const found = objects.get(path);
      return found === undefined ? undefined : clone(found);
    },
    list: (prefix) =>
      [...objects].filter(([path]) => path.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1)),
    put: (path, object) => {
      const before = objects.get(path);
      revision += 1;
      const next = clone(object);
      next.metadata.resourceVersion = String(revision);
      next.metadata.uid =
        before?.metadata.uid ?? `00000000-0000-4000-8000-${String((uids += 1)).padStart(12, '0')}`;
      next.metadata.creationTimestamp = before?.metadata.creationTimestamp ?? '2026-01-01T00:00:00Z';
      const isSpecSame = stringifyJson(before?.['spec']) === stringifyJson(next['spec']);
      next.metadata.generation =
        (before?.metadata.generation ?? 0) + (before !== undefined && isSpecSame ? 0 : 1);
      objects.set(path, next);
      emit(path, next, before, before === undefined ? 'ADDED' : 'MODIFIED');
      return clone(next);
    },
    remove: (path) => {
      const before = objects.get(path);
      if (before === undefined) return undefined;
      revision += 1;
      objects.delete(path);
      const last = clone(before);
      last.metadata.resourceVersion = String(revision);
      emit(path, last, before, 'DELETED');
      return last;
    },
    since: (from) => (from < oldest ? undefined : history.filter((event) => event.revision > from)),
    compact: () => {
      revision += 1;
      oldest = revision;
      history = [];
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}

function clone(object: KubeObject): KubeObject {
  return cloneJson(object as unknown as JsonValue) as unknown as KubeObject;
}
