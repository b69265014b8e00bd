import { isJsonObject } from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';
import { ApiError } from '../errors/api-error.ts';
import type { StatusCause } from '../errors/api-error.ts';
import { followRef } from '../schema/open-api-schema.ts';
import type { OpenApiSchema } from '../schema/open-api-schema.ts';
import { compareValues } from './compare-values.ts';
import type { Comparison } from './compare-values.ts';
import {
  createFieldSet,
  EMPTY_SET,
  formatPath,
  intersectSets,
  isEmptySet,
  LEAF,
  listPaths,
  subtractSets,
  subtractSubtrees,
  uniteSets,
} from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { capManagers, formatManagers, managerKey, parseManagers } from './managed-fields.ts';
import type { ManagerEntry, Managers } from './managed-fields.ts';
import { mergeValues, removeFields } from './merge-values.ts';
import { toFieldSet } from './to-field-set.ts';

/** Who writes, through which endpoint, when. */
export interface FieldWriter {
  readonly manager: string;
  readonly apiVersion: string;
  /** Empty for the object itself. */
  readonly subresource: string;
  /** RFC 3339 */
  readonly time: string;
}

/** What decides about ownership for a kind. */
export interface FieldRules {
  readonly schema: OpenApiSchema | undefined;
  /** Top-level fields that the endpoint does not write, such as `status`. */
  readonly ignored: readonly string[];
}

const META_IGNORED = [
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'name',
  'namespace',
  'resourceVersion',
  'selfLink',
  'uid',
];

function createIgnoredSet(fields: readonly string[]): FieldSet {
  const children = new Map<string, FieldSet>([
    ['f:apiVersion', LEAF],
    ['f:kind', LEAF],
    ['f:metadata', createFieldSet(false, new Map(META_IGNORED.map((key) => [`f:${key}`, LEAF])))],
  ]);
  for (const field of fields) children.set(`f:${field}`, LEAF);
  return createFieldSet(false, children);
}

/** Metadata of its own is never owned as a whole, only its fields. */
const METADATA_SELF: FieldSet = createFieldSet(false, new Map([['f:metadata', LEAF]]));

function ownable(set: FieldSet, ignored: FieldSet): FieldSet {
  return subtractSets(subtractSubtrees(set, ignored), METADATA_SELF);
}

/**
 * Records an update: whoever writes owns what it changed, and nobody else owns that any more.
 *
 * @param live - undefined for a new object
 * @param next - gets its new `metadata.managedFields`; otherwise untouched
 */
export function recordUpdate(
  live: KubeObject | undefined,
  next: KubeObject,
  writer: FieldWriter,
  rules: FieldRules,
): void {
  const base = live ?? createEmptyObject(next, rules.schema);
  const ignored = createIgnoredSet(rules.ignored);
  const found = compareObjects(base, next, rules.schema);
  const comparison: Comparison = {
    added: ownable(found.added, ignored),
    modified: ownable(found.modified, ignored),
    removed: ownable(found.removed, ignored),
  };
  const managers = new Map(
    parseManagers(
      live === undefined ? undefined : (next.metadata.managedFields ?? live.metadata.managedFields),
    ),
  );
  const key = managerKey({ ...writer, operation: 'Update' });
  takeFrom(managers, key, comparison);
  const own = managers.get(key);
  const changed = uniteSets(comparison.added, comparison.modified);
  const fields = uniteSets(subtractSets(own?.fields ?? EMPTY_SET, comparison.removed), changed);
  if (isEmptySet(fields)) managers.delete(key);
  else if (
    own === undefined ||
    !isEmptySet(changed) ||
    !isEmptySet(intersectSets(own.fields, comparison.removed))
  ) {
    managers.set(key, { ...writer, operation: 'Update', fields });
  }
  writeManagers(next, capManagers(managers));
}

