import { equalJson, getKey, isJsonObject, stringifyJson } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import type { StatusCause } from '../errors/api-error.ts';
import { followRef } from './open-api-schema.ts';
import type { OpenApiSchema } from './open-api-schema.ts';

/**
 * Checks a value against a schema, as custom resources are checked.
 *
 * @param path - field path of the value, such as `spec`; empty for a whole object
 * @returns causes in document order; none when the value is valid
 */
export function validateSchema(value: JsonValue, schema: OpenApiSchema, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  check(value, schema, path, causes);
  return causes;
}

function check(value: JsonValue, schema: OpenApiSchema, path: string, causes: StatusCause[]): void {
  const target = followRef(schema) ?? schema;
  if (value === null && (target.nullable === true || schema.nullable === true)) return;
  if (!hasType(value, target)) {
    const found = typeOf(value);
    const message = `${where(path)} in body must be of type ${typeName(target)}: ${quote(found)}`;
    causes.push({
      reason: 'FieldValueTypeInvalid',
      message: `Invalid value: ${quote(found)}: ${message}`,
      field: path === '' ? '<nil>' : path,
    });
    return;
  }
  if (typeof value === 'string') checkText(value, target, path, causes);
  else if (typeof value === 'number' || typeof value === 'bigint') checkNumber(value, target, path, causes);
  else if (Array.isArray(value)) checkList(value, target, path, causes);
  else if (isJsonObject(value)) checkObject(value, target, path, causes);
  checkEnum(value, target, path, causes);
  checkCombinations(value, target, path, causes);
}

function where(path: string): string {
  return path === '' ? 'value' : path;
}

function invalid(path: string, value: JsonValue, message: string, isType = false): StatusCause {
  const reason = isType ? 'FieldValueTypeInvalid' : 'FieldValueInvalid';
  return {
    reason,
    message: `Invalid value: ${showValue(value)}: ${message}`,
    field: path === '' ? '<nil>' : path,
  };
}

function showValue(value: JsonValue): string {
  if (isJsonObject(value)) return quote('object');
  if (Array.isArray(value)) return quote('array');
  return stringifyJson(value);
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function typeOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value === 'bigint' ? 'integer' : typeof value;
}

function typeName(schema: OpenApiSchema): string {
  return schema['x-kubernetes-int-or-string'] === true ? 'integer,string' : (schema.type ?? '');
}

function hasType(value: JsonValue, schema: OpenApiSchema): boolean {
  const type = typeOf(value);
  if (schema['x-kubernetes-int-or-string'] === true || schema.format === 'int-or-string') {
    return type === 'integer' || type === 'string';
  }
  if (schema.type === undefined) return true;
  return type === schema.type || (schema.type === 'number' && type === 'integer');
}

const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

