import { equalJson } from '@clusternet/kube-data';
import type { JsonObject } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { cleanInput } from '../decode/clean-object.ts';
import { createAlreadyExists } from '../errors/status-errors.ts';
import type { StorageKey } from '../storage/storage.ts';
import { createAdmissionRequest, replaceContent } from './admission-request.ts';
import type { AdmittedWrite } from './admission-request.ts';
import type { StoredResourceDefinition, WriteContext } from './definition.ts';
import type { UpdateRequest } from './update-request.ts';
import {
  applyDefaults,
  assertSameObject,
  assertValid,
  bumpGeneration,
  completeIdentity,
  completeNew,
  keyOf,
  prepareNew,
  recordOwners,
  restoreProtected,
} from './write-pipeline.ts';
import type { RegistryDeps } from './write-pipeline.ts';

/** As often as kube-apiserver makes a name for an object. */
const MAX_NAMES = 8;

/** A new object, checked against its kind and private to the callee. */
export interface Insertion extends Pick<
  UpdateRequest,
  'assertCreatable' | 'keepsOwners' | 'namespace' | 'subresource' | 'view'
> {
  readonly object: KubeObject;
}

/**
 * Takes a new object through defaulting, admission and validation into storage.
 * @throws {ApiError} `AlreadyExists`, `Invalid` or what admission says
 */
export async function insertObject(
  deps: RegistryDeps,
  definition: StoredResourceDefinition,
  insertion: Insertion,
  context: WriteContext,
): Promise<KubeObject> {
  const { namespace, subresource, object } = insertion;
  prepareNew(definition, object);
  if (insertion.keepsOwners !== true)
    recordOwners(deps, definition, { next: object, live: undefined, subresource, context });
  const replaceObject = (next: KubeObject): void => {
    const { managedFields } = object.metadata;
    replaceContent(object, next);
    completeIdentity(object, definition, namespace, '');
    cleanInput(object, definition);
    prepareNew(definition, object);
    keepOwners(object, managedFields);
  };
  const isNamed = (object.metadata.name ?? '') !== '';
  const createWrite = (): AdmittedWrite => ({
    operation: 'CREATE',
    subresource,
    namespace,
    name: object.metadata.name ?? '',
    object,
    live: undefined,
    context,
    view: insertion.view?.(object, undefined),
    replaceObject,
  });
  await deps.admit(createAdmissionRequest(definition, createWrite()));
  for (let attempt = 1; ; attempt += 1) {
    if (!isNamed) delete object.metadata.name; // each attempt makes one
    await completeNew(deps, definition, object, context);
    assertValid(definition, object, undefined);
    await insertion.assertCreatable?.();
    await deps.validate?.(createAdmissionRequest(definition, createWrite()));
    const name = object.metadata.name ?? '';
    const stored = await store(deps, definition, keyOf(definition, namespace, name), { object, context });
    if (stored !== undefined) return stored;
    if (isNamed || attempt >= MAX_NAMES) throw createAlreadyExists(definition, name);
  }
}

async function store(
  deps: RegistryDeps,
  definition: StoredResourceDefinition,
  key: StorageKey,
  { object, context }: { readonly object: KubeObject; readonly context: WriteContext },
): Promise<KubeObject | undefined> {
  if (context.dryRun) return (await deps.storage.get(key)) === undefined ? object : undefined;
  const stored = await deps.storage.create(key, definition.toStorage?.(object) ?? object);
  return stored === undefined ? undefined : (definition.fromStorage?.(stored) ?? stored);
}

/** A next state, checked against its kind and private to the callee, for a live object that is shared. */
export interface Replacement extends Pick<
  UpdateRequest,
  'keepsOwners' | 'name' | 'namespace' | 'patch' | 'subresource' | 'view'
> {
  readonly live: KubeObject;
  readonly next: KubeObject;
}

/**
 * Takes the next state of an object through defaulting, admission and validation into storage.
 *
 * @returns undefined when the object has changed meanwhile
 * @throws {ApiError} `Conflict`, `Invalid` or what admission says
 */
export async function replaceObject(
  deps: RegistryDeps,
  definition: StoredResourceDefinition,
  replacement: Replacement,
  context: WriteContext,
): Promise<KubeObject | undefined> {
  const { namespace, name, subresource, live, next } = replacement;
  assertSameObject(definition, next, live, replacement.patch === undefined);
  restoreProtected(definition, next, live, subresource);
  applyDefaults(next, definition);
  if (replacement.keepsOwners !== true) recordOwners(deps, definition, { next, live, subresource, context });
  const write: AdmittedWrite = {
    operation: 'UPDATE',
    subresource,
    namespace,
    name,
    object: next,
    live,
    context,
    view: replacement.view?.(next, live),
    replaceObject: (changed) => {
      const { managedFields } = next.metadata;
      replaceContent(next, changed);
      completeIdentity(next, definition, namespace, name);
      cleanInput(next, definition);
      restoreProtected(definition, next, live, subresource);
      applyDefaults(next, definition);
      keepOwners(next, managedFields);
    },
  };
  await deps.admit(createAdmissionRequest(definition, write));
  await definition.strategy.prepareUpdate?.(next, live, subresource, context);
  if (subresource !== 'status') bumpGeneration(definition, next, live);
  next.metadata.resourceVersion = live.metadata.resourceVersion ?? '';
  assertValid(definition, next, live);
  await deps.validate?.(createAdmissionRequest(definition, write));
  if (isUnchanged(next, live)) return live;
  if (context.dryRun) return next;
  const key = keyOf(definition, namespace, name);
  const isGone = isFinished(definition, next);
  const stored = isGone
    ? await deps.storage.delete(key, live.metadata.resourceVersion ?? '')
    : await deps.storage.replace(
        key,
        definition.toStorage?.(next) ?? next,
        live.metadata.resourceVersion ?? '',
      );
  if (stored === undefined || isGone) return stored === undefined ? undefined : next;
  return definition.fromStorage?.(stored) ?? stored;
}

/**
 * Whether a write changes nothing. That a manager has written again is no change: where admission takes a change back, the
 * times in the record of managers are all that differs.
 */
function isUnchanged(next: KubeObject, live: KubeObject): boolean {
  if (equalJson(next, live)) return true;
  const [after, before] = [next, live].map(
    ({ metadata }) => metadata.managedFields as JsonObject[] | undefined,
  );
  if (after === undefined || after.length !== before?.length) return false;
  const isSameRecord = after.every((entry, index) =>
    equalJson({ ...entry, time: null }, { ...before[index], time: null }),
  );
  return isSameRecord && equalJson(withoutRecord(next), withoutRecord(live));
}

function withoutRecord(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, managedFields: [] } };
}

/** What admission changes belongs to nobody. */
function keepOwners(object: KubeObject, managedFields: KubeObject['metadata']['managedFields']): void {
  if (managedFields === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = managedFields;
}

/** Whether an object that is being deleted has nothing left to wait for. */
function isFinished(definition: StoredResourceDefinition, object: KubeObject): boolean {
  const { deletionTimestamp, finalizers = [], deletionGracePeriodSeconds = 0 } = object.metadata;
  if (deletionTimestamp === undefined || finalizers.length > 0 || deletionGracePeriodSeconds > 0)
    return false;
  return definition.strategy.isHeld?.(object) !== true;
}
