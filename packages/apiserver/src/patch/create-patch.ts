import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  cloneJson,
  isJsonObject,
  isParseError,
  isPatchError,
  parseJson,
  parseYaml,
} from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';
import type { Clock } from '@clusternet/runtime';
import { finishApply, planApply } from '../apply/update-managers.ts';
import { ApiError } from '../errors/api-error.ts';
import { createBadRequest, createInvalid } from '../errors/status-errors.ts';
import type { StoredResourceDefinition, WriteContext } from '../registry/definition.ts';
import type { UpdateRequest } from '../registry/stored-resource.ts';
import { cleanInput, completeIdentity, fieldRulesOf, formatTimestamp } from '../registry/write-pipeline.ts';
import { findTypeMismatch } from '../schema/find-type-mismatch.ts';
import { createPatchSchema } from './patch-schema.ts';

/** A patch as it arrives. */
export interface PatchInput {
  readonly contentType: string;
  readonly body: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  /** Takes fields from their owners in an apply. */
  readonly force: boolean;
}

/**
 * Reads a patch into an update.
 * @throws {ApiError} `UnsupportedMediaType` or `BadRequest`
 */
export function createPatch(
  deps: { readonly clock: Clock },
  definition: StoredResourceDefinition,
  input: PatchInput,
  context: WriteContext,
): UpdateRequest {
  const { namespace, name, subresource } = input;
  const base = { namespace, name, subresource };
  if (input.contentType === 'application/apply-patch+yaml') {
    return { ...base, ...createApply(deps, definition, input, context) };
  }
  if (input.force) {
    throw createInvalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
      {
        reason: 'FieldValueForbidden',
        message: 'Forbidden: may not be specified for non-apply patch',
        field: 'force',
      },
    ]);
  }
  return { ...base, produce: createProduce(definition, input) };
}

function createProduce(definition: StoredResourceDefinition, input: PatchInput): UpdateRequest['produce'] {
  const patch = parsePatch(input.body);
  const run = createRun(definition, input.contentType, patch);
  return (live) => {
    try {
      const next = run(live as unknown as JsonValue); // an object of the API is JSON
      if (!isJsonObject(next)) throw createBadRequest('the patch does not leave an object');
      assertTypes(definition, input.name, next);
      return cloneJson(next) as unknown as KubeObject; // checked by completeIdentity
    } catch (error) {
      if (isPatchError(error, 'TEST_FAILED')) {
        throw new ApiError('Invalid', 'the server rejected our request due to an error in our request', {});
      }
      if (isPatchError(error, 'MISSING_PATH') || isPatchError(error, 'INVALID_INDEX')) {
        throw createInvalid({ group: '', kind: '' }, '', [{ message: error.message, field: 'patch' }]);
      }
      // A list of operations that makes no sense is invalid; anything else is no patch at all.
      if (isPatchError(error) && Array.isArray(patch) && patch.every((item) => isJsonObject(item)))
        throw new ApiError('Invalid', 'the server rejected our request due to an error in our request', {});
      if (isPatchError(error)) throw createBadRequest(error.message);
      throw error;
    }
  };
}

/** What a patch leaves has to be of the types of the kind; for whole objects, decoding sees to that. */
function assertTypes(definition: StoredResourceDefinition, name: string, next: JsonObject): void {
  if (definition.dialect !== 'built-in' || definition.schema === undefined) return;
  const mismatch = findTypeMismatch(next, definition.schema);
  if (mismatch === undefined) return;
  const message = `Invalid value: ${mismatch}`;
  throw createInvalid(definition, name, [{ reason: 'FieldValueInvalid', message, field: 'patch' }]);
}

function createRun(
  definition: StoredResourceDefinition,
  contentType: string,
  patch: JsonValue,
): (live: JsonValue) => JsonValue {
  if (contentType === 'application/json-patch+json') return (live) => applyJsonPatch(live, patch);
  if (contentType !== 'application/json-patch+json' && !isJsonObject(patch)) {
    throw createBadRequest('a merge patch must be an object');
  }
  if (contentType === 'application/merge-patch+json') return (live) => applyMergePatch(live, patch);
  if (contentType === 'application/strategic-merge-patch+json' && definition.dialect === 'built-in') {
    return (live) => applyStrategicMergePatch(live, patch, createPatchSchema(definition.schema));
  }
  const accepted = [
    'application/json-patch+json',
    'application/merge-patch+json',
    ...(definition.dialect === 'built-in' ? ['application/strategic-merge-patch+json'] : []),
    'application/apply-patch+yaml',
  ];
  throw new ApiError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

function parsePatch(body: string): JsonValue {
  try {
    return parseJson(body);
  } catch (error) {
    if (isParseError(error)) throw createBadRequest(`error decoding patch: ${error.message}`);
    throw error;
  }
}

function createApply(
  deps: { readonly clock: Clock },
  definition: StoredResourceDefinition,
  input: PatchInput,
  context: WriteContext,
): Pick<UpdateRequest, 'creates' | 'keepsOwners' | 'produce'> {
  const config = parseConfig(input.body);
  if (context.fieldManager === '') {
    throw createInvalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
      {
        reason: 'FieldValueRequired',
        message: 'Required value: is required for apply patch',
        field: 'fieldManager',
      },
    ]);
  }
  completeIdentity(config, definition, input.namespace, input.name);
  cleanInput(config, definition, context, true);
  if (config.metadata.managedFields !== undefined)
    throw createBadRequest('metadata.managedFields must be nil');
  const rules = fieldRulesOf(definition, input.subresource);
  return {
    creates: input.subresource === '',
    keepsOwners: true,
    produce: (live) => {
      const writer = {
        manager: context.fieldManager,
        apiVersion: config.apiVersion,
        subresource: input.subresource,
        time: formatTimestamp(deps.clock.nowMs()),
      };
      const base = live ?? createSkeleton(config);
      const { merged, managers } = planApply(base, config, writer, rules);
      const next = cloneJson(merged);
      finishApply(base, next, { config, managers, writer, force: input.force }, rules);
      return next;
    },
  };
}

function createSkeleton({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): KubeObject {
  const metadata = {
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
  };
  return { apiVersion, kind, metadata };
}

function parseConfig(body: string): KubeObject {
  let value: JsonValue;
  try {
    value = body.trimStart().startsWith('{') ? parseJson(body) : parseYaml(body);
  } catch (error) {
    if (isParseError(error)) throw createBadRequest(`error decoding YAML: ${error.message}`);
    throw error;
  }
  if (!isJsonObject(value)) throw createBadRequest('an applied configuration is an object');
  value['metadata'] ??= {}; // the request names the object
  if (!isJsonObject(value['metadata'])) throw createBadRequest('metadata is an object');
  return value as unknown as KubeObject; // apiVersion and kind are checked by completeIdentity
}