function checkText(value: string, schema: OpenApiSchema, path: string, causes: StatusCause[]): void {
  const length = Array.from(value).length; // code points, as Go counts runes
  const { minLength, maxLength, pattern, format } = schema;
  if (maxLength !== undefined && length > maxLength) {
    causes.push({
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${maxLength} bytes`,
      field: path,
    });
  }
  if (minLength !== undefined && length < minLength) {
    causes.push(invalid(path, value, `${path} in body should be at least ${minLength} chars long`));
  }
  if (pattern !== undefined && !createPattern(pattern).test(value)) {
    causes.push(invalid(path, value, `${path} in body should match '${pattern}'`));
  }
  if (format === 'date-time' && !DATE_TIME.test(value)) {
    causes.push(invalid(path, value, `${path} in body must be of type date-time: ${quote(value)}`, true));
  }
}

/** Go's regular expressions, as far as JavaScript's agree. */
function createPattern(pattern: string): RegExp {
  const inline = /^\(\?([ims]+)\)/.exec(pattern);
  const source = (inline === null ? pattern : pattern.slice(inline[0].length))
    .replaceAll('\\A', '^')
    .replaceAll('\\z', '$')
    .replaceAll('(?P<', '(?<');
  try {
    return new RegExp(source, `${inline?.[1] ?? ''}u`);
  } catch {
    return new RegExp(source, inline?.[1] ?? ''); // escapes that only the older syntax allows
  }
}

function checkNumber(
  value: bigint | number,
  schema: OpenApiSchema,
  path: string,
  causes: StatusCause[],
): void {
  const { minimum, maximum, exclusiveMinimum = false, exclusiveMaximum = false, multipleOf } = schema;
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    const bound = exclusiveMinimum ? 'greater than' : 'greater than or equal to';
    causes.push(invalid(path, value, `${path} in body should be ${bound} ${minimum}`));
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    const bound = exclusiveMaximum ? 'less than' : 'less than or equal to';
    causes.push(invalid(path, value, `${path} in body should be ${bound} ${maximum}`));
  }
  if (multipleOf !== undefined && Number(value) % multipleOf !== 0) {
    causes.push(invalid(path, value, `${path} in body should be a multiple of ${multipleOf}`));
  }
}

function checkList(
  value: readonly JsonValue[],
  schema: OpenApiSchema,
  path: string,
  causes: StatusCause[],
): void {
  const { items, minItems, maxItems } = schema;
  if (items !== undefined) value.forEach((item, index) => check(item, items, `${path}[${index}]`, causes));
  if (maxItems !== undefined && value.length > maxItems) {
    causes.push({
      reason: 'FieldValueTooMany',
      message: `Too many: ${value.length}: must have at most ${maxItems} items`,
      field: path,
    });
  }
  if (minItems !== undefined && value.length < minItems) {
    causes.push(invalid(path, [...value], `${path} in body should have at least ${minItems} items`));
  }
  for (const index of findRepeats(value, schema)) {
    const item = value[index] ?? null;
    causes.push({
      reason: 'FieldValueDuplicate',
      message: `Duplicate value: ${stringifyJson(keyOf(item, schema))}`,
      field: `${path}[${index}]`,
    });
  }
}

function findRepeats(value: readonly JsonValue[], schema: OpenApiSchema): number[] {
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== 'set' && listType !== 'map' && schema.uniqueItems !== true) return [];
  const seen = new Set<string>();
  const repeats: number[] = [];
  value.forEach((item, index) => {
    const key = stringifyJson(keyOf(item, schema));
    if (seen.has(key)) repeats.push(index);
    seen.add(key);
  });
  return repeats;
}

function keyOf(item: JsonValue, schema: OpenApiSchema): JsonValue {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (keys === undefined || !isJsonObject(item)) return item;
  return Object.fromEntries(keys.map((key) => [key, getKey(item, key)]));
}

function checkObject(value: JsonObject, schema: OpenApiSchema, path: string, causes: StatusCause[]): void {
  const { properties = {}, additionalProperties, required = [], minProperties, maxProperties } = schema;
  for (const key of required) {
    if (getKey(value, key) !== undefined) continue;
    causes.push({ reason: 'FieldValueRequired', message: 'Required value', field: join(path, key) });
  }
  for (const [key, child] of Object.entries(value)) {
    if (child === undefined) continue;
    const field = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    if (typeof field === 'object') check(child, field, join(path, key), causes);
  }
  const size = Object.keys(value).length;
  if (maxProperties !== undefined && size > maxProperties) {
    causes.push({
      reason: 'FieldValueTooMany',
      message: `Too many: ${size}: must have at most ${maxProperties} items`,
      field: path,
    });
  }
  if (minProperties !== undefined && size < minProperties) {
    causes.push(invalid(path, value, `${path} in body should have at least ${minProperties} properties`));
  }
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function checkEnum(value: JsonValue, schema: OpenApiSchema, path: string, causes: StatusCause[]): void {
  const allowed = schema.enum;
  if (allowed === undefined || allowed.some((item) => equalJson(item, value))) return;
  const list = allowed.map((item) => stringifyJson(item)).join(', ');
  causes.push({
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${showValue(value)}: supported values: ${list}`,
    field: path,
  });
}

function checkCombinations(
  value: JsonValue,
  schema: OpenApiSchema,
  path: string,
  causes: StatusCause[],
): void {
  const holds = (candidate: OpenApiSchema): boolean => validateSchema(value, candidate, path).length === 0;
  for (const part of schema.allOf ?? []) check(value, part, path, causes);
  if (schema.anyOf !== undefined && !schema.anyOf.some(holds)) {
    causes.push(invalid(path, value, `${quote(path)} must validate at least one schema (anyOf)`));
  }
  if (schema.oneOf !== undefined) {
    const count = schema.oneOf.filter(holds).length;
    const tail = count === 0 ? 'Found none valid' : `Found ${count} valid alternatives`;
    if (count !== 1)
      causes.push(
        invalid(path, value, `${quote(path)} must validate one and only one schema (oneOf). ${tail}`),
      );
  }
  if (schema.not !== undefined && holds(schema.not)) {
    causes.push(invalid(path, value, `${quote(path)} must not validate the schema (not)`));
  }
}
