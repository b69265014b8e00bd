import { cloneJson, getKey, isJsonObject, setKey } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import { OverrideError } from './errors.ts';
import { describeKind } from './explain-patch-error.ts';

/**
 * Lays new Helm values over old ones, by the rules of Helm 3.15: maps merge; a null deletes what was there, and
 * stays a null where nothing was; everything else replaces.
 *
 * @returns New values.
 * @throws {OverrideError} `INVALID_VALUE` unless both are maps.
 */
export function coalesceValues(newer: JsonValue, older: JsonValue): JsonValue {
  if (newer === null) return cloneJson(older);
  if (!isJsonObject(newer) || !isJsonObject(older)) {
    const found = isJsonObject(newer)
      ? `the document is ${describeKind(older)}`
      : `found ${describeKind(newer)}`;
    throw new OverrideError('INVALID_VALUE', `Helm values are a map, ${found}; write a map`);
  }
  return coalesceMaps(newer, older);
}

function coalesceMaps(newer: JsonObject, older: JsonObject): JsonObject {
  const result = cloneJson(newer);
  for (const key of Object.keys(older)) {
    const before = older[key];
    const after = getKey(newer, key);
    if (before === undefined) continue;
    if (after === undefined) setKey(result, key, cloneJson(before));
    else if (after === null) Reflect.deleteProperty(result, key);
    else if (isJsonObject(after) && isJsonObject(before)) setKey(result, key, coalesceMaps(after, before));
  }
  return result;
}
