import { cloneJson, createSuffix, equalJson, getKey, setKey } from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';
import type { Clock, Logger, Random } from '@clusternet/runtime';
import { recordUpdate } from '../apply/update-managers.ts';
import type { FieldRules } from '../apply/update-managers.ts';
import { ApiError } from '../errors/api-error.ts';
import type { StatusCause } from '../errors/api-error.ts';
import { createBadRequest, createConflict, createInvalid } from '../errors/status-errors.ts';
import { applySchemaDefaults } from '../schema/apply-defaults.ts';
import { validateSchema } from '../schema/validate-schema.ts';
import type { Storage, StorageKey } from '../storage/storage.ts';
import type { Admission, StoredResourceDefinition, WriteContext } from './definition.ts';
import { invalidValue, validateMetadata, validateMetadataUpdate } from './object-rules.ts';
import { parseUnsigned } from './query-values.ts';

/** What resources share. */
export interface RegistryDeps {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
  /** Changes or refuses writes after defaulting, before validation. */
  readonly admit: Admission;
  /** Refuses valid writes; it sees what will be stored. @default nothing is refused */
  readonly validate?: Admission;
  readonly log: Logger;
}

/** Now, as metadata writes it. */
export function formatTimestamp(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
}

export function keyOf(definition: StoredResourceDefinition, namespace: string, name: string): StorageKey {
  return { resource: definition.storageResource, namespace: definition.namespaced ? namespace : '', name };
}

/**
 * Checks that an object is of the resource's kind, and fills in type, name and namespace from the path.
 * @throws {ApiError} `BadRequest`
 */
