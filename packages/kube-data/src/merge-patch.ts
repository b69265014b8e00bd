import { cloneJson, equalJson, getKey, isJsonObject, setKey } from './json-value.ts';
import type { JsonObject, JsonValue } from './json-value.ts';

/**
 * Applies a JSON merge patch (RFC 7396): null deletes, objects merge, everything else replaces.
 *
 * @returns A new document that shares nothing with either argument.
 */
export function applyMergePatch(document: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return cloneJson(patch);
  const result: JsonObject = isJsonObject(document) ? cloneJson(document) : {};
  mergeInto(result, patch);
  return result;
}

function mergeInto(target: JsonObject, patch: JsonObject): void {
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === undefined) continue;
    if (value === null) {
      Reflect.deleteProperty(target, key);
    } else if (isJsonObject(value)) {
      const existing = getKey(target, key);
      const nested = isJsonObject(existing) ? existing : {};
      mergeInto(nested, value);
      setKey(target, key, nested);
    } else {
      setKey(target, key, cloneJson(value));
    }
  }
}

/**
 * The smallest merge patch that turns `from` into `to`, or undefined when they are equal.
 * A null inside `to` cannot be expressed by a merge patch: where one would have to be written, it is left out.
 */
export function createMergePatch(
  from: JsonValue | object | undefined,
  to: JsonValue | object,
): JsonValue | undefined {
  // Typed objects (kinds) are JSON data; only their static type has no index signature.
  const source = from as JsonValue | undefined;
  const target = to as JsonValue;
  if (!isJsonObject(target)) return equalJson(source, target) ? undefined : cloneJson(target);
  if (!isJsonObject(source)) return cloneJson(target);
  const patch = diffObjects(source, target);
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function diffObjects(from: JsonObject, to: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const key of Object.keys(from)) {
    if (from[key] !== undefined && getKey(to, key) === undefined) setKey(patch, key, null);
  }
  for (const key of Object.keys(to)) {
    const want = to[key];
    const have = getKey(from, key);
    if (want === undefined || equalJson(have, want)) continue;
    if (isJsonObject(want) && isJsonObject(have)) setKey(patch, key, diffObjects(have, want));
    else setKey(patch, key, cloneJson(want));
  }
  return patch;
}
