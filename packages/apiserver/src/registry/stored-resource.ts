import type { KubeObject } from '@clusternet/kube-data';
import { cleanInput } from '../decode/clean-object.ts';
import { createDecodeError, listStrictErrors, reportStrictErrors } from '../decode/strict-decoding.ts';
import { ApiError } from '../errors/api-error.ts';
import { createBadRequest, createConflict, createNotFound } from '../errors/status-errors.ts';
import type { StorageKey } from '../storage/storage.ts';
import type { StoredResourceDefinition, WriteContext } from './definition.ts';
import { deleteObject } from './delete-object.ts';
import type { DeleteOptions, DeleteResult } from './delete-object.ts';
import { assertReached, listObjects } from './read-objects.ts';
import type { ListOptions, ObjectList } from './read-objects.ts';
import type { UpdateRequest, WriteResult } from './update-request.ts';
import { watchObjects } from './watch-objects.ts';
import type { ObjectWatch, WatchOptions, WatchSink } from './watch-objects.ts';
import { insertObject, replaceObject } from './write-object.ts';
import { completeIdentity, keyOf } from './write-pipeline.ts';
import type { RegistryDeps } from './write-pipeline.ts';

/**
 * A kind of object over a storage: what its HTTP endpoints do, for callers in this process. Objects that it
 * returns are shared and must not be written to.
 */
export interface StoredResource {
  readonly definition: StoredResourceDefinition;
  get(namespace: string, name: string): Promise<KubeObject>;
  /** @throws {ApiError} `Timeout` for a resource version that has not been written yet */
  assertReached(resourceVersion: number): void;
  list(namespace: string, options?: ListOptions): Promise<ObjectList>;
  /** Calls `sink` for what is there (unless resuming) and for every change, until the result is closed. */
  watch(namespace: string, options: WatchOptions, sink: WatchSink): ObjectWatch;
  /** @param object - private to the callee */
  create(namespace: string, object: KubeObject, context: WriteContext): Promise<KubeObject>;
  update(request: UpdateRequest, context: WriteContext): Promise<WriteResult>;
  delete(
    namespace: string,
    name: string,
    options: DeleteOptions,
    context: WriteContext,
  ): Promise<DeleteResult>;
  /** Deletes what is selected; the objects as they were. */
  deleteCollection(
    namespace: string,
    selection: ListOptions,
    options: DeleteOptions,
    context: WriteContext,
  ): Promise<readonly KubeObject[]>;
}

const MAX_ATTEMPTS = 30;

/** Serves one kind out of a storage. */
export function createStoredResource(
  deps: RegistryDeps,
  definition: StoredResourceDefinition,
): StoredResource {
  const fromStored = (object: KubeObject): KubeObject => definition.fromStorage?.(object) ?? object;
  const read = async (key: StorageKey): Promise<KubeObject | undefined> => {
    const stored = await deps.storage.get(key);
    return stored === undefined ? undefined : fromStored(stored);
  };

  const resource: StoredResource = {
    definition,
    async get(namespace, name) {
      const found = await read(keyOf(definition, namespace, name));
      if (found === undefined) throw createNotFound(definition, name);
      return found;
    },
    assertReached: (resourceVersion) => assertReached(deps.storage, resourceVersion),
    list: (namespace, options = {}) => listObjects(deps.storage, definition, namespace, options),
    watch: (namespace, options, sink) => watchObjects(deps, definition, namespace, options, sink),
    async create(namespace, object, context) {
      completeIdentity(object, definition, namespace, '');
      const unknown = cleanInput(object, definition);
      reportStrictErrors(
        () => listStrictErrors(definition, unknown, context.source),
        context,
        (reason) => createDecodeError(object, definition, reason),
      );
      if (definition.namespaced && namespace === '') {
        throw createBadRequest('an empty namespace may not be set during creation');
      }
      if ((object.metadata.resourceVersion ?? '') !== '')
        throw new ApiError('InternalError', 'resourceVersion should not be set on objects to be created');
      return insertObject(deps, definition, { namespace, subresource: '', object }, context);
    },
    async update(request, context) {
      const { namespace, name, produce } = request;
      const key = keyOf(definition, namespace, name);
      for (let attempt = 1; ; attempt += 1) {
        const live = await read(key);
        if (live === undefined && request.creates !== true) throw createNotFound(definition, name);
        const next = await produce(live);
        completeIdentity(next, definition, namespace, name);
        reportUpdate(definition, next, request, context);
        if (live === undefined) {
          if ((next.metadata.resourceVersion ?? '') !== '') throw createConflict(definition, name);
          const object = await insertObject(deps, definition, { ...request, object: next }, context);
          return { object, isCreated: true };
        }
        const object = await replaceObject(deps, definition, { ...request, live, next }, context);
        if (object !== undefined) return { object, isCreated: false };
        if (attempt >= MAX_ATTEMPTS) throw createConflict(definition, name);
      }
    },
    delete: (namespace, name, options, context) =>
      deleteObject(deps, definition, { namespace, name }, options, context),
    async deleteCollection(namespace, selection, options, context) {
      const { items } = await listObjects(deps.storage, definition, namespace, selection);
      for (const item of items) {
        const at = { namespace: item.metadata.namespace ?? '', name: item.metadata.name ?? '' };
        await deleteObject(deps, definition, at, { ...options, isOfMany: true }, context);
      }
      return items;
    },
  };
  return resource;
}

/** Cleans the next state, and says what strict validation finds in it. */
function reportUpdate(
  definition: StoredResourceDefinition,
  next: KubeObject,
  { patch, keepsOwners }: UpdateRequest,
  context: WriteContext,
): void {
  const unknown = cleanInput(next, definition, keepsOwners);
  reportStrictErrors(
    () =>
      patch === undefined
        ? listStrictErrors(definition, unknown, context.source)
        : [...patch.listErrors(), ...listStrictErrors(definition, unknown, undefined)],
    context,
    (reason) => patch?.refuse(reason, next) ?? createDecodeError(next, definition, reason),
  );
}
