import { isJsonObject } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';

export { labelsAt, numberAt, objectAt, objectsAt, textAt, textsAt } from '@clusternet/kube-data';

/** The object under a key, made when it is absent. */
export function ensureObject(parent: JsonObject, key: string): JsonObject {
  const value = parent[key];
  if (isJsonObject(value)) return value;
  const made: JsonObject = {};
  parent[key] = made;
  return made;
}

/** Sets what is not set. */
export function setDefaults(target: JsonObject, defaults: Readonly<Record<string, JsonValue>>): void {
  for (const [key, value] of Object.entries(defaults)) target[key] ??= value;
}