function writeManagers(object: KubeObject, managers: Managers): void {
  const managedFields = formatManagers(managers);
  if (managedFields === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = managedFields;
}

/** Compares what objects say, without the record itself. */
function compareObjects(
  before: KubeObject,
  after: KubeObject,
  schema: OpenApiSchema | undefined,
): Comparison {
  return compareValues(withoutRecord(before), withoutRecord(after), schema);
}

function withoutRecord(object: KubeObject): JsonValue {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata } as unknown as JsonValue; // an object of the API is JSON
}

function takeFrom(managers: Map<string, ManagerEntry>, exceptKey: string, comparison: Comparison): void {
  const lost = uniteSets(uniteSets(comparison.added, comparison.modified), comparison.removed);
  if (isEmptySet(lost)) return;
  for (const [key, entry] of managers) {
    if (key === exceptKey) continue;
    const fields = subtractSets(entry.fields, lost);
    if (isEmptySet(fields)) managers.delete(key);
    else managers.set(key, { ...entry, fields });
  }
}

/** What a Go type without values would hold: required fields are null, embedded structs are there. */
function createEmptyObject(object: KubeObject, schema: OpenApiSchema | undefined): KubeObject {
  const empty = emptyValue(schema);
  const metadata = isJsonObject(empty) && isJsonObject(empty['metadata']) ? empty['metadata'] : {};
  return {
    ...(isJsonObject(empty) ? empty : {}),
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata,
  };
}

function emptyValue(schema: OpenApiSchema | undefined): JsonValue {
  const target = followRef(schema);
  const value: JsonObject = {};
  for (const [key, field] of Object.entries(target?.properties ?? {})) {
    if (isJsonObject(field.default) && Object.keys(field.default).length === 0)
      value[key] = emptyValue(field);
    else if (target?.required?.includes(key) === true) value[key] = null;
  }
  return value;
}

/** An apply, before defaulting and validation. */
export interface ApplyPlan {
  /** The live object with the configuration laid over it, and what it no longer states taken away. */
  readonly merged: KubeObject;
  readonly managers: Managers;
}

/**
 * Lays an applied configuration over an object.
 *
 * @param live - an object with nothing but its type and name when there is none yet
 * @param config - what is applied, without `managedFields`
 */
export function planApply(
  live: KubeObject,
  config: KubeObject,
  writer: FieldWriter,
  rules: FieldRules,
): ApplyPlan {
  const { schema } = rules;
  const managers = new Map(parseManagers(live.metadata.managedFields));
  const key = managerKey({ ...writer, operation: 'Apply' });
  const last = managers.get(key)?.fields ?? EMPTY_SET;
  const applied = ownable(toFieldSet(withoutRecord(config), schema), createIgnoredSet(rules.ignored));
  managers.set(key, { ...writer, operation: 'Apply', fields: applied });
  const union = mergeValues(withoutRecord(live), withoutRecord(config), schema);
  const pruned = isEmptySet(last) ? union : pruneFields(union, last, managers, schema);
  return { merged: pruned as unknown as KubeObject, managers }; // merging keeps apiVersion, kind and metadata
}

/** Takes away what this manager applied before, unless it or another manager owns it still. */
function pruneFields(
  merged: JsonValue,
  last: FieldSet,
  managers: Managers,
  schema: OpenApiSchema | undefined,
): JsonValue {
  let owned = EMPTY_SET;
  for (const { fields } of managers.values()) owned = uniteSets(owned, fields);
  const lastMembers = ensureMembers(last, schema);
  const mergedSet = ensureMembers(toFieldSet(merged, schema), schema);
  const bare = removeFields(merged, lastMembers, schema);
  const bareSet = ensureMembers(toFieldSet(bare, schema), schema);
  const back = uniteSets(bareSet, ensureMembers(owned, schema));
  const restored = removeFields(merged, subtractSets(mergedSet, back), schema);
  const restoredSet = ensureMembers(toFieldSet(restored, schema), schema);
  const dangling = intersectSets(subtractSets(mergedSet, restoredSet), lastMembers);
  return removeFields(merged, dangling, schema);
}

