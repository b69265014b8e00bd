import { cloneJson } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import type { Status } from '../errors/api-error.ts';
import { createConflict, createNotFound } from '../errors/status-errors.ts';
import type { StorageKey } from '../storage/storage.ts';
import { createAdmissionRequest } from './admission-request.ts';
import type { StoredResourceDefinition, WriteContext } from './definition.ts';
import { formatTimestamp, keyOf } from './write-pipeline.ts';
import type { RegistryDeps } from './write-pipeline.ts';

/** `DeleteOptions`, as far as they matter. */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  /** One of many: an object that is gone already counts as deleted, and admission is not told the name. */
  readonly isOfMany?: boolean;
  /** Admission has had its say about the request that this deletion is part of. @default false */
  readonly isAdmitted?: boolean;
}

/** What a deletion answers: the object while it is waiting for something, or a Status when it is gone. */
export interface DeleteResult {
  readonly isGone: boolean;
  readonly answer: KubeObject | Status;
}

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';
const MAX_ATTEMPTS = 30;

/**
 * Deletes an object, or marks it and waits for its finalizers.
 * @throws {ApiError} `NotFound`, or `Conflict` when a precondition fails
 */
export async function deleteObject(
  deps: RegistryDeps,
  definition: StoredResourceDefinition,
  at: { readonly namespace: string; readonly name: string },
  options: DeleteOptions,
  context: WriteContext,
): Promise<DeleteResult> {
  const key = keyOf(definition, at.namespace, at.name);
  for (let attempt = 1; ; attempt += 1) {
    const stored = await deps.storage.get(key);
    if (stored === undefined) {
      if (options.isOfMany === true) return { isGone: true, answer: createSuccess(definition, at.name, '') };
      throw createNotFound(definition, at.name);
    }
    assertPreconditions(definition, stored, options);
    if (attempt === 1 && options.isAdmitted !== true) {
      const live = definition.fromStorage?.(stored) ?? stored;
      const request = createAdmissionRequest(definition, {
        operation: 'DELETE',
        subresource: '',
        namespace: at.namespace,
        name: options.isOfMany === true ? '' : at.name,
        object: undefined,
        live,
        context,
        options: describeOptions(options, context),
      });
      await deps.admit(request);
      await deps.validate?.(request);
    }
    const result = await deleteOnce(deps, definition, { key, stored }, options, context);
    if (result !== undefined) return result;
    if (attempt >= MAX_ATTEMPTS) throw createConflict(definition, at.name);
  }
}

function describeOptions(
  { gracePeriodSeconds, propagationPolicy, preconditions }: DeleteOptions,
  { dryRun }: WriteContext,
): JsonObject {
  return {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(preconditions === undefined ? {} : { preconditions: { ...preconditions } }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(dryRun ? { dryRun: ['All'] } : {}),
  };
}

/** The object to delete as it is stored now. */
interface Target {
  readonly key: StorageKey;
  readonly stored: KubeObject;
}

async function deleteOnce(
  deps: RegistryDeps,
  definition: StoredResourceDefinition,
  target: Target,
  options: DeleteOptions,
  context: WriteContext,
): Promise<DeleteResult | undefined> {
  const { key, stored } = target;
  const { resourceVersion = '', name = '', uid = '', finalizers: current = [] } = stored.metadata;
  const finalizers = planFinalizers(definition, current, options);
  const graceSeconds = definition.strategy.getGraceSeconds?.(stored, options.gracePeriodSeconds) ?? 0;
  const convert = (object: KubeObject): KubeObject => definition.fromStorage?.(object) ?? object;

  if (finalizers.length === 0 && graceSeconds === 0 && definition.strategy.isHeld?.(stored) !== true) {
    const gone = context.dryRun ? stored : await deps.storage.delete(key, resourceVersion);
    return gone === undefined ? undefined : { isGone: true, answer: createSuccess(definition, name, uid) };
  }
  const next = createMarked(deps, definition, stored, { finalizers, graceSeconds });
  if (next === undefined) return { isGone: false, answer: convert(stored) };
  if (context.dryRun) return { isGone: false, answer: convert(next) };
  const marked = await deps.storage.replace(key, next, resourceVersion);
  return marked === undefined ? undefined : { isGone: false, answer: convert(marked) };
}

/** The object marked as being deleted; undefined when it says so already, as strongly. */
function createMarked(
  deps: RegistryDeps,
  definition: StoredResourceDefinition,
  stored: KubeObject,
  plan: { readonly finalizers: string[]; readonly graceSeconds: number },
): KubeObject | undefined {
  const { finalizers, graceSeconds } = plan;
  const { deletionTimestamp: since, deletionGracePeriodSeconds: grace = 0, generation = 0 } = stored.metadata;
  const isSame = finalizers.join() === (stored.metadata.finalizers ?? []).join();
  if (since !== undefined && isSame && graceSeconds >= grace) return undefined;
  const next = cloneJson(stored);
  const { metadata } = next;
  if (finalizers.length === 0) delete metadata.finalizers;
  else metadata.finalizers = finalizers;
  const isKept = since !== undefined && graceSeconds === grace;
  metadata.deletionTimestamp = isKept ? since : formatTimestamp(deps.clock.nowMs() + graceSeconds * 1000);
  metadata.deletionGracePeriodSeconds = graceSeconds;
  if (since === undefined && definition.strategy.hasGeneration !== false)
    metadata.generation = generation + 1;
  definition.strategy.prepareDelete?.(next);
  return next;
}

function assertPreconditions(
  definition: StoredResourceDefinition,
  stored: KubeObject,
  options: DeleteOptions,
): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const { name = '' } = stored.metadata;
  if (uid !== undefined && uid !== stored.metadata.uid) {
    throw createConflict(
      definition,
      name,
      `the UID in the precondition (${uid}) does not match the UID in record (${stored.metadata.uid ?? ''}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== stored.metadata.resourceVersion) {
    throw createConflict(
      definition,
      name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${stored.metadata.resourceVersion ?? ''}). The object might have been modified`,
    );
  }
}

/** The finalizers that the garbage collector answers to, as the propagation policy wants them. */
function planFinalizers(
  definition: StoredResourceDefinition,
  current: readonly string[],
  options: DeleteOptions,
): string[] {
  const policy = options.propagationPolicy ?? definition.strategy.defaultPropagation;
  if (policy === undefined) return [...current]; // what the object says itself holds
  const others = current.filter((item) => item !== FOREGROUND && item !== ORPHAN);
  if (policy === 'Foreground') return [...others, FOREGROUND];
  return policy === 'Orphan' ? [...others, ORPHAN] : others;
}

function createSuccess(definition: StoredResourceDefinition, name: string, uid: string): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name,
      ...(definition.group === '' ? {} : { group: definition.group }),
      kind: definition.resource,
      ...(uid === '' ? {} : { uid }),
    },
  };
}
