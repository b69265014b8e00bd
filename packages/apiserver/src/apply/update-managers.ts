import { compareText, isJsonObject, setKey } from '@clusternet/kube-data';
import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';
import { ApiError } from '../errors/api-error.ts';
import type { StatusCause } from '../errors/api-error.ts';
import { followRef, getFieldSchema } from '../schema/open-api-schema.ts';
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
import { listClientApplied, updateLastApplied } from './last-applied.ts';
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

const META_FIELDS = [
  'creationTimestamp',
  'generation',
  'managedFields',
  'name',
  'namespace',
  'resourceVersion',
  'selfLink',
  'uid',
];

/** What everybody states and nobody owns. */
const IDENTITY: FieldSet = createFieldSet(
  false,
  new Map([
    ['f:apiVersion', LEAF],
    ['f:kind', LEAF],
    ['f:metadata', createFieldSet(true, new Map(META_FIELDS.map((key) => [`f:${key}`, LEAF])))],
  ]),
);

function withoutIdentity(set: FieldSet): FieldSet {
  return subtractSets(set, IDENTITY);
}

/** Leaves out what the endpoint does not write. */
function withoutIgnored(set: FieldSet, ignored: readonly string[]): FieldSet {
  if (ignored.length === 0) return set;
  return subtractSubtrees(set, createFieldSet(false, new Map(ignored.map((key) => [`f:${key}`, LEAF]))));
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
  const found = compareObjects(base, next, rules.schema);
  const added = withoutIgnored(found.added, rules.ignored);
  const modified = withoutIgnored(found.modified, rules.ignored);
  const removed = withoutIgnored(found.removed, rules.ignored);
  const managers = new Map(parseManagers(pickRecord(live, next, writer.subresource)));
  // Nobody owns anything: the record was given up, and only an apply takes it up again.
  if (live !== undefined && managers.size === 0) {
    delete next.metadata.managedFields;
    return;
  }
  const key = managerKey({ ...writer, operation: 'Update' });
  takeFrom(managers, key, { added, modified, removed });
  const own = managers.get(key)?.fields ?? EMPTY_SET;
  const fields = withoutIdentity(uniteSets(subtractSets(own, removed), uniteSets(added, modified)));
  // Who already owns all that changed has written again; who changes nothing keeps the old time.
  const hasWritten =
    [added, modified].some((set) => !isEmptySet(withoutIdentity(set))) || !isSameSet(own, fields);
  if (isEmptySet(fields)) managers.delete(key);
  else if (hasWritten) managers.set(key, { ...writer, operation: 'Update', fields });
  writeManagers(next, capManagers(managers));
}

/** Clients may write the record themselves, to hand fields over or to start anew; through the object only. */
function pickRecord(
  live: KubeObject | undefined,
  next: KubeObject,
  subresource: string,
): readonly unknown[] | undefined {
  if (live === undefined) return undefined;
  return subresource === ''
    ? (next.metadata.managedFields ?? live.metadata.managedFields)
    : live.metadata.managedFields;
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

function withoutRecord(object: KubeObject): JsonObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata } as unknown as JsonObject; // an object of the API is JSON
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
      setKey(value, key, emptyValue(field));
    else if (target?.required?.includes(key) === true) setKey(value, key, null);
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
  if (managers.size === 0 && live.metadata.uid !== undefined) addFirstOwner(managers, live, writer, rules);
  const key = managerKey({ ...writer, operation: 'Apply' });
  const last = managers.get(key)?.fields ?? EMPTY_SET;
  const applied = withoutIgnored(toFieldSet(withoutRecord(config), schema), rules.ignored);
  managers.set(key, { ...writer, operation: 'Apply', fields: applied });
  const union = mergeValues(withoutRecord(live), withoutRecord(config), schema);
  const pruned = isEmptySet(last) ? union : pruneFields(union, last, managers, schema);
  return { merged: pruned as unknown as KubeObject, managers }; // merging keeps apiVersion, kind and metadata
}

