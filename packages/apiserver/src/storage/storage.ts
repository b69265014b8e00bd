import type { KubeObject } from '@clusternet/kube-data';

/** Where an object is kept. */
export interface StorageKey extends StorageScope {
  readonly name: string;
}

/** A kind of object: all of them, those of a namespace, or those of one name. */
export interface StorageScope {
  /** What names the kind in storage, such as `deployments.apps`; the same for all of its versions. */
  readonly resource: string;
  /** Empty: all namespaces, or a kind without them. */
  readonly namespace: string;
  /** Only objects of this name: found, and watched, without looking at the others. Unset: all. */
  readonly name?: string;
}

/** One change. Objects are shared and must never be written to. */
export interface StorageEvent {
  readonly type: 'ADDED' | 'DELETED' | 'MODIFIED';
  /** The object after the change; for `DELETED` its last state with the resource version of the deletion. */
  readonly object: KubeObject;
  /** The object before the change. */
  readonly previous: KubeObject | undefined;
  readonly resourceVersion: number;
}

export interface StorageListOptions {
  /** At most so many objects. Unset: all. */
  readonly limit?: number;
  /** Objects after this one in order. */
  readonly after?: { readonly namespace: string; readonly name: string };
  /** The state at exactly this resource version. Unset: the newest. */
  readonly atResourceVersion?: number;
  /** Objects that count. Those left out count neither to the limit nor to the rest. */
  readonly matches?: (object: KubeObject) => boolean;
}

export interface StorageList {
  /** Ordered by namespace, then name, by code unit. */
  readonly items: readonly KubeObject[];
  readonly resourceVersion: number;
  /** How many more there are behind the limit. */
  readonly remaining: number;
}

/** A watch that runs until it is closed. */
export interface StorageWatch {
  close(): void;
}

/**
 * Keeps objects. One counter numbers all writes of all kinds; an object's `metadata.resourceVersion` is the
 * number of its last write. What is stored is shared with readers: nobody writes to it.
 */
export interface Storage {
  /** The number of the last write. Every watch has been told of all writes up to it. */
  getResourceVersion(): number;
  get(key: StorageKey): Promise<KubeObject | undefined>;
  /** @throws {ApiError} `Expired` when `atResourceVersion` is no longer remembered */
  list(scope: StorageScope, options?: StorageListOptions): Promise<StorageList>;
  /**
   * Stores a new object and sets its resource version. The storage keeps `object` itself.
   * @returns undefined when there is one already
   */
  create(key: StorageKey, object: KubeObject): Promise<KubeObject | undefined>;
  /**
   * Replaces `expected`, compared by resource version. The storage keeps `object` itself.
   * @returns undefined when the object has changed or is gone
   */
  replace(key: StorageKey, object: KubeObject, expected: string): Promise<KubeObject | undefined>;
  /**
   * Removes `expected`, compared by resource version.
   * @returns its last state, numbered by the deletion; undefined when it has changed or is gone
   */
  delete(key: StorageKey, expected: string): Promise<KubeObject | undefined>;
  /**
   * Calls `sink` for every change after `fromResourceVersion`, in order: first what has happened since, before
   * this returns, then what happens.
   * @throws {ApiError} `Expired` when those changes are no longer remembered
   */
  watch(scope: StorageScope, fromResourceVersion: number, sink: (event: StorageEvent) => void): StorageWatch;
}
