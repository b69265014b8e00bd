import {
  cloneJson,
  findStrictErrors,
  isJsonObject,
  isParseError,
  parseJson,
  stringifyJson,
} from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';
import type { Clock } from '@clusternet/runtime';
import { findMismatch } from '../decode/clean-object.ts';
import { describeKindMismatch } from '../decode/decode-object.ts';
import { ApiError } from '../errors/api-error.ts';
import { createInvalid } from '../errors/status-errors.ts';
import type { StoredResourceDefinition, WriteContext } from '../registry/definition.ts';
import { invalidValue } from '../registry/object-rules.ts';
import type { UpdateRequest } from '../registry/update-request.ts';
import { createApply } from './create-apply.ts';
import { formatGoValue } from './format-go-value.ts';
import { JSON_PATCH, MERGE_PATCH, runPatch, STRATEGIC_MERGE_PATCH } from './run-patch.ts';

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
 * Reads a patch into an update. Its text is looked at when there is an object to patch.
 * @throws {ApiError} `UnsupportedMediaType`
 */
export function createPatch(
  deps: { readonly clock: Clock },
  definition: StoredResourceDefinition,
  input: PatchInput,
  context: WriteContext,
): UpdateRequest {
  const { namespace, name, subresource, contentType } = input;
  const base = { namespace, name, subresource };
  const accepted = [
    JSON_PATCH,
    MERGE_PATCH,
    ...(definition.dialect === 'built-in' ? [STRATEGIC_MERGE_PATCH] : []),
    'application/apply-patch+yaml',
  ];
  if (!accepted.includes(contentType)) {
    throw new ApiError(
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
    );
  }
  if (contentType === 'application/apply-patch+yaml')
    return { ...base, ...createApply(deps, definition, input, context) };
  return { ...base, ...createProduce(definition, input, context) };
}

function createProduce(
  definition: StoredResourceDefinition,
  input: PatchInput,
  context: WriteContext,
): Pick<UpdateRequest, 'patch' | 'produce'> {
  const isChecked = context.fieldValidation !== 'Ignore';
  let patch: JsonValue = null;
  const refuse = (reason: string, next: unknown): ApiError => {
    // kube-apiserver shows the patched object, or a strategic merge patch as Go prints it.
    const isStrategic = input.contentType === STRATEGIC_MERGE_PATCH;
    const shown = isStrategic ? formatGoValue(patch) : stringifyJson(next);
    return createInvalid({ group: '', kind: '' }, '', [invalidValue('patch', shown, reason)]);
  };
  const produce: UpdateRequest['produce'] = (live) => {
    const run = runPatch(definition, input, live as unknown as JsonValue, isChecked); // an object of the API is JSON
    ({ patch } = run);
    const next = isJsonObject(run.next) ? cloneJson(run.next) : {};
    if (input.contentType === STRATEGIC_MERGE_PATCH) Object.assign(next, kindOf(definition));
    const mismatch = findPatchMismatch(next, definition);
    if (mismatch !== undefined) throw refuse(mismatch, next);
    return next as unknown as KubeObject; // looked at just now
  };
  return { produce, patch: { listErrors: () => listPatchErrors(input), refuse } };
}

function kindOf({ group, version, kind }: StoredResourceDefinition): JsonObject {
  return { apiVersion: group === '' ? version : `${group}/${version}`, kind };
}

/** Why what a patch leaves is no object of its kind. */
function findPatchMismatch(next: JsonObject, definition: StoredResourceDefinition): string | undefined {
  const wanted = kindOf(definition);
  next['apiVersion'] ??= wanted['apiVersion'];
  next['kind'] ??= wanted['kind'];
  next['metadata'] ??= {};
  const { apiVersion, kind } = next;
  if (typeof apiVersion !== 'string') return describeNoText('apiVersion', apiVersion);
  if (typeof kind !== 'string') return describeNoText('kind', kind);
  const given = { kind, apiVersion };
  return describeKindMismatch(given, definition) ?? findMismatch(next as unknown as KubeObject, definition);
}

function describeNoText(key: string, value: JsonValue | undefined): string {
  return `couldn't get version/kind; json parse error: json: cannot unmarshal ${typeof value} into Go struct field .${key} of type string`;
}

const OPERATION_KEYS: ReadonlySet<string> = new Set(['from', 'op', 'path', 'value']);

/** What is wrong with the text of a patch: keys that stand twice, and keys that operations do not have. */
function listPatchErrors({ contentType, body }: PatchInput): string[] {
  if (contentType !== JSON_PATCH) return findStrictErrors(body);
  return findStrictErrors(body, new Set(listUnknownKeys(body))).map((error) => `json patch ${error}`);
}

function listUnknownKeys(body: string): string[] {
  let patch: JsonValue;
  try {
    patch = parseJson(body);
  } catch (error) {
    if (isParseError(error)) return []; // told elsewhere
    throw error;
  }
  if (!Array.isArray(patch)) return [];
  return patch.flatMap((operation, index) =>
    isJsonObject(operation)
      ? Object.keys(operation)
          .filter((key) => !OPERATION_KEYS.has(key))
          .map((key) => `[${index}].${key}`)
      : [],
  );
}
