import type { JsonValue } from '@clusternet/kube-data';
import { isJsonObject } from '@clusternet/kube-data';
import { followRef } from './open-api-schema.ts';
import type { OpenApiSchema } from './open-api-schema.ts';

const ROOT_FIELDS: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

/**
 * Removes from `value`, in place, what the schema does not know.
 *
 * @param isRoot - the value is a whole object: `apiVersion`, `kind` and `metadata` stay
 * @returns paths of what was removed, as strict field validation names them
 */
export function dropUnknownFields(value: JsonValue, schema: OpenApiSchema, isRoot: boolean): string[] {
  const dropped: string[] = [];
  drop(value, schema, { path: '', isRoot }, dropped);
  return dropped;
}

function drop(
  value: JsonValue,
  schema: OpenApiSchema | undefined,
  at: { path: string; isRoot: boolean },
  dropped: string[],
): void {
  const target = followRef(schema);
  if (target === undefined || typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    value.forEach((item, index) =>
      drop(item, target.items, { path: `${at.path}[${index}]`, isRoot: false }, dropped),
    );
    return;
  }
  const isRoot = at.isRoot || target['x-kubernetes-embedded-resource'] === true;
  const isOpen = isOpenObject(target);
  for (const key of Object.keys(value)) {
    const path = at.path === '' ? key : `${at.path}.${key}`;
    const field = fieldOf(target, key);
    const child = value[key];
    if (isRoot && key === 'metadata' && followRef(field)?.properties === undefined) continue;
    if (field !== undefined) {
      if (child !== undefined) drop(child, field, { path, isRoot: false }, dropped);
    } else if (!isOpen && !(isRoot && ROOT_FIELDS.has(key))) {
      dropped.push(path);
      // Keys of a JSON document: the object has no prototype's worth of surprises to lose.
      Reflect.deleteProperty(value, key);
    }
  }
}

function fieldOf(schema: OpenApiSchema, key: string): OpenApiSchema | undefined {
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, key)) return schema.properties[key];
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** Whether any key may stand in an object of this schema. A schema that states no type at all is opaque. */
function isOpenObject(schema: OpenApiSchema): boolean {
  if (schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true)
    return true;
  return (
    schema.type !== 'object' && schema.properties === undefined && schema.additionalProperties === undefined
  );
}

/** Removes, in place, empty lists and maps that need not be there: Go leaves them out of JSON. Structs stay. */
export function dropEmpty(value: JsonValue, schema: OpenApiSchema | undefined): void {
  const target = followRef(schema);
  if (target === undefined) return;
  if (Array.isArray(value)) {
    for (const item of value) dropEmpty(item, target.items);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const key of Object.keys(value)) {
    const field = fieldOf(target, key);
    const child = value[key];
    if (field === undefined || child === undefined) continue;
    dropEmpty(child, field);
    const isRequired = target.required?.includes(key) === true || target.properties === undefined;
    if (!isRequired && isEmptyCollection(child, field)) Reflect.deleteProperty(value, key);
  }
}

function isEmptyCollection(value: JsonValue, schema: OpenApiSchema): boolean {
  if (Array.isArray(value)) return value.length === 0;
  const isMap = followRef(schema)?.additionalProperties !== undefined;
  return isMap && isJsonObject(value) && Object.keys(value).length === 0;
}
