import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  findJsonMistake,
  isJsonObject,
  isParseError,
  isPatchError,
  parseJson,
} from '@clusternet/kube-data';
import type { JsonObject, JsonValue, PatchErrorCode } from '@clusternet/kube-data';
import { ApiError } from '../errors/api-error.ts';
import { createBadRequest } from '../errors/status-errors.ts';
import type { StoredResourceDefinition } from '../registry/definition.ts';
import { isDeeperThan } from '../decode/is-deeper-than.ts';
import { createPatchSchema } from './patch-schema.ts';

export const JSON_PATCH = 'application/json-patch+json';
export const MERGE_PATCH = 'application/merge-patch+json';
export const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json';

/** What is applied is walked by code that recurses. */
const MAX_DEPTH = 1000;

/**
 * Applies the text of a patch.
 *
 * @param isChecked - whether the text is looked at more closely than it needs to be, as strict validation does
 * @returns what the patch leaves, and the patch itself
 * @throws {ApiError} `BadRequest`, `Invalid`, `RequestEntityTooLarge`, or without a reason where Kubernetes has none
 */
export function runPatch(
  definition: StoredResourceDefinition,
  { contentType, body }: { readonly contentType: string; readonly body: string },
  live: JsonValue,
  isChecked: boolean,
): { readonly next: JsonValue; readonly patch: JsonValue } {
  const isStrategic = contentType === STRATEGIC_MERGE_PATCH;
  const prefix = isStrategic ? '' : 'error decoding patch: ';
  const patch = parsePatch(body, prefix);
  try {
    if (contentType === JSON_PATCH) {
      if (isChecked) assertOperations(patch, prefix);
      return { patch, next: applyJsonPatch(live, patch ?? []) };
    }
    if (isStrategic) {
      const given = patch ?? {};
      assertMap(given, prefix);
      return { patch, next: applyStrategicMergePatch(live, given, createPatchSchema(definition.schema)) };
    }
    if (patch === null) throw createBadRequest('Invalid JSON Patch');
    assertMap(patch, prefix);
    return { patch, next: applyMergePatch(live, patch) };
  } catch (error) {
    throw toPatchFailure(error, contentType);
  }
}

function parsePatch(body: string, prefix: string): JsonValue {
  const tooDeep = body.length > 20_000 ? findJsonMistake(body) : undefined;
  if (tooDeep !== undefined) throw createBadRequest(prefix + tooDeep);
  try {
    const patch = parseJson(body);
    if (isDeeperThan(patch, MAX_DEPTH))
      throw createBadRequest(`${prefix}it is nested deeper than ${MAX_DEPTH} levels`);
    return patch;
  } catch (error) {
    if (!isParseError(error)) throw error;
    throw createBadRequest(prefix + (findJsonMistake(body) ?? error.message));
  }
}

function typeNameOf(value: JsonValue): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'bigint' ? 'number' : typeof value;
}

function assertMap(patch: JsonValue, prefix: string): asserts patch is JsonObject {
  if (isJsonObject(patch)) return;
  throw createBadRequest(
    `${prefix}json: cannot unmarshal ${typeNameOf(patch)} into Go value of type map[string]interface {}`,
  );
}

/** Whether a JSON patch is a list of operations with text where text belongs. */
function assertOperations(patch: JsonValue, prefix: string): void {
  if (patch === null) return;
  const refuse = (value: JsonValue, into: string): ApiError =>
    createBadRequest(`${prefix}json: cannot unmarshal ${typeNameOf(value)} into Go ${into}`);
  if (!Array.isArray(patch)) throw refuse(patch, 'value of type []handlers.jsonPatchOp');
  for (const operation of patch) {
    if (operation === null) continue;
    if (!isJsonObject(operation)) throw refuse(operation, 'value of type handlers.jsonPatchOp');
    for (const key of ['op', 'path', 'from']) {
      const value = operation[key];
      if (value !== undefined && value !== null && typeof value !== 'string')
        throw refuse(value, `struct field jsonPatchOp.${key} of type string`);
    }
  }
}

/** Mistakes of strategic merge patches that kube-apiserver has no reason for. */
const UNEXPLAINED: ReadonlySet<PatchErrorCode> = new Set(['INVALID_DIRECTIVE', 'MISSING_MERGE_KEY']);

function toPatchFailure(error: unknown, contentType: string): unknown {
  if (!isPatchError(error)) return error;
  if (isPatchError(error, 'TOO_LARGE') && contentType === JSON_PATCH && error.path === undefined)
    return new ApiError('RequestEntityTooLarge', `Request entity too large: ${error.message}`);
  if (contentType === JSON_PATCH)
    return new ApiError('Invalid', 'the server rejected our request due to an error in our request', {});
  return UNEXPLAINED.has(error.code)
    ? new ApiError('Unknown', error.message)
    : createBadRequest(error.message);
}
