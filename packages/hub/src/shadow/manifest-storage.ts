import type { Manifest } from '@clusternet/api-types';
import type { Storage, StorageKey } from '@clusternet/apiserver';
import { isApiError } from '@clusternet/client';
import type { DeleteOptions, ResourceClient } from '@clusternet/client';
import { MAX_OBJECT_BYTES, sizeBytesOf } from '@clusternet/deployer';
import type { KubeObject } from '@clusternet/kube-data';
import { createManifest, objectOf, placeOf, updateManifest } from './manifest-form.ts';
import type { ManifestMemory } from './manifest-memory.ts';
import { manifestNameOf, secondManifestNameOf } from './manifest-names.ts';
import { createStorageError, createTooLargeError } from './parent-errors.ts';
import type { ShadowKind } from './shadow-kind.ts';

export interface ManifestStorageDeps {
  readonly manifests: ResourceClient<Manifest>;
  readonly memory: ManifestMemory;
  readonly reservedNamespace: string;
}

/** A storage whose objects are Manifests of the parent. */
export interface ManifestStorage extends Storage {
  /**
   * Deletes the Manifest of an object; one with finalizers stays until they are gone.
   * @returns false when there is none
   * @throws {ApiError} `Conflict` when a precondition fails
   */
  deleteManifest(key: StorageKey, options: DeleteOptions): Promise<boolean>;
  /** An object as it was seen last, without asking the parent. */
  peek(key: StorageKey): KubeObject | undefined;
}

/** How long a write waits for its own echo, so that a list that follows shows it. */
const ECHO_TIMEOUT_MS = 5000;

/**
 * Keeps the objects of one kind as Manifests. Single objects are read from the parent, so that every hub sees what another
 * just wrote; lists and watches come from memory, which has all that this hub wrote.
 */
export function createManifestStorage(deps: ManifestStorageDeps, kind: ShadowKind): ManifestStorage {
  const { manifests, memory, reservedNamespace: namespace } = deps;

  const fail = (key: StorageKey, cause: unknown): never => {
    throw createStorageError(kind, key.name, cause);
  };
  const echo = async (manifest: KubeObject): Promise<KubeObject> => {
    const version = Number(manifest.metadata.resourceVersion);
    await memory.settled(() => memory.objects.getResourceVersion() >= version, ECHO_TIMEOUT_MS);
    return objectOf(manifest);
  };
  const getNamed = async (key: StorageKey, name: string): Promise<Manifest | undefined> => {
    try {
      return await manifests.get({ namespace, name });
    } catch (error) {
      return isApiError(error, 'NOT_FOUND') ? undefined : fail(key, error);
    }
  };
  const holds = (manifest: Manifest | undefined, key: StorageKey): manifest is Manifest => {
    const place = manifest === undefined ? undefined : placeOf(manifest);
    return place?.resource === key.resource && place.namespace === key.namespace && place.name === key.name;
  };
  const findLive = async (key: StorageKey): Promise<Manifest | undefined> => {
    const known = memory.findManifest(key)?.metadata.name ?? manifestNameOf(kind, key);
    const first = await getNamed(key, known);
    if (first === undefined || holds(first, key)) return first;
    const second = await getNamed(key, secondManifestNameOf(kind, key));
    return holds(second, key) ? second : undefined;
  };
  /** The Manifest in the state that a write starts from. */
  const findExpected = async (key: StorageKey, expected: string): Promise<Manifest | undefined> => {
    const seen = memory.findManifest(key);
    const manifest = seen?.metadata.resourceVersion === expected ? seen : await findLive(key);
    return manifest?.metadata.resourceVersion === expected ? manifest : undefined;
  };
  /** Refused with its size: what the parent's storage says about it helps nobody. */
  const fitting = (key: StorageKey, manifest: object): Manifest => {
    const bytes = sizeBytesOf(manifest);
    if (bytes <= MAX_OBJECT_BYTES) return manifest as Manifest; // what is made of an object is a Manifest
    throw createTooLargeError(kind, key.name, bytes);
  };
  const insert = async (
    key: StorageKey,
    object: KubeObject,
    name: string,
  ): Promise<KubeObject | undefined> => {
    const manifest = fitting(key, createManifest(object, { namespace, name }));
    try {
      return await echo(await manifests.create(manifest));
    } catch (error) {
      return isApiError(error, 'ALREADY_EXISTS') ? undefined : fail(key, error);
    }
  };
  const deleteManifest = async (key: StorageKey, options: DeleteOptions): Promise<boolean> => {
    const live = await findLive(key);
    if (live === undefined) return false;
    try {
      const uid = live.metadata.uid ?? '';
      await manifests.delete({ namespace, name: live.metadata.name ?? '' }, { uid, ...options });
    } catch (error) {
      return isApiError(error, 'NOT_FOUND') ? false : fail(key, error);
    }
    const isSeen = (): boolean => {
      const seen = memory.findManifest(key)?.metadata;
      return seen?.uid !== live.metadata.uid || seen?.deletionTimestamp !== undefined;
    };
    await memory.settled(isSeen, ECHO_TIMEOUT_MS);
    return true;
  };

  return {
    getResourceVersion: () => memory.objects.getResourceVersion(),
    async get(key) {
      const live = await findLive(key);
      return live === undefined ? undefined : objectOf(live);
    },
    list: (scope, options) =>
      new Promise((resolve) => {
        resolve(memory.objects.list(scope, options));
      }),
    watch: (scope, from, sink) => memory.objects.watch(scope, from, sink),
    async create(key, object) {
      if (memory.objects.find(key) !== undefined && (await findLive(key)) !== undefined) return undefined;
      const name = manifestNameOf(kind, key);
      const stored = await insert(key, object, name);
      if (stored !== undefined || holds(await getNamed(key, name), key)) return stored;
      return insert(key, object, secondManifestNameOf(kind, key));
    },
    async replace(key, object, expected) {
      const before = await findExpected(key, expected);
      if (before === undefined) return undefined;
      const manifest = fitting(key, updateManifest(before, object));
      try {
        return await echo(await manifests.update(manifest));
      } catch (error) {
        return isApiError(error, 'CONFLICT', 'NOT_FOUND') ? undefined : fail(key, error);
      }
    },
    async delete(key, expected) {
      const before = await findExpected(key, expected);
      if (before === undefined) return undefined;
      const isDeleted = await deleteManifest(key, { resourceVersion: expected });
      return isDeleted ? objectOf(before) : undefined;
    },
    deleteManifest,
    peek: (key) => memory.objects.find(key),
  };
}
