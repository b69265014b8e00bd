import { isJsonObject, setKey } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';
import { followRef, getFieldSchema } from './open-api-schema.ts';
import type { OpenApiSchema } from './open-api-schema.ts';

/**
 * Does to nulls, in place, what decoding into a Go type does: a field that is null is not there, an item of a list
 * and a value of a map become the zero of their type. What has no schema stays as it is.
 */
export function applyNulls(value: JsonValue, schema: OpenApiSchema | undefined): void {
  const target = followRef(schema);
  if (target === undefined) return;
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      if (item === null) value[index] = zeroOf(target.items);
      else applyNulls(item, target.items);
    });
    return;
  }
  if (!isJsonObject(value)) return;
  for (const key of Object.keys(value)) {
    const child = value[key];
    const isField = target.properties !== undefined && Object.hasOwn(target.properties, key);
    const field = getFieldSchema(target, key);
    if (child === undefined || field === undefined) continue;
    if (child !== null) applyNulls(child, field);
    else if (isField) Reflect.deleteProperty(value, key);
    else setKey(value, key, zeroOf(field));
  }
}

function zeroOf(schema: OpenApiSchema | undefined): JsonValue {
  const target = followRef(schema);
  switch (target?.type) {
    case 'string':
      return target.format === undefined ? '' : null; // bytes and times have a null of their own
    case 'integer':
    case 'number':
      return 0;
    case 'boolean':
      return false;
    case 'object':
      return target.properties === undefined ? null : {};
    default:
      return null;
  }
}

/** Removes, in place, nulls that a structural schema does not allow, as if they had not been sent. */
export function dropForbiddenNulls(value: JsonValue, schema: OpenApiSchema | undefined): void {
  const target = followRef(schema);
  if (target === undefined) return;
  if (Array.isArray(value)) for (const item of value) dropForbiddenNulls(item, target.items);
  if (!isJsonObject(value)) return;
  for (const key of Object.keys(value)) {
    const field = getFieldSchema(target, key);
    const child = value[key];
    if (field === undefined || child === undefined) continue;
    if (child === null && field.nullable !== true) Reflect.deleteProperty(value, key);
    else dropForbiddenNulls(child, field);
  }
}
