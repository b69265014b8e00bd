import { equalJson, isJsonObject } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';
import type { OpenApiSchema } from '../schema/open-api-schema.ts';
import { createFieldSet, EMPTY_SET, LEAF, uniteSets } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { childSchema, getStructure, indexItems } from './value-structure.ts';
import type { Structure } from './value-structure.ts';

/** Which fields differ between two states of an object. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

const SAME: Comparison = { added: EMPTY_SET, modified: EMPTY_SET, removed: EMPTY_SET };

/** Compares two states field by field. */
export function compareValues(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  schema: OpenApiSchema | undefined,
): Comparison {
  if (before === after || equalJson(before, after)) return SAME;
  if (isEmptyValue(before) && isEmptyValue(after)) return { ...SAME, modified: LEAF };
  if (before === undefined || before === null)
    return { ...SAME, added: allFields(after, schema, before === undefined) };
  if (after === undefined || after === null)
    return { ...SAME, removed: allFields(before, schema, after === undefined) };
  const left = getStructure(schema, before);
  const right = getStructure(schema, after);
  if (left.kind === 'atomic' || right.kind === 'atomic' || left.kind !== right.kind)
    return { ...SAME, modified: LEAF };
  return compareChildren(entriesOf(before, left), entriesOf(after, right), right);
}

function compareChildren(
  before: ReadonlyMap<string, JsonValue>,
  after: ReadonlyMap<string, JsonValue>,
  structure: Structure,
): Comparison {
  const parts = {
    added: new Map<string, FieldSet>(),
    modified: new Map<string, FieldSet>(),
    removed: new Map<string, FieldSet>(),
  };
  for (const element of new Set([...before.keys(), ...after.keys()])) {
    const result = compareValues(before.get(element), after.get(element), childSchema(structure, element));
    for (const part of ['added', 'modified', 'removed'] as const) {
      const set = result[part];
      if (set !== EMPTY_SET) parts[part].set(element, set);
    }
  }
  return {
    added: createFieldSet(false, parts.added),
    modified: createFieldSet(false, parts.modified),
    removed: createFieldSet(false, parts.removed),
  };
}

/** The children of a value by path element. */
export function entriesOf(value: JsonValue, structure: Structure): Map<string, JsonValue> {
  if (structure.kind === 'object' && isJsonObject(value)) {
    const entries = new Map<string, JsonValue>();
    for (const [key, child] of Object.entries(value)) if (child !== undefined) entries.set(`f:${key}`, child);
    return entries;
  }
  if ((structure.kind === 'set' || structure.kind === 'list-map') && Array.isArray(value))
    return indexItems(value, structure);
  return new Map();
}

/** Every field of a value that comes or goes as a whole; the value itself too when it was absent, not null. */
function allFields(
  value: JsonValue | undefined,
  schema: OpenApiSchema | undefined,
  withSelf: boolean,
): FieldSet {
  if (value === undefined) return EMPTY_SET;
  const structure = getStructure(schema, value);
  if (structure.kind === 'atomic') return LEAF;
  const children = new Map<string, FieldSet>();
  for (const [element, child] of entriesOf(value, structure)) {
    children.set(
      element,
      structure.kind === 'set' ? LEAF : allFields(child, childSchema(structure, element), true),
    );
  }
  return uniteSets(createFieldSet(withSelf, children), EMPTY_SET);
}

/** Null and what holds nothing are told apart as leaves. */
function isEmptyValue(value: JsonValue | undefined): boolean {
  if (value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isJsonObject(value) && Object.keys(value).length === 0;
}
