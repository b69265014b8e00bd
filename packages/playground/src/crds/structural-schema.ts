import { forbiddenValue, requiredValue } from '@clusternet/apiserver';
import type { StatusCause } from '@clusternet/apiserver';
import { isJsonObject, stringifyJson } from '@clusternet/kube-data';
import type { JsonObject } from '@clusternet/kube-data';
import { objectAt } from '../built-in/fields.ts';

/** Why a schema is not structural; nothing when it is. */
export function validateStructural(schema: JsonObject, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  check(schema, path, true, causes);
  return causes;
}

function check(schema: JsonObject, path: string, isRoot: boolean, causes: StatusCause[]): void {
  const isOpen =
    schema['x-kubernetes-preserve-unknown-fields'] === true || schema['x-kubernetes-int-or-string'] === true;
  if (schema['type'] === undefined && !isOpen) {
    causes.push(
      requiredValue(
        `${path}.type`,
        isRoot ? 'must not be empty at the root' : 'must not be empty for specified object fields',
      ),
    );
  }
  if (isRoot && schema['type'] !== undefined && schema['type'] !== 'object') {
    causes.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${stringifyJson(schema['type'])}: must be object at the root`,
      field: `${path}.type`,
    });
  }
  if (schema['$ref'] !== undefined) causes.push(forbiddenValue(`${path}.$ref`, '$ref is not supported'));
  if (schema['uniqueItems'] === true)
    causes.push(
      forbiddenValue(
        `${path}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  if (
    isJsonObject(schema['properties']) &&
    schema['additionalProperties'] !== undefined &&
    schema['additionalProperties'] !== false
  ) {
    causes.push(
      forbiddenValue(
        `${path}.additionalProperties`,
        'additionalProperties and properties are mutual exclusive',
      ),
    );
  }
  for (const [name, field] of Object.entries(objectAt(schema, 'properties') ?? {})) {
    if (isJsonObject(field)) check(field, `${path}.properties[${name}]`, false, causes);
  }
  const items = objectAt(schema, 'items');
  if (items !== undefined) check(items, `${path}.items`, false, causes);
  else if (schema['type'] === 'array') causes.push(requiredValue(`${path}.items`, 'must be specified'));
  const additional = objectAt(schema, 'additionalProperties');
  if (additional !== undefined) check(additional, `${path}.additionalProperties`, false, causes);
}
