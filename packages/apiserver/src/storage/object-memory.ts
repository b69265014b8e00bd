import { compareText } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { createExpired, createTooOldResourceVersion } from '../errors/status-errors.ts';
import type {
  StorageEvent,
  StorageKey,
  StorageList,
  StorageListOptions,
  StorageScope,
  StorageWatch,
} from './storage.ts';

export interface ObjectMemoryOptions {
  /** Changes remembered per kind, so that watches can resume. @default 1024 */
  readonly historyLimit?: number;
  /** The resource version to begin with: nothing is known of what was before. @default 0 */
  readonly resourceVersion?: number;
}

/**
 * The reading half of a storage in this process: the present state of objects, their last changes, and who watches. Who
 * fills it numbers the changes, each higher than the one before.
 */
export interface ObjectMemory {
  getResourceVersion(): number;
  find(key: StorageKey): KubeObject | undefined;
  /** Keeps an object, whose resource version is that of the change, and tells watches. */
  put(key: StorageKey, object: KubeObject, resourceVersion: number): void;
  /** Forgets an object and tells watches. @returns its last state, numbered by the deletion */
  remove(key: StorageKey, resourceVersion: number): KubeObject | undefined;
  /** Everything up to this resource version is known: nothing else has happened. */
  advance(resourceVersion: number): void;
  /** Forgets all history: what resumes from an older resource version gets 410. */
  compact(): void;
  /** @throws {ApiError} `Expired` */
  list(scope: StorageScope, options?: StorageListOptions): StorageList;
  /** @throws {ApiError} `Expired` */
  watch(scope: StorageScope, fromResourceVersion: number, sink: (event: StorageEvent) => void): StorageWatch;
}

interface Kind {
  readonly namespaces: Map<string, Map<string, KubeObject>>;
  readonly watches: Set<Watcher>;
  history: StorageEvent[];
  /** Changes up to this one are forgotten. */
  compactedAt: number;
  /** Namespaces and names in order; undefined after a create or delete. */
  order: readonly Entry[] | undefined;
}

interface Watcher {
  readonly scope: StorageScope;
  readonly sink: (event: StorageEvent) => void;
}

interface Entry {
  readonly namespace: string;
  readonly name: string;
}

/** Starts out empty. */
export function createObjectMemory(options: ObjectMemoryOptions = {}): ObjectMemory {
  const { historyLimit = 1024 } = options;
  const kinds = new Map<string, Kind>();
  let revision = options.resourceVersion ?? 0;
  /** Of kinds that were not there when all history was forgotten, too. */
  let forgottenAt = revision;

  const kindOf = (resource: string): Kind => {
    let kind = kinds.get(resource);
    if (kind === undefined) {
      const compactedAt = forgottenAt;
      kind = { namespaces: new Map(), watches: new Set(), history: [], compactedAt, order: undefined };
      kinds.set(resource, kind);
    }
    return kind;
  };

  const record = (kind: Kind, at: StorageKey, event: StorageEvent): void => {
    kind.history.push(event);
    if (kind.history.length >= historyLimit * 2) {
      const dropped = kind.history.splice(0, kind.history.length - historyLimit);
      kind.compactedAt = dropped.at(-1)?.resourceVersion ?? kind.compactedAt;
    }
    for (const watcher of kind.watches) {
      if (isWithin(at, watcher.scope)) watcher.sink(event);
    }
  };

  const find = ({ resource, namespace, name }: StorageKey): KubeObject | undefined =>
    kinds.get(resource)?.namespaces.get(namespace)?.get(name);

  const advance = (resourceVersion: number): void => {
    revision = Math.max(revision, resourceVersion);
  };

  return {
    getResourceVersion: () => revision,
    find,
    advance,
    put(key, object, resourceVersion) {
      const previous = find(key);
      const kind = kindOf(key.resource);
      let names = kind.namespaces.get(key.namespace);
      if (names === undefined) {
        names = new Map();
        kind.namespaces.set(key.namespace, names);
      }
      names.set(key.name, object);
      if (previous === undefined) kind.order = undefined;
      advance(resourceVersion);
      const type = previous === undefined ? 'ADDED' : 'MODIFIED';
      record(kind, key, { type, object, previous, resourceVersion });
    },
    remove(key, resourceVersion) {
      const previous = find(key);
      if (previous === undefined) return undefined;
      const kind = kindOf(key.resource);
      const names = kind.namespaces.get(key.namespace);
      names?.delete(key.name);
      if (names?.size === 0) kind.namespaces.delete(key.namespace);
      kind.order = undefined;
      advance(resourceVersion);
      const object = {
        ...previous,
        metadata: { ...previous.metadata, resourceVersion: String(resourceVersion) },
      };
      record(kind, key, { type: 'DELETED', object, previous, resourceVersion });
      return object;
    },
    compact() {
      forgottenAt = revision;
      for (const kind of kinds.values()) {
        kind.history = [];
        kind.compactedAt = revision;
      }
    },
    list: (scope, listOptions = {}) => listKind(kindOf(scope.resource), scope, listOptions, revision),
    watch(scope, fromResourceVersion, sink) {
      const kind = kindOf(scope.resource);
      if (fromResourceVersion < kind.compactedAt) {
        throw createTooOldResourceVersion(fromResourceVersion, kind.compactedAt);
      }
      for (const event of eventsAfter(kind, fromResourceVersion)) {
        const { namespace = '', name = '' } = event.object.metadata;
        if (isWithin({ namespace, name }, scope)) sink(event);
      }
      const watcher = { scope, sink };
      kind.watches.add(watcher);
      return { close: () => void kind.watches.delete(watcher) };
    },
  };
}

