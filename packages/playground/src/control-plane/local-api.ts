import { createPathNotFound } from '@clusternet/apiserver';
import type { StoredResource } from '@clusternet/apiserver';

/** The stored resources of a control plane, for what runs inside it. */
export interface LocalApi {
  /** @throws {ApiError} `NotFound` for a kind that is not stored here */
  of(group: string, resource: string, version?: string): StoredResource;
  find(group: string, resource: string, version?: string): StoredResource | undefined;
  /** All of them, one version of each kind. */
  list(): readonly StoredResource[];
  /** All of them, in every version that is served. */
  listVersions(): readonly StoredResource[];
  add(resource: StoredResource): void;
  remove(group: string, version: string, resource: string): void;
  /** Calls back for every resource that is added later. */
  onAdd(callback: (resource: StoredResource) => void): () => void;
}

export function createLocalApi(): LocalApi {
  const resources = new Map<string, Map<string, StoredResource>>();
  const listeners = new Set<(resource: StoredResource) => void>();
  const keyOf = (group: string, resource: string): string =>
    group === '' ? resource : `${resource}.${group}`;
  const find = (group: string, resource: string, version?: string): StoredResource | undefined => {
    const versions = resources.get(keyOf(group, resource));
    return version === undefined ? versions?.values().next().value : versions?.get(version);
  };
  return {
    of(group, resource, version) {
      const found = find(group, resource, version);
      if (found === undefined) throw createPathNotFound();
      return found;
    },
    find,
    list: () => [...resources.values()].flatMap((versions) => [...versions.values()].slice(0, 1)),
    listVersions: () => [...resources.values()].flatMap((versions) => [...versions.values()]),
    add(resource) {
      const { group, version, resource: plural } = resource.definition;
      const key = keyOf(group, plural);
      const versions = resources.get(key) ?? new Map<string, StoredResource>();
      versions.set(version, resource);
      resources.set(key, versions);
      for (const listener of listeners) listener(resource);
    },
    remove(group, version, plural) {
      const key = keyOf(group, plural);
      const versions = resources.get(key);
      versions?.delete(version);
      if (versions?.size === 0) resources.delete(key);
    },
    onAdd(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
  };
}
