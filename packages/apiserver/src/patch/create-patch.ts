import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  cloneJson,
  findStrictErrors,
  isJsonObject,
  isParseError,
  isPatchError,
  parseJson,
  parseYaml,
  stringifyJson,
} from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';
import type { Clock } from '@clusternet/runtime';
import { finishApply, planApply } from '../apply/update-managers.ts';
import { ApiError } from '../errors/api-error.ts';
import { createBadRequest, createInvalid } from '../errors/status-errors.ts';
import type { StoredResourceDefinition, WriteContext } from '../registry/definition.ts';
import { invalidValue } from '../registry/object-rules.ts';
import { createDecodeError, listDuplicates, reportStrictErrors } from '../registry/strict-decoding.ts';
import type { UpdateRequest } from '../registry/update-request.ts';
import { cleanConfig, completeIdentity, fieldRulesOf, formatTimestamp } from '../registry/write-pipeline.ts';
import { findTypeMismatch } from '../schema/find-type-mismatch.ts';
import { formatGoValue } from './format-go-value.ts';
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
  return { ...base, ...createProduce(definition, input, context) };
}

function createProduce(
  definition: StoredResourceDefinition,
  input: PatchInput,
  context: WriteContext,
): Pick<UpdateRequest, 'produce' | 'strict'> {
  const run = createRun(definition, input.contentType, input.body);
  const errors = context.fieldValidation === 'Ignore' ? [] : listPatchErrors(input);
  const produce: UpdateRequest['produce'] = (live) => {
    try {
      const next = run.apply(live as unknown as JsonValue); // an object of the API is JSON
      if (!isJsonObject(next)) throw createBadRequest('the patch does not leave an object');
      assertTypes(definition, input.name, next);
      return cloneJson(next) as unknown as KubeObject; // checked by completeIdentity
    } catch (error) {
      throw toPatchFailure(error, run.patch);
    }
  };
  return { produce, strict: { errors, refuse: (reason, next) => refusePatch(run, reason, next) } };
}

/** What is wrong with the text of a patch: keys that stand twice, and keys that operations do not have. */
function listPatchErrors({ contentType, body }: PatchInput): string[] {
  if (contentType !== JSON_PATCH) return findStrictErrors(body);
  const patch = parsePatch(body);
  const unknown = (Array.isArray(patch) ? patch : []).flatMap((operation, index) =>
    isJsonObject(operation)
      ? Object.keys(operation)
          .filter((key) => !OPERATION_KEYS.has(key))
          .map((key) => `[${index}].${key}`)
      : [],
  );
  return findStrictErrors(body, new Set(unknown)).map((error) => `json patch ${error}`);
}

const JSON_PATCH = 'application/json-patch+json';
const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json';
const OPERATION_KEYS: ReadonlySet<string> = new Set(['from', 'op', 'path', 'value']);

/** 422: kube-apiserver shows the patched object, or a strategic merge patch as Go prints it. */
function refusePatch({ contentType, patch }: PatchRun, reason: string, next: KubeObject): ApiError {
  const shown = contentType === STRATEGIC_MERGE_PATCH ? formatGoValue(patch) : stringifyJson(next);
  return createInvalid({ group: '', kind: '' }, '', [invalidValue('patch', shown, reason)]);
}

function toPatchFailure(error: unknown, patch: JsonValue): unknown {
  if (isPatchError(error, 'TEST_FAILED')) {
    return new ApiError('Invalid', 'the server rejected our request due to an error in our request', {});
  }
  if (isPatchError(error, 'MISSING_PATH') || isPatchError(error, 'INVALID_INDEX')) {
    return createInvalid({ group: '', kind: '' }, '', [{ message: error.message, field: 'patch' }]);
  }
  // A list of operations that makes no sense is invalid; anything else is no patch at all.
  if (isPatchError(error) && Array.isArray(patch) && patch.every((item) => isJsonObject(item)))
    return new ApiError('Invalid', 'the server rejected our request due to an error in our request', {});
  return isPatchError(error) ? createBadRequest(error.message) : error;
}

/** What a patch leaves has to be of the types of the kind; for whole objects, decoding sees to that. */
function assertTypes(definition: StoredResourceDefinition, name: string, next: JsonObject): void {
  if (definition.dialect !== 'built-in' || definition.schema === undefined) return;
  const mismatch = findTypeMismatch(next, definition.schema);
  if (mismatch === undefined) return;
  const message = `Invalid value: ${mismatch}`;
  throw createInvalid(definition, name, [{ reason: 'FieldValueInvalid', message, field: 'patch' }]);
}

/** A patch that has been read, and what it does. */
interface PatchRun {
  readonly contentType: string;
  readonly patch: JsonValue;
  readonly apply: (live: JsonValue) => JsonValue;
}

function createRun(definition: StoredResourceDefinition, contentType: string, body: string): PatchRun {
  const isBuiltIn = definition.dialect === 'built-in';
  const isMerge = contentType === 'application/merge-patch+json';
  if (contentType === JSON_PATCH) {
    const patch = parsePatch(body);
    return { contentType, patch, apply: (live) => applyJsonPatch(live, patch) };
  }
  if (isMerge || (contentType === STRATEGIC_MERGE_PATCH && isBuiltIn)) {
    const patch = parsePatch(body);
    if (!isJsonObject(patch)) throw createBadRequest('a merge patch must be an object');
    const apply = isMerge
      ? (live: JsonValue) => applyMergePatch(live, patch)
      : (live: JsonValue) => applyStrategicMergePatch(live, patch, createPatchSchema(definition.schema));
    return { contentType, patch, apply };
  }
  const accepted = [
    JSON_PATCH,
    'application/merge-patch+json',
    ...(isBuiltIn ? [STRATEGIC_MERGE_PATCH] : []),
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
  const unknown = cleanConfig(config, definition).map((path) => `unknown field ${JSON.stringify(path)}`);
  reportStrictErrors(
    () => unknown,
    context,
    (reason) => createDecodeError(config, definition, reason),
  );
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
      finishApply(base, next, { managers, writer, force: input.force }, rules);
      reportConfig(input.body, context);
      return next;
    },
  };
}

/** An applied configuration is YAML, and Kubernetes looks at keys that stand twice when all else is right. */
function reportConfig(text: string, context: WriteContext): void {
  reportStrictErrors(
    () => listDuplicates({ format: 'yaml', text }),
    context,
    (reason) =>
      createBadRequest(
        `error strict decoding YAML: error converting YAML to JSON: ${reason.replace('strict decoding error: ', '')}`,
      ),
  );
}

function createSkeleton({ apiVersion, kind, metadata: { name = '', namespace } }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}

function parseConfig(body: string): KubeObject {
  let value: JsonValue;
  try {
    value = body.trimStart().startsWith('{') ? parseJson(body) : parseYaml(body);
  } catch (error) {
    if (isParseError(error)) throw createBadRequest(`error decoding YAML: ${error.message}`);
    throw error;
  }
  if (!isJsonObject(value) || !isJsonObject(value['metadata'])) {
    throw createBadRequest('an applied configuration is an object with metadata');
  }
  return value as unknown as KubeObject; // apiVersion and kind are checked by completeIdentity
}
