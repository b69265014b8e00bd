import { equalJson } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { ApiError } from '../errors/api-error.ts';
import {
  createAlreadyExists,
  createBadRequest,
  createConflict,
  createNotFound,
} from '../errors/status-errors.ts';
import type { StorageKey } from '../storage/storage.ts';
import type { StoredResourceDefinition, WriteContext } from './definition.ts';
import { deleteObject } from './delete-object.ts';
import type { DeleteOptions, DeleteResult } from './delete-object.ts';
import { listObjects } from './read-objects.ts';
import type { ListOptions, ObjectList } from './read-objects.ts';
import { watchObjects } from './watch-objects.ts';
import type { ObjectWatch, WatchOptions, WatchSink } from './watch-objects.ts';
import {
  applyDefaults,
  assertSameObject,
  assertValid,
  bumpGeneration,
  cleanInput,
  completeIdentity,
  keyOf,
  prepareNew,
  recordOwners,
  restoreProtected,
} from './write-pipeline.ts';
import type { RegistryDeps } from './write-pipeline.ts';

/** An update: where it goes, and how the next state comes out of the live one. */
export interface UpdateRequest {
  readonly namespace: string;
  readonly name: string;
  /** Empty for the object itself. */
  readonly subresource: string;
  /**
   * Makes the next state: a private object. Called again when the object has changed meanwhile.
   * @param live - shared: never written to. Undefined for an object that is not there and may be made.
   */
  readonly produce: (live: KubeObject | undefined) => KubeObject | Promise<KubeObject>;
  /** Whether what is not there is made. @default false */
  readonly creates?: boolean;
  /** Keeps the record of owners that `produce` has written. @default false */
  readonly keepsOwners?: boolean;
}

/** The outcome of a write. */
export interface WriteResult {
  readonly object: KubeObject;
  readonly isCreated: boolean;
}

/**
 * A kind of object over a storage: what its HTTP endpoints do, for callers in this process. Objects that it
 * returns are shared and must not be written to.
 */
export interface StoredResource {
  readonly definition: StoredResourceDefinition;
  get(namespace: string, name: string): Promise<KubeObject>;
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
  const toStored = (object: KubeObject): KubeObject => definition.toStorage?.(object) ?? object;
  const fromStored = (object: KubeObject): KubeObject => definition.fromStorage?.(object) ?? object;
  const read = async (key: StorageKey): Promise<KubeObject | undefined> => {
    const stored = await deps.storage.get(key);
    return stored === undefined ? undefined : fromStored(stored);
  };

  const insert = async (
    namespace: string,
    object: KubeObject,
    context: WriteContext,
    subresource: string,
    keepsOwners: boolean,
  ): Promise<KubeObject> => {
    await prepareNew(deps, definition, object, context);
    const name = object.metadata.name ?? '';
    await deps.admit({
      operation: 'CREATE',
      resource: definition,
      subresource,
      namespace,
      name,
      object,
      live: undefined,
      context,
      options: {},
    });
    assertValid(definition, object, undefined);
    if (!keepsOwners) recordOwners(deps, definition, { next: object, live: undefined, subresource, context });
    const key = keyOf(definition, namespace, name);
    if (context.dryRun) {
      if ((await deps.storage.get(key)) !== undefined) throw createAlreadyExists(definition, name);
      return object;
    }
    const stored = await deps.storage.create(key, toStored(object));
    if (stored === undefined) throw createAlreadyExists(definition, name);
    return fromStored(stored);
  };

  const replace = async (
    live: KubeObject,
    next: KubeObject,
    request: UpdateRequest,
    context: WriteContext,
  ): Promise<KubeObject | undefined> => {
    const { namespace, name, subresource } = request;
    assertSameObject(definition, next, live);
    restoreProtected(definition, next, live, subresource);
    applyDefaults(next, definition);
    await definition.strategy.prepareUpdate?.(next, live, subresource, context);
    if (subresource !== 'status') bumpGeneration(definition, next, live);
    await deps.admit({
      operation: 'UPDATE',
      resource: definition,
      subresource,
      namespace,
      name,
      object: next,
      live,
      context,
      options: {},
    });
    assertValid(definition, next, live);
    if (request.keepsOwners !== true) recordOwners(deps, definition, { next, live, subresource, context });
    next.metadata.resourceVersion = live.metadata.resourceVersion ?? '';
    if (equalJson(next, live)) return live;
    if (context.dryRun) return next;
    const key = keyOf(definition, namespace, name);
    const stored = isFinished(definition, next)
      ? await deps.storage.delete(key, live.metadata.resourceVersion ?? '')
      : await deps.storage.replace(key, toStored(next), live.metadata.resourceVersion ?? '');
    if (stored === undefined) return undefined; // changed meanwhile: the caller looks again
    return isFinished(definition, next) ? next : fromStored(stored);
  };

  const resource: StoredResource = {
    definition,
    async get(namespace, name) {
      const found = await read(keyOf(definition, namespace, name));
      if (found === undefined) throw createNotFound(definition, name);
      return found;
    },
    list: (namespace, options = {}) => listObjects(deps.storage, definition, namespace, options),
    watch: (namespace, options, sink) => watchObjects(deps, definition, namespace, options, sink),
    async create(namespace, object, context) {
      completeIdentity(object, definition, namespace, '');
      cleanInput(object, definition, context);
      if (definition.namespaced && namespace === '') {
        throw createBadRequest('an empty namespace may not be set during creation');
      }
      if ((object.metadata.resourceVersion ?? '') !== '')
        throw new ApiError('InternalError', 'resourceVersion should not be set on objects to be created');
      return insert(namespace, object, context, '', false);
    },
    async update(request, context) {
      const { namespace, name, subresource, produce } = request;
      const key = keyOf(definition, namespace, name);
      for (let attempt = 1; ; attempt += 1) {
        const live = await read(key);
        if (live === undefined && request.creates !== true) throw createNotFound(definition, name);
        const next = await produce(live);
        completeIdentity(next, definition, namespace, name);
        cleanInput(next, definition, context);
        if (live === undefined) {
          if ((next.metadata.resourceVersion ?? '') !== '') throw createConflict(definition, name);
          return {
            object: await insert(namespace, next, context, subresource, request.keepsOwners === true),
            isCreated: true,
          };
        }
        const object = await replace(live, next, request, context);
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
        await deleteObject(deps, definition, at, { ...options, ignoresNotFound: true }, context);
      }
      return items;
    },
  };
  return resource;
}

/** Whether an object that is being deleted has nothing left to wait for. */
function isFinished(definition: StoredResourceDefinition, object: KubeObject): boolean {
  const { deletionTimestamp, finalizers = [], deletionGracePeriodSeconds = 0 } = object.metadata;
  if (deletionTimestamp === undefined || finalizers.length > 0 || deletionGracePeriodSeconds > 0)
    return false;
  return definition.strategy.isHeld?.(object) !== true;
}
