import { PatchError } from './errors.ts';
import { cloneJson, equalJson, getKey, isJsonObject, setKey } from './json-value.ts';
import type { JsonObject, JsonValue } from './json-value.ts';
import { stringifyJson } from './json.ts';
import type { PatchField, PatchSchema } from './patch-schema.ts';
import { isSameItem, normaliseOrder } from './strategic-merge-order.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_LIST = '$deleteFromPrimitiveList/';
const SET_ORDER = '$setElementOrder/';

/**
 * Applies a strategic merge patch the way kube-apiserver does: maps merge, lists merge by their patch key where
 * the schema has one and are replaced where not. Knows `$patch`, `$retainKeys`, `$setElementOrder/…` and
 * `$deleteFromPrimitiveList/…`.
 *
 * @param schema - Where lists merge; see `builtInPatchSchema`. Undefined: every list is replaced.
 * @returns A new document; no argument is changed or shared.
 * @throws {PatchError} `INVALID_DIRECTIVE`, `MISSING_MERGE_KEY` for list items without their patch key, and
 *   `INVALID_PATCH` for the rest.
 */
export function applyStrategicMergePatch(
  document: JsonValue | undefined,
  patch: JsonValue,
  schema: PatchSchema | undefined,
): JsonValue {
  if (!isJsonObject(patch)) throw new PatchError('INVALID_PATCH', 'a strategic merge patch is an object');
  const original = isJsonObject(document) ? cloneJson(document) : {};
  return mergeMaps(original, cloneJson(patch), schema);
}

/** Merges `patch` into `original`; both are our own copies and are used up. */
function mergeMaps(original: JsonObject, patch: JsonObject, schema: PatchSchema | undefined): JsonObject {
  const directive = getKey(patch, DIRECTIVE);
  if (directive !== undefined) return replaceByDirective(patch, directive);
  retainKeys(original, patch);
  for (const key of Object.keys(patch)) {
    if (key.startsWith(SET_ORDER)) mergeOrderedList({ original, patch, schema, directive: key });
  }
  for (const key of Object.keys(patch)) {
    if (key.startsWith(DELETE_LIST)) deletePrimitives(original, key.slice(DELETE_LIST.length), patch[key]);
    else mergeKey({ original, key, value: patch[key] ?? null, field: schema?.field(key) });
  }
  return original;
}

function replaceByDirective(patch: JsonObject, directive: JsonValue): JsonObject {
  if (directive === 'delete') return {};
  if (directive !== 'replace') {
    throw new PatchError('INVALID_DIRECTIVE', `unknown ${DIRECTIVE} directive ${stringifyJson(directive)}`);
  }
  Reflect.deleteProperty(patch, DIRECTIVE);
  return patch;
}

function retainKeys(original: JsonObject, patch: JsonObject): void {
  const keep = getKey(patch, RETAIN_KEYS);
  if (keep === undefined) return;
  Reflect.deleteProperty(patch, RETAIN_KEYS);
  if (!Array.isArray(keep)) throw new PatchError('INVALID_PATCH', `${RETAIN_KEYS} is a list of keys`);
  const extra = Object.keys(patch).find(
    (key) => patch[key] !== null && !key.startsWith('$') && !keep.includes(key),
  );
  if (extra !== undefined)
    throw new PatchError('INVALID_PATCH', `${RETAIN_KEYS} lacks the patched key "${extra}"`);
  for (const key of Object.keys(original)) if (!keep.includes(key)) Reflect.deleteProperty(original, key);
}

interface KeyMerge {
  readonly original: JsonObject;
  readonly key: string;
  readonly value: JsonValue;
  readonly field: PatchField | undefined;
}

function mergeKey({ original, key, value, field }: KeyMerge): void {
  const existing = getKey(original, key);
  if (value === null) {
    Reflect.deleteProperty(original, key);
  } else if (isJsonObject(value) && isJsonObject(existing)) {
    setKey(original, key, field?.strategy === 'replace' ? value : mergeMaps(existing, value, field?.schema));
  } else if (Array.isArray(value) && Array.isArray(existing)) {
    setKey(original, key, mergeLists(existing, value, field));
  } else {
    setKey(original, key, withoutDirectives(value));
  }
}

function mergeLists(original: JsonValue[], patch: JsonValue[], field: PatchField | undefined): JsonValue[] {
  if (field?.strategy !== 'merge') return patch;
  if (original.length === 0 && patch.length === 0) return original;
  if (!isListOfObjects(original, patch)) {
    const merged = [...original, ...patch].filter((item, index, all) => firstIndex(all, item) === index);
    return normaliseOrder({ merged, wanted: patch, before: original, mergeKey: undefined });
  }
  const mergeKey = field.mergeKey;
  if (mergeKey === undefined)
    throw new PatchError('MISSING_MERGE_KEY', 'a list of objects has no patch merge key');
  const special = applyItemDirectives(original, patch, mergeKey);
  const merged = [...special.original];
  for (const item of special.patch) mergeItem(merged, item, { mergeKey, schema: field.schema });
  return normaliseOrder({ merged, wanted: special.patch, before: special.original, mergeKey });
}

function firstIndex(items: readonly JsonValue[], wanted: JsonValue): number {
  return items.findIndex((item) => equalJson(item, wanted));
}