/** Whatever stood in an object before its first apply belongs to somebody without a name. */
function addFirstOwner(
  managers: Map<string, ManagerEntry>,
  live: KubeObject,
  writer: FieldWriter,
  rules: FieldRules,
): void {
  const all = compareObjects(createEmptyObject(live, rules.schema), live, rules.schema);
  const fields = withoutIdentity(withoutIgnored(uniteSets(all.added, all.modified), rules.ignored));
  const entry: ManagerEntry = { ...writer, manager: 'before-first-apply', operation: 'Update', fields };
  if (!isEmptySet(fields)) managers.set(managerKey(entry), entry);
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
    const below = isNamed ? getFieldSchema(target, element.slice(2)) : target?.items;
    const full = ensureMembers(child, below);
    const isField =
      isNamed && target?.properties !== undefined && Object.hasOwn(target.properties, element.slice(2));
    children.set(element, createFieldSet(child.member || isField, full.children));
  }
  return createFieldSet(set.member, children);
}

/**
 * Finishes an apply: settles conflicts and writes the record of owners.
 *
 * @param next - the merged object after defaulting; gets its new `metadata.managedFields`
 * @param plan - `config` as in {@link planApply}
 * @throws {ApiError} `Conflict` when another manager owns a field that changes, unless `force`
 */
export function finishApply(
  live: KubeObject,
  next: KubeObject,
  plan: {
    readonly config: KubeObject;
    readonly managers: Managers;
    readonly writer: FieldWriter;
    readonly force: boolean;
  },
  rules: FieldRules,
): void {
  const key = managerKey({ ...plan.writer, operation: 'Apply' });
  const found = compareObjects(live, next, rules.schema);
  const changed = withoutIgnored(uniteSets(found.added, found.modified), rules.ignored);
  const managers = new Map(plan.managers);
  const conflicts: { entry: ManagerEntry; fields: FieldSet }[] = [];
  const taken = plan.force
    ? EMPTY_SET
    : listClientApplied(withoutRecord(live), plan.writer.manager, rules.schema);
  for (const [otherKey, entry] of managers) {
    if (otherKey === key) continue;
    const fields = subtractSets(intersectSets(entry.fields, changed), taken);
    if (!isEmptySet(fields)) conflicts.push({ entry, fields });
  }
  if (conflicts.length > 0 && !plan.force) throw createApplyConflict(conflicts);
  takeFrom(managers, key, {
    added: changed,
    modified: EMPTY_SET,
    removed: withoutIgnored(found.removed, rules.ignored),
  });
  const before = parseManagers(live.metadata.managedFields).get(key);
  const own = managers.get(key);
  if (own !== undefined) {
    const fields = withoutIdentity(own.fields);
    const isSame =
      before !== undefined && isSameSet(fields, before.fields) && own.apiVersion === before.apiVersion;
    // An apply that changes nothing keeps its old time, so that it is no write.
    if (isEmptySet(fields)) managers.delete(key);
    else managers.set(key, isSame && isEmptySet(changed) ? before : { ...own, fields });
  }
  writeManagers(next, managers);
  updateLastApplied(next, plan.config, plan.writer.manager);
}

function isSameSet(a: FieldSet, b: FieldSet): boolean {
  return isEmptySet(subtractSets(a, b)) && isEmptySet(subtractSets(b, a));
}

function createApplyConflict(conflicts: readonly { entry: ManagerEntry; fields: FieldSet }[]): ApiError {
  const found = conflicts
    .toSorted(
      (a, b) =>
        compareText(a.entry.manager, b.entry.manager) || compareText(a.entry.operation, b.entry.operation),
    )
    .map(({ entry, fields }) => ({
      manager: describeManager(entry),
      paths: listPaths(fields).map(formatPath),
    }));
  const causes: StatusCause[] = found.flatMap(({ manager, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${manager}`, field })),
  );
  const [only] = causes;
  const text =
    causes.length === 1
      ? `1 conflict: ${only?.message ?? ''}: ${only?.field ?? ''}`
      : `${causes.length} conflicts: ${found.map(({ manager, paths }) => [`conflicts with ${manager}:`, ...paths.map((path) => `- ${path}`)].join('\n')).join('\n')}`;
  return new ApiError('Conflict', `Apply failed with ${text}`, { causes });
}

function describeManager({ manager, subresource, operation, apiVersion }: ManagerEntry): string {
  const through = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  return `${JSON.stringify(manager)}${through}${operation === 'Update' ? ` using ${apiVersion}` : ''}`;
}