function isWithin(entry: Entry, { namespace, name }: StorageScope): boolean {
  return (name === undefined || name === entry.name) && (namespace === '' || namespace === entry.namespace);
}

function eventsAfter(kind: Kind, revision: number): readonly StorageEvent[] {
  let start = kind.history.length;
  while (start > 0 && (kind.history[start - 1]?.resourceVersion ?? 0) > revision) start -= 1;
  return kind.history.slice(start);
}

function listKind(
  kind: Kind,
  scope: StorageScope,
  options: StorageListOptions,
  revision: number,
): StorageList {
  const { limit = Infinity, after, atResourceVersion, matches } = options;
  const past = atResourceVersion === undefined ? undefined : undoChanges(kind, atResourceVersion);
  const items: KubeObject[] = [];
  let remaining = 0;
  for (const entry of past?.order ?? listEntries(kind, scope)) {
    if (!isWithin(entry, scope)) continue;
    if (after !== undefined && compareEntries(entry, after) <= 0) continue;
    const key = `${entry.namespace}/${entry.name}`;
    const object =
      past?.changed.has(key) === true
        ? past.changed.get(key)
        : kind.namespaces.get(entry.namespace)?.get(entry.name);
    if (object === undefined || matches?.(object) === false) continue;
    if (items.length < limit) items.push(object);
    else remaining += 1;
  }
  return { items, resourceVersion: atResourceVersion ?? revision, remaining };
}

/** What may be within a scope, in order. */
function listEntries(kind: Kind, { namespace, name }: StorageScope): readonly Entry[] {
  return name === undefined || namespace === '' ? getOrder(kind) : [{ namespace, name }];
}

function getOrder(kind: Kind): readonly Entry[] {
  kind.order ??= [...kind.namespaces]
    .flatMap(([namespace, names]) => [...names.keys()].map((name) => ({ namespace, name })))
    .sort(compareEntries);
  return kind.order;
}

function compareEntries(a: Entry, b: Entry): number {
  return compareText(a.namespace, b.namespace) || compareText(a.name, b.name);
}

/** The state at a past revision, as what differs from now. */
function undoChanges(
  kind: Kind,
  revision: number,
): { changed: Map<string, KubeObject | undefined>; order: readonly Entry[] } {
  if (revision < kind.compactedAt) {
    throw createExpired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    );
  }
  const changed = new Map<string, KubeObject | undefined>();
  const order = new Map(getOrder(kind).map((entry) => [`${entry.namespace}/${entry.name}`, entry]));
  for (const event of eventsAfter(kind, revision).toReversed()) {
    const { namespace = '', name = '' } = event.object.metadata;
    changed.set(`${namespace}/${name}`, event.previous);
    order.set(`${namespace}/${name}`, { namespace, name });
  }
  return { changed, order: [...order.values()].sort(compareEntries) };
}