function isListOfObjects(original: readonly JsonValue[], patch: readonly JsonValue[]): boolean {
  const items = [...original, ...patch];
  const objects = items.filter(isJsonObject).length;
  if (objects !== 0 && objects !== items.length) {
    throw new PatchError('MISSING_MERGE_KEY', 'a list to merge holds objects and other values');
  }
  return objects > 0;
}

function keyOf(item: JsonValue, mergeKey: string): JsonValue {
  const value = isJsonObject(item) ? getKey(item, mergeKey) : undefined;
  if (value === undefined) {
    throw new PatchError('MISSING_MERGE_KEY', `a list item lacks its patch merge key "${mergeKey}"`);
  }
  return value;
}

/** Carries out `$patch` inside list items: `delete` takes an item out, `replace` drops all that was there. */
function applyItemDirectives(
  original: readonly JsonValue[],
  patch: readonly JsonValue[],
  mergeKey: string,
): { original: JsonValue[]; patch: JsonValue[] } {
  let kept = [...original];
  let replace = false;
  const plain: JsonValue[] = [];
  for (const item of patch) {
    const directive = isJsonObject(item) ? getKey(item, DIRECTIVE) : undefined;
    if (directive === undefined) {
      plain.push(item);
    } else if (directive === 'delete') {
      const key = keyOf(item, mergeKey);
      kept = kept.filter((other) => !isJsonObject(other) || !equalJson(getKey(other, mergeKey), key));
    } else if (directive === 'replace') {
      replace = true;
    } else {
      throw new PatchError(
        'INVALID_DIRECTIVE',
        `${DIRECTIVE} in a list item cannot be ${stringifyJson(directive)}`,
      );
    }
  }
  return replace ? { original: [], patch: plain } : { original: kept, patch: plain };
}

interface ItemSchema {
  readonly mergeKey: string;
  readonly schema: PatchSchema | undefined;
}

function mergeItem(merged: JsonValue[], item: JsonValue, { mergeKey, schema }: ItemSchema): void {
  const key = keyOf(item, mergeKey);
  const index = merged.findIndex((other) => isJsonObject(other) && equalJson(getKey(other, mergeKey), key));
  const existing = merged[index];
  if (isJsonObject(existing) && isJsonObject(item)) merged[index] = mergeMaps(existing, item, schema);
  else merged.push(withoutDirectives(item));
}

function deletePrimitives(original: JsonObject, key: string, values: JsonValue | undefined): void {
  const existing = getKey(original, key);
  if (!Array.isArray(existing)) return;
  if (!Array.isArray(values)) throw new PatchError('INVALID_PATCH', `${DELETE_LIST}${key} is a list`);
  setKey(
    original,
    key,
    existing.filter((item) => firstIndex(values, item) < 0),
  );
}

interface OrderedList {
  readonly original: JsonObject;
  readonly patch: JsonObject;
  readonly schema: PatchSchema | undefined;
  readonly directive: string;
}

/** Merges the list that a `$setElementOrder/…` belongs to and puts it into that order; takes both from the patch. */
function mergeOrderedList({ original, patch, schema, directive }: OrderedList): void {
  const wanted = patch[directive];
  const key = directive.slice(SET_ORDER.length);
  Reflect.deleteProperty(patch, directive);
  if (!Array.isArray(wanted)) throw new PatchError('INVALID_DIRECTIVE', `${directive} is a list`);
  const field = schema?.field(key);
  const before = getKey(original, key);
  const change = getKey(patch, key);
  if (change === null || (change !== undefined && !Array.isArray(change))) return; // an ordinary delete or replace
  if (before === undefined && change === undefined) return;
  const existing = Array.isArray(before) ? before : [];
  if (change !== undefined && !isInOrder(change, wanted, field?.mergeKey)) {
    throw new PatchError('INVALID_DIRECTIVE', `the items of the patch are not in the order of ${directive}`);
  }
  const merged = change === undefined ? existing : mergeLists(existing, change, field);
  Reflect.deleteProperty(patch, key);
  const mergeKey = merged.some(isJsonObject) ? field?.mergeKey : undefined;
  setKey(original, key, normaliseOrder({ merged, wanted, before: existing, mergeKey }));
}

/** Whether a list that asks for an order names everything the patch writes, in the order in which it writes it. */
function isInOrder(
  change: readonly JsonValue[],
  wanted: readonly JsonValue[],
  mergeKey: string | undefined,
): boolean {
  const written = change.filter((item) => !isJsonObject(item) || getKey(item, DIRECTIVE) === undefined);
  let next = 0;
  for (const item of wanted) {
    const candidate = written[next];
    if (candidate !== undefined && isSameItem(candidate, item, mergeKey)) next += 1;
  }
  return next === written.length;
}

/** A value that is new to the document: nulls and directives in it have nothing to act on. */
function withoutDirectives(value: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    return value
      .filter((item) => !isJsonObject(item) || getKey(item, DIRECTIVE) === undefined)
      .map(withoutDirectives);
  }
  if (!isJsonObject(value)) return value;
  if (getKey(value, DIRECTIVE) === 'delete') return {};
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    const item = value[key];
    const isDirective =
      key === DIRECTIVE || key === RETAIN_KEYS || key.startsWith(DELETE_LIST) || key.startsWith(SET_ORDER);
    if (!isDirective && item !== null && item !== undefined) setKey(result, key, withoutDirectives(item));
  }
  return result;
}
