import { cloneJson, isJsonObject, setKey } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import { followRef } from './open-api-schema.ts';
import type { OpenApiSchema } from './open-api-schema.ts';

/**
 * Fills in the defaults of a schema, in place: keys that are absent, and nulls where null is not allowed.
 * Defaults fill in inside of values that are there; an absent object is not made up to hold some.
 */
export function applySchemaDefaults(value: JsonValue, schema: OpenApiSchema | undefined): void {
  const target = followRef(schema);
  if (target === undefined) return;
  if (Array.isArray(value)) {
    for (const item of value) applySchemaDefaults(item, target.items);
  } else if (isJsonObject(value)) {
    defaultObject(value, target);
  }
}

function defaultObject(value: JsonObject, schema: OpenApiSchema): void {
  for (const [key, field] of Object.entries(schema.properties ?? {})) {
    const current = Object.hasOwn(value, key) ? value[key] : undefined;
    const isMissing = current === undefined || (current === null && field.nullable !== true);
    // Defaults come out of a parsed document: they are JSON.
    if (isMissing && field.default !== undefined) setKey(value, key, cloneJson(field.default as JsonValue));
    const next = value[key];
    if (next !== undefined) applySchemaDefaults(next, field);
  }
  if (typeof schema.additionalProperties !== 'object') return;
  for (const [key, child] of Object.entries(value)) {
    if (schema.properties !== undefined && Object.hasOwn(schema.properties, key)) continue;
    if (child !== undefined) applySchemaDefaults(child, schema.additionalProperties);
  }
}