/** Makes members of declared fields and items that only have members below them. */
function ensureMembers(set: FieldSet, schema: OpenApiSchema | undefined): FieldSet {
  if (set.children.size === 0) return set;
  const target = followRef(schema);
  const children = new Map<string, FieldSet>();
  for (const [element, child] of set.children) {
    const isNamed = element.startsWith('f:');
    const below = isNamed ? (target?.properties?.[element.slice(2)] ?? additionalOf(target)) : target?.items;
    const full = ensureMembers(child, below);
    const isField =
      isNamed && target?.properties !== undefined && Object.hasOwn(target.properties, element.slice(2));
    children.set(element, createFieldSet(child.member || isField, full.children));
  }
  return createFieldSet(set.member, children);
}

function additionalOf(schema: OpenApiSchema | undefined): OpenApiSchema | undefined {
  return typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/**
 * Finishes an apply: settles conflicts and writes the record of owners.
 *
 * @param next - the merged object after defaulting; gets its new `metadata.managedFields`
 * @throws {ApiError} `Conflict` when another manager owns a field that changes, unless `force`
 */
export function finishApply(
  live: KubeObject,
  next: KubeObject,
  plan: { readonly managers: Managers; readonly writer: FieldWriter; readonly force: boolean },
  rules: FieldRules,
): void {
  const key = managerKey({ ...plan.writer, operation: 'Apply' });
  const ignored = createIgnoredSet(rules.ignored);
  const found = compareObjects(live, next, rules.schema);
  const changed = ownable(uniteSets(found.added, found.modified), ignored);
  const managers = new Map(plan.managers);
  const conflicts: { entry: ManagerEntry; fields: FieldSet }[] = [];
  for (const [otherKey, entry] of managers) {
    if (otherKey === key) continue;
    const fields = intersectSets(entry.fields, changed);
    if (!isEmptySet(fields)) conflicts.push({ entry, fields });
  }
  if (conflicts.length > 0 && !plan.force) throw createApplyConflict(conflicts);
  takeFrom(managers, key, { added: changed, modified: EMPTY_SET, removed: ownable(found.removed, ignored) });
  const before = parseManagers(live.metadata.managedFields).get(key);
  const own = managers.get(key);
  // An apply that changes nothing keeps its old time, so that it is no write.
  if (
    own !== undefined &&
    before !== undefined &&
    isSameSet(own.fields, before.fields) &&
    own.apiVersion === before.apiVersion
  ) {
    managers.set(key, isEmptySet(changed) ? before : own);
  }
  if (own !== undefined && isEmptySet(own.fields)) managers.delete(key);
  writeManagers(next, managers);
}

function isSameSet(a: FieldSet, b: FieldSet): boolean {
  return isEmptySet(subtractSets(a, b)) && isEmptySet(subtractSets(b, a));
}

function createApplyConflict(conflicts: readonly { entry: ManagerEntry; fields: FieldSet }[]): ApiError {
  const causes: StatusCause[] = [];
  const texts = conflicts.map(({ entry, fields }) => {
    const paths = listPaths(fields).map(formatPath);
    const suffix = entry.subresource === '' ? '' : ` with subresource ${JSON.stringify(entry.subresource)}`;
    const using = entry.operation === 'Update' ? ` using ${entry.apiVersion}` : '';
    const message = `conflict with ${JSON.stringify(entry.manager)}${suffix}${using}`;
    for (const field of paths) causes.push({ reason: 'FieldManagerConflict', message, field });
    return paths.length === 1 ? `${message}: ${paths[0] ?? ''}` : `${message}:\n- ${paths.join('\n- ')}`;
  });
  const count = causes.length;
  return new ApiError(
    'Conflict',
    `Apply failed with ${count} conflict${count === 1 ? '' : 's'}: ${texts.join('\n')}`,
    { causes },
  );
}