export function completeIdentity(
  object: KubeObject,
  definition: StoredResourceDefinition,
  namespace: string,
  name: string,
): void {
  const apiVersion =
    definition.group === '' ? definition.version : `${definition.group}/${definition.version}`;
  // It came from a client: what the type says of it is not so until here.
  const given = object as Partial<KubeObject>;
  given.apiVersion ??= apiVersion;
  given.kind ??= definition.kind;
  given.metadata ??= {};
  if (object.apiVersion !== apiVersion || object.kind !== definition.kind) {
    throw createBadRequest(
      `${object.kind} in version ${JSON.stringify(object.apiVersion)} cannot be handled as a ${definition.kind}: no kind ${JSON.stringify(object.kind)} is registered for version ${JSON.stringify(object.apiVersion)}`,
    );
  }
  const { metadata } = object;
  if (definition.namespaced) {
    metadata.namespace ??= namespace;
    if (metadata.namespace === '') metadata.namespace = namespace;
    if (metadata.namespace !== namespace) {
      throw createBadRequest(
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    }
  } else delete metadata.namespace;
  if (name === '') return;
  const named: unknown = metadata.name; // of whatever type where no schema says
  if (typeof named !== 'string' || named === '') {
    throw createBadRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  }
  if (named !== name) {
    throw createBadRequest(`the name of the object (${named}) does not match the name on the URL (${name})`);
  }
}

/** Fills in defaults: those of the schema, then those of the kind. */
export function applyDefaults(object: KubeObject, definition: StoredResourceDefinition): void {
  if (definition.schema !== undefined) applySchemaDefaults(object as unknown as JsonValue, definition.schema);
  definition.strategy.applyDefaults?.(object);
}

/** Takes out of a new object what clients may not set, and fills in defaults. */
export function prepareNew(definition: StoredResourceDefinition, object: KubeObject): void {
  for (const key of SYSTEM_FIELDS) Reflect.deleteProperty(object.metadata, key);
  if (definition.hasStatus) delete object['status'];
  applyDefaults(object, definition);
}

const SYSTEM_FIELDS = [
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'resourceVersion',
  'selfLink',
  'uid',
] as const;

/** Gives a new object its identity, and what the kind gives to new objects. */
export async function completeNew(
  deps: RegistryDeps,
  definition: StoredResourceDefinition,
  object: KubeObject,
  context: WriteContext,
): Promise<void> {
  const { metadata } = object;
  metadata.uid = deps.random.uuid();
  metadata.creationTimestamp = formatTimestamp(deps.clock.nowMs());
  if ((metadata.name ?? '') === '' && metadata.generateName !== undefined && metadata.generateName !== '') {
    metadata.name = `${metadata.generateName.slice(0, 58)}${createSuffix(deps.random.bytes(16))}`;
  }
  await definition.strategy.prepareCreate?.(object, context);
  if (definition.strategy.hasGeneration === false) delete metadata.generation;
  else metadata.generation = 1;
}

/** Keeps what an update may not change: system metadata, and the parts that belong to another endpoint. */
export function restoreProtected(
  definition: StoredResourceDefinition,
  next: KubeObject,
  live: KubeObject,
  subresource: string,
): void {
  const metadata = next.metadata as unknown as JsonObject;
  const before = live.metadata as unknown as JsonObject;
  for (const key of ['creationTimestamp', 'generation', 'selfLink']) {
    if (before[key] === undefined) Reflect.deleteProperty(metadata, key);
    else metadata[key] = before[key];
  }
  if ((metadata['uid'] ?? '') === '' && before['uid'] !== undefined) metadata['uid'] = before['uid'];
  if (before['deletionTimestamp'] !== undefined) metadata['deletionTimestamp'] = before['deletionTimestamp'];
  if (before['deletionGracePeriodSeconds'] !== undefined)
    metadata['deletionGracePeriodSeconds'] ??= before['deletionGracePeriodSeconds'];
  const writes = subresource === 'status' ? ['status'] : definition.extraSubresources?.[subresource]?.writes;
  if (writes !== undefined) {
    for (const key of new Set([...Object.keys(next), ...Object.keys(live)])) {
      if (!writes.includes(key) && key !== 'metadata')
        setOrDelete(next, key, getKey(live as unknown as JsonObject, key));
    }
    if (definition.dialect === 'custom') {
      next.metadata = { ...cloneJson(live.metadata), resourceVersion: next.metadata.resourceVersion ?? '' };
    }
  } else if (definition.hasStatus) setOrDelete(next, 'status', live['status']);
}

function setOrDelete(object: KubeObject, key: string, value: unknown): void {
  if (value === undefined) Reflect.deleteProperty(object, key);
  else setKey(object as unknown as JsonObject, key, cloneJson(value) as JsonValue);
}

/** Adds one to the generation when anything but metadata and status has changed. */
export function bumpGeneration(
  definition: StoredResourceDefinition,
  next: KubeObject,
  live: KubeObject,
): void {
  if (definition.strategy.hasGeneration === false) return;
  const { metadata: _a, ...after } = next;
  const { metadata: _b, ...before } = live;
  if (definition.hasStatus) {
    delete after['status'];
    delete before['status'];
  }
  next.metadata.generation = (live.metadata.generation ?? 0) + (equalJson(after, before) ? 0 : 1);
}

/**
 * Checks an object against metadata rules, schema and the kind's own rules.
 * @throws {ApiError} `Invalid`
 */
export function assertValid(
  definition: StoredResourceDefinition,
  next: KubeObject,
  live: KubeObject | undefined,
): void {
  const causes: StatusCause[] = [...validateMetadata(next, definition)];
  if (live !== undefined) causes.push(...validateMetadataUpdate(next, live));
  if (definition.schema !== undefined && definition.dialect === 'custom') {
    causes.push(...validateSchema(next as unknown as JsonValue, definition.schema, ''));
  }
  causes.push(...(definition.strategy.validate?.(next, live) ?? []));
  if (causes.length > 0) throw createInvalid(definition, next.metadata.name ?? '', causes);
}

/** The fields that an endpoint of a resource does not own. */
export function fieldRulesOf(definition: StoredResourceDefinition, subresource: string): FieldRules {
  const { schema } = definition;
  if (subresource === 'status') return { schema, ignored: ['spec'] };
  return { schema, ignored: definition.hasStatus ? ['status'] : [] };
}

/** Records who owns what after an update or a create. */
export function recordOwners(
  deps: RegistryDeps,
  definition: StoredResourceDefinition,
  change: { next: KubeObject; live: KubeObject | undefined; subresource: string; context: WriteContext },
): void {
  const { next, live, subresource, context } = change;
  const writer = {
    manager: context.fieldManager,
    apiVersion: next.apiVersion,
    subresource,
    time: formatTimestamp(deps.clock.nowMs()),
  };
  recordUpdate(live, next, writer, fieldRulesOf(definition, subresource));
}

/**
 * @param isWhole - the client sent the whole object, uid and all
 * @throws {ApiError} `Conflict` when an update starts from another state or another object of that name, `Invalid`
 *   where it has to say which state it starts from
 */
export function assertSameObject(
  definition: StoredResourceDefinition,
  next: KubeObject,
  live: KubeObject,
  isWhole: boolean,
): void {
  const { resourceVersion = '', uid, name = '' } = next.metadata;
  if (isWhole && uid !== undefined && uid !== '' && uid !== live.metadata.uid) {
    throw createConflict(
      definition,
      name,
      `StorageError: invalid object, Code: 4, Key: ${definition.storageResource}/${name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid ?? ''}`,
    );
  }
  const version = resourceVersion === '' ? 0 : parseUnsigned(resourceVersion);
  if (typeof version === 'string') throw new ApiError('Unknown', version);
  if (version === 0) {
    if (definition.strategy.allowsUnconditionalUpdate ?? definition.dialect === 'built-in') return;
    throw createInvalid({ group: definition.group, kind: definition.resource }, name, [
      invalidValue('metadata.resourceVersion', 0, 'must be specified for an update'),
    ]);
  }
  if (resourceVersion !== live.metadata.resourceVersion) throw createConflict(definition, name);
}
