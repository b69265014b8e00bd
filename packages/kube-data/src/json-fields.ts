import { isJsonObject } from './json-value.ts';
import type { JsonObject } from './json-value.ts';

/** The object under a key; undefined for anything else. */
export function objectAt(parent: unknown, key: string): JsonObject | undefined {
  const value = isJsonObject(parent) ? parent[key] : undefined;
  return isJsonObject(value) ? value : undefined;
}

/** The objects of the list under a key. */
export function objectsAt(parent: unknown, key: string): JsonObject[] {
  const value = isJsonObject(parent) ? parent[key] : undefined;
  return Array.isArray(value) ? value.filter((item): item is JsonObject => isJsonObject(item)) : [];
}

/** The text under a key; empty for anything else. */
export function textAt(parent: unknown, key: string): string {
  const value = isJsonObject(parent) ? parent[key] : undefined;
  return typeof value === 'string' ? value : '';
}

/** The number under a key. */
export function numberAt(parent: unknown, key: string): number | undefined {
  const value = isJsonObject(parent) ? parent[key] : undefined;
  return typeof value === 'number' ? value : undefined;
}

/** The texts of the list under a key. */
export function textsAt(parent: unknown, key: string): string[] {
  const value = isJsonObject(parent) ? parent[key] : undefined;
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/** The texts of a map of texts. */
export function labelsAt(parent: unknown, key: string): Record<string, string> {
  const value = objectAt(parent, key) ?? {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
