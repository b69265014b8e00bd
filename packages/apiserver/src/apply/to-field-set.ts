import { isJsonObject } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';
import type { OpenApiSchema } from '../schema/open-api-schema.ts';
import { createFieldSet, isEmptySet, LEAF } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { childSchema, getStructure, indexItems, isDeclaredField } from './value-structure.ts';

/** The fields that a configuration states: leaves, atomic values, items of associative lists, keys of maps. */
export function toFieldSet(value: JsonValue, schema: OpenApiSchema | undefined): FieldSet {
  const structure = getStructure(schema, value);
  if (structure.kind === 'atomic') return LEAF;
  const children = new Map<string, FieldSet>();
  if (structure.kind === 'object') {
    for (const [key, child] of Object.entries(isJsonObject(value) ? value : {})) {
      if (child === undefined) continue;
      const below = toFieldSet(child, childSchema(structure, `f:${key}`));
      const isEmpty = child === null || (isJsonObject(child) && Object.keys(child).length === 0);
      const isMember = below.member || isEmpty || !isDeclaredField(structure, key);
      const set = createFieldSet(isMember, below.children);
      if (!isEmptySet(set)) children.set(`f:${key}`, set); // an empty list states nothing
    }
    return createFieldSet(false, children);
  }
  for (const [element, item] of indexItems(Array.isArray(value) ? value : [], structure)) {
    const below = structure.kind === 'set' ? LEAF : toFieldSet(item, structure.items);
    children.set(element, createFieldSet(true, below.children));
  }
  return createFieldSet(false, children);
}
