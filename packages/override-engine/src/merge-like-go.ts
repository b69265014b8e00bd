import { cloneJson, getKey, isJsonObject, setKey } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import { OverrideError } from './errors.ts';
import { describeKind } from './explain-patch-error.ts';

/**
 * The merge patch of the Go library: RFC 7396, but nulls inside a value that is new to the document vanish, in
 * lists too (a null item stays), and a list that replaces a map is taken as it is.
 *
 * @returns A new document.
 * @throws {OverrideError} `INVALID_PATCH` for a patch that is null or a scalar, `INVALID_DOCUMENT` for null.
 * @see docs/spec/overrides.md, "Merge patch"
 */
export function mergeLikeGo(document: JsonValue, patch: JsonValue): JsonValue {
  if (patch === null || typeof patch !== 'object') {
    throw new OverrideError(
      'INVALID_PATCH',
      `a merge patch is a map, found ${describeKind(patch)}; write a map`,
    );
  }
  if (document === null)
    throw new OverrideError('INVALID_DOCUMENT', 'the document is null; correct the override that made it so');
  if (!isJsonObject(patch) || !isJsonObject(document)) return withoutNulls(patch);
  const result = cloneJson(document);
  mergeObjects(result, patch);
  return result;
}

function mergeObjects(target: JsonObject, patch: JsonObject): void {
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === undefined) continue;
    if (value === null) Reflect.deleteProperty(target, key);
    else setKey(target, key, mergeValues(getKey(target, key), value));
  }
}

function mergeValues(existing: JsonValue | undefined, value: JsonValue): JsonValue {
  if (!isJsonObject(existing)) return withoutNulls(value);
  if (!isJsonObject(value)) return cloneJson(value);
  mergeObjects(existing, value);
  return existing;
}

function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (item !== null && item !== undefined) setKey(result, key, withoutNulls(item));
  }
  return result;
}
