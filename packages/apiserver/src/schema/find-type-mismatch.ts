import { isJsonObject } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';
import { followRef, getFieldSchema } from './open-api-schema.ts';
import type { OpenApiSchema } from './open-api-schema.ts';

interface Place {
  /** The Go type around the value. */
  readonly struct: string;
  /** Fields from the root, without indexes. */
  readonly path: string;
}

/**
 * The first value of another type than its field has, in the words of Go's JSON decoder. Built-in kinds are Go
 * types: what does not fit them is no valid request at all, rather than an invalid object.
 */
export function findTypeMismatch(value: JsonValue, schema: OpenApiSchema): string | undefined {
  return find(value, schema, { struct: typeNameOf(schema), path: '' });
}

function find(value: JsonValue, schema: OpenApiSchema | undefined, place: Place): string | undefined {
  const target = followRef(schema);
  if (target?.type === undefined || value === null) return undefined;
  const want = goTypeOf(target);
  if (!fits(value, target)) {
    return `json: cannot unmarshal ${jsonTypeOf(value)} into Go struct field ${place.struct}.${place.path} of type ${want}`;
  }
  if (target.format === 'byte' && typeof value === 'string') return findBase64Mistake(value);
  if (Array.isArray(value)) {
    for (const item of value) {
      const found = find(item, target.items, place);
      if (found !== undefined) return found;
    }
  } else if (isJsonObject(value)) {
    const struct = schema?.ref === undefined ? place.struct : typeNameOf(schema);
    for (const [key, child] of Object.entries(value)) {
      if (child === undefined) continue;
      const path = place.path === '' ? key : `${place.path}.${key}`;
      const found = find(child, getFieldSchema(target, key), { struct, path });
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Where text that stands for bytes is no base64. Line breaks are left out, as Go does. */
function findBase64Mistake(text: string): string | undefined {
  const bad = /[^A-Za-z0-9+/=\r\n]/.exec(text);
  if (bad !== null) return `illegal base64 data at input byte ${bad.index}`;
  const compact = text.replaceAll(/[\r\n]/g, '');
  const body = compact.replace(/={1,2}$/, '');
  const padding = body.indexOf('=');
  if (padding >= 0) return `illegal base64 data at input byte ${padding}`;
  return compact.length % 4 === 0 && body.length % 4 !== 1
    ? undefined
    : `illegal base64 data at input byte ${compact.length - (compact.length % 4)}`;
}

function typeNameOf(schema: OpenApiSchema): string {
  const reference = (schema as { readonly $ref?: string }).$ref ?? '';
  return reference.slice(reference.lastIndexOf('.') + 1);
}

function jsonTypeOf(value: JsonValue): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint' || typeof value === 'number') return 'number';
  return typeof value;
}

function goTypeOf(schema: OpenApiSchema): string {
  switch (schema.type) {
    case 'integer':
      return schema.format ?? 'int64';
    case 'number':
      return 'float64';
    case 'boolean':
      return 'bool';
    case 'array':
      return `[]${schema.items?.ref === undefined ? (schema.items?.type ?? '') : `v1.${typeNameOf(schema.items)}`}`;
    case 'object':
      return typeof schema.additionalProperties === 'object'
        ? `map[string]${schema.additionalProperties.type ?? ''}`
        : 'object';
    default:
      return schema.type ?? '';
  }
}

function fits(value: JsonValue, schema: OpenApiSchema): boolean {
  switch (schema.type) {
    case 'integer':
      return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
    case 'number':
      return typeof value === 'number' || typeof value === 'bigint';
    case 'string':
      // Quantities and int-or-string take numbers too.
      return (
        typeof value === 'string' ||
        (isLoose(schema) && (typeof value === 'number' || typeof value === 'bigint'))
      );
    case 'boolean':
      return typeof value === 'boolean';
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isJsonObject(value);
    default:
      return true;
  }
}

function isLoose(schema: OpenApiSchema): boolean {
  return schema.format === 'int-or-string' || schema['x-kubernetes-int-or-string'] === true;
}
