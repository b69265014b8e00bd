import { compareText, isJsonObject, stringifyJson } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';

/**
 * JSON as Go's `encoding/json` writes it: no blanks, keys sorted, and what could end an HTML or JavaScript context
 * escaped. Peers compare such texts byte by byte.
 */
export function formatGoJson(value: JsonValue): string {
  return stringifyJson(sortKeys(value)).replaceAll(/[<>&\u2028\u2029]/g, escape);
}

/** The same in an own property, whatever its name: a plain assignment of `__proto__` would be lost. */
function sortKeys(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isJsonObject(value)) return value;
  const sorted = Object.create(null) as JsonObject;
  for (const key of Object.keys(value).sort(compareText)) {
    const item = value[key];
    if (item !== undefined) sorted[key] = sortKeys(item);
  }
  return sorted;
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
