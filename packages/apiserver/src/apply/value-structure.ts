import { compareText, getKey, isJsonObject, setKey, stringifyJson } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import { followRef, getFieldSchema } from '../schema/open-api-schema.ts';
import type { OpenApiSchema } from '../schema/open-api-schema.ts';

/** How server-side apply sees a value. Without a schema, objects merge and lists are atomic. */
export type Structure =
  | { readonly kind: 'atomic' }
  | { readonly kind: 'list-map'; readonly keys: readonly string[]; readonly items: OpenApiSchema | undefined }
  | { readonly kind: 'object'; readonly schema: OpenApiSchema | undefined }
  | { readonly kind: 'set' };

const ATOMIC: Structure = { kind: 'atomic' };
const SET: Structure = { kind: 'set' };

/**
 * Tells how a value merges.
 * @param schema - of the field: a list or map type beside the reference wins over that of the type
 */
export function getStructure(schema: OpenApiSchema | undefined, value: JsonValue | undefined): Structure {
  const target = followRef(schema);
  if (Array.isArray(value)) {
    const listType = schema?.['x-kubernetes-list-type'] ?? target?.['x-kubernetes-list-type'];
    if (listType === 'set') return SET;
    const keys = schema?.['x-kubernetes-list-map-keys'] ?? target?.['x-kubernetes-list-map-keys'];
    if (listType === 'map' && keys !== undefined) return { kind: 'list-map', keys, items: target?.items };
    return ATOMIC;
  }
  if (isJsonObject(value)) {
    const mapType = schema?.['x-kubernetes-map-type'] ?? target?.['x-kubernetes-map-type'];
    return mapType === 'atomic' ? ATOMIC : { kind: 'object', schema: target };
  }
  return ATOMIC;
}

/** The path element of a set's value. */
export function valueElement(value: JsonValue): string {
  return `v:${stringifyJson(value)}`;
}

/** The path element of an item, by its keys or their defaults; undefined for an item that lacks them all. */
export function itemElement(
  item: JsonValue,
  keys: readonly string[],
  items: OpenApiSchema | undefined,
): string | undefined {
  if (!isJsonObject(item)) return undefined;
  const named: JsonObject = {};
  for (const key of [...keys].sort(compareText)) {
    // Defaults come out of a parsed document: they are JSON.
    const value = getKey(item, key) ?? (getFieldSchema(items, key)?.default as JsonValue | undefined);
    if (value !== undefined) setKey(named, key, value);
  }
  return Object.keys(named).length === 0 ? undefined : `k:${stringifyJson(named)}`;
}

/** The items of an associative list by path element, in order; the last of equal ones wins. */
export function indexItems(
  list: readonly JsonValue[],
  structure: Extract<Structure, { kind: 'list-map' | 'set' }>,
): Map<string, JsonValue> {
  const items = new Map<string, JsonValue>();
  for (const item of list) {
    const element =
      structure.kind === 'set' ? valueElement(item) : itemElement(item, structure.keys, structure.items);
    if (element !== undefined) items.set(element, item);
  }
  return items;
}

/** The schema of what a path element leads to. */
export function childSchema(structure: Structure, element: string): OpenApiSchema | undefined {
  if (structure.kind === 'object') return getFieldSchema(structure.schema, element.slice(2));
  return structure.kind === 'list-map' ? structure.items : undefined;
}

/** Whether a key is a declared field, not a key of a map. */
export function isDeclaredField(structure: Structure, key: string): boolean {
  return (
    structure.kind === 'object' &&
    structure.schema?.properties !== undefined &&
    Object.hasOwn(structure.schema.properties, key)
  );
}
