import { isJsonObject } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';
import { followRef, getFieldSchema } from './open-api-schema.ts';
import type { OpenApiSchema } from './open-api-schema.ts';

interface Place {
  /** The Go type around the value. */
  readonly struct: string;
  /** Fields from the root, without indexes and without keys of maps. */
  readonly path: string;
}

/**
 * The first value of another type than its field has, in the words of Go's JSON decoder. Built-in kinds are Go
 * types: what does not fit them is no valid request at all, rather than an invalid object.
 *
 * @param root - the Go type of the whole value, such as `ConfigMap`
 */
export function findTypeMismatch(value: JsonValue, schema: OpenApiSchema, root: string): string | undefined {
  return find(value, schema, { struct: root, path: '' });
}

function find(value: JsonValue, schema: OpenApiSchema | undefined, place: Place): string | undefined {
  const target = followRef(schema);
  if (schema === undefined || target?.type === undefined || value === null) return undefined;
  const shown = findMisfit(value, target);
  if (shown !== undefined) {
    return `json: cannot unmarshal ${shown} into Go struct field ${place.struct}.${place.path} of type ${goTypeOf(schema)}`;
  }
  if (typeof value === 'string') return findTextMistake(value, target);
  if (Array.isArray(value)) return first(value, (item) => find(item, target.items, place));
  if (!isJsonObject(value)) return undefined;
  const struct = typeNameOf(schema) || place.struct;
  return first(Object.entries(value), ([key, child]) => {
    if (child === undefined) return undefined;
    const isField = target.properties !== undefined && Object.hasOwn(target.properties, key);
    const path = place.path === '' ? key : `${place.path}.${key}`;
    return find(child, getFieldSchema(target, key), isField ? { struct, path } : place);
  });
}

function first<T>(items: readonly T[], look: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = look(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a value is, if that is not what its field takes. */
function findMisfit(value: JsonValue, schema: OpenApiSchema): string | undefined {
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  switch (schema.type) {
    case 'integer':
      if (!isNumber) return jsonTypeOf(value);
      return isInRange(value, schema.format) ? undefined : `number ${showNumber(value)}`;
    case 'number':
      return isNumber ? undefined : jsonTypeOf(value);
    case 'string':
      // Quantities and int-or-string take numbers too.
      return typeof value === 'string' || (isNumber && isLoose(schema)) ? undefined : jsonTypeOf(value);
    case 'boolean':
      return typeof value === 'boolean' ? undefined : jsonTypeOf(value);
    case 'array':
      return Array.isArray(value) ? undefined : jsonTypeOf(value);
    case 'object':
      return isJsonObject(value) ? undefined : jsonTypeOf(value);
    default:
      return undefined;
  }
}

function isLoose(schema: OpenApiSchema): boolean {
  return schema.format === 'int-or-string' || schema['x-kubernetes-int-or-string'] === true;
}

const INT32 = 2 ** 31;
const INT64 = 2n ** 63n;

function isInRange(value: bigint | number, format: string | undefined): boolean {
  if (typeof value === 'number' && !Number.isInteger(value)) return false;
  if (format === 'int32') return value >= -INT32 && value < INT32;
  return value >= -INT64 && value < INT64;
}

function showNumber(value: bigint | number): string {
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value).toString() : String(value);
}

function jsonTypeOf(value: JsonValue): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'bigint' ? 'number' : typeof value;
}

function typeNameOf(schema: OpenApiSchema): string {
  const reference = (schema as { readonly $ref?: string }).$ref ?? '';
  return reference.slice(reference.lastIndexOf('.') + 1);
}

function goTypeOf(schema: OpenApiSchema): string {
  const target = followRef(schema) ?? schema;
  if (target.type === 'object' && schema.ref !== undefined) {
    const [version = '', name = ''] = ((schema as { readonly $ref?: string }).$ref ?? '')
      .split('.')
      .slice(-2);
    return `${version}.${name}`;
  }
  switch (target.type) {
    case 'integer':
      return target.format ?? 'int64';
    case 'number':
      return 'float64';
    case 'boolean':
      return 'bool';
    case 'array':
      return `[]${target.items === undefined ? '' : goTypeOf(target.items)}`;
    case 'object':
      return typeof target.additionalProperties === 'object'
        ? `map[string]${goTypeOf(target.additionalProperties)}`
        : 'object';
    case 'string':
      return target.format === 'byte' ? '[]uint8' : 'string';
    default:
      return target.type ?? '';
  }
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)$/;

/** What is wrong with text that stands for bytes or for a time. */
function findTextMistake(text: string, { format }: OpenApiSchema): string | undefined {
  if (format === 'byte') return findBase64Mistake(text);
  if (format !== 'date-time' || TIME.test(text)) return undefined;
  const quoted = JSON.stringify(text);
  return `parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${quoted} as "2006"`;
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
