import { applyJsonPatch, isJsonObject, isPatchError, parseYaml } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';
import { coalesceValues } from './coalesce-values.ts';
import { OverrideError } from './errors.ts';
import type { OverrideErrorCode } from './errors.ts';
import { mergeLikeGo } from './merge-like-go.ts';
import { describeEntry } from './override-entry.ts';
import type { FieldProvenance, OverrideEntry, OverrideNotice } from './override-entry.ts';
import { patchField } from './patch-field.ts';
import { forgetField, recordChanges } from './provenance.ts';

/** What overrides work on. Undefined is blank: nothing has been there yet. */
export interface OverrideState {
  /** The object, or the values of a Helm chart. */
  generic: JsonValue | undefined;
  /** The patch of the HelmChart object that `overrideChart` entries add up to. */
  chart: JsonValue | undefined;
  readonly genericProvenance: Map<string, FieldProvenance>;
  readonly chartProvenance: Map<string, FieldProvenance>;
  readonly notices: OverrideNotice[];
}

/** A state before the first override. */
export function createState(generic: JsonValue | undefined): OverrideState {
  return {
    generic,
    chart: undefined,
    genericProvenance: new Map(),
    chartProvenance: new Map(),
    notices: [],
  };
}

/** Applies entries in order, then takes out what must not travel. Changes the state. */
export function applyOverrides(state: OverrideState, entries: readonly OverrideEntry[]): void {
  const counts = new Map<string, number>();
  for (const entry of entries) {
    const index = nextIndex(counts, entry);
    try {
      applyEntry(state, entry, index);
    } catch (cause) {
      throw new OverrideError(codeOf(cause), `${describeEntry(entry, index)}: ${(cause as Error).message}`, {
        cause,
      });
    }
  }
  for (const path of STRIPPED) stripField(state, path);
}

/** The place of an entry in `spec.overrides` of its source, whose entries come in order. */
function nextIndex(counts: Map<string, number>, { source }: OverrideEntry): number {
  const key = `${source.kind}/${source.namespace ?? ''}/${source.name}`;
  const index = counts.get(key) ?? 0;
  counts.set(key, index + 1);
  return index;
}

const PATCH_CODES: ReadonlyMap<string, OverrideErrorCode> = new Map([['TEST_FAILED', 'TEST_FAILED']]);

function codeOf(cause: unknown): OverrideErrorCode {
  if (cause instanceof OverrideError) return cause.code;
  return isPatchError(cause) ? (PATCH_CODES.get(cause.code) ?? 'INVALID_PATCH') : 'INVALID_VALUE';
}

function applyEntry(state: OverrideState, entry: OverrideEntry, index: number): void {
  if (entry.value.trim() === '') return;
  const value = parseYaml(entry.value);
  const writer = { source: entry.source, name: entry.name, index };
  if (entry.overrideChart === true && (state.chart === undefined || entry.type === 'Helm')) {
    const before = state.chart;
    state.chart = before === undefined ? value : mergeLikeGo(before, value);
    recordChanges(state.chartProvenance, { before, after: state.chart }, () => writer);
    return;
  }
  const before = state.generic;
  state.generic =
    before === undefined
      ? firstValue(state, entry, { value, index })
      : change(state, before, entry, { value, index });
  recordChanges(state.genericProvenance, { before, after: state.generic }, () => writer);
}

interface EntryValue {
  readonly value: JsonValue;
  readonly index: number;
}

/** A blank document takes the first value as it is, nulls included. A JSON patch has nothing to work on. */
function firstValue(
  state: OverrideState,
  entry: OverrideEntry,
  { value, index }: EntryValue,
): JsonValue | undefined {
  if (entry.type !== 'JSONPatch') {
    if (entry.overrideChart === true)
      throw new OverrideError('INVALID_DOCUMENT', 'there are no values to patch yet');
    return value ?? undefined;
  }
  const message = `${describeEntry(entry, index)} has no effect: there is nothing to patch yet`;
  addNotice(state, entry, { index, code: 'BLANK_DOCUMENT', path: undefined, message });
  return undefined;
}

function change(
  state: OverrideState,
  document: JsonValue,
  entry: OverrideEntry,
  { value, index }: EntryValue,
): JsonValue {
  switch (entry.type) {
    case 'Helm':
      return coalesceValues(value, document);
    case 'MergePatch':
      return mergeLikeGo(document, value);
    case 'JSONPatch':
      return patchDocument(state, document, entry, { value, index });
    case 'FieldJSONPatch':
    case 'FieldMergePatch': {
      const { fieldPath = '', fieldFormat = '', type } = entry;
      const result = patchField(document, { type, fieldPath, fieldFormat, patch: value });
      if (result.missing !== undefined) addMissing(state, entry, index, result.missing);
      return result.document;
    }
    default:
      throw new OverrideError('INVALID_TYPE', `unsupported type "${entry.type}"`);
  }
}

function patchDocument(
  state: OverrideState,
  document: JsonValue,
  entry: OverrideEntry,
  { value, index }: EntryValue,
): JsonValue {
  if (!Array.isArray(document) && !isJsonObject(document)) {
    throw new OverrideError('INVALID_DOCUMENT', 'the document is neither map nor list');
  }
  try {
    return applyJsonPatch(document, value);
  } catch (error) {
    if (!isPatchError(error, 'MISSING_PATH')) throw error;
    addMissing(state, entry, index, error);
    return document;
  }
}

function addMissing(state: OverrideState, entry: OverrideEntry, index: number, error: Error): void {
  const path = isPatchError(error) ? error.path : undefined;
  const message = `${describeEntry(entry, index)} has no effect: ${error.message}`;
  addNotice(state, entry, { index, code: 'PATH_NOT_FOUND', path, message });
}

function addNotice(
  state: OverrideState,
  { source, name }: OverrideEntry,
  notice: Pick<OverrideNotice, 'code' | 'index' | 'message' | 'path'>,
): void {
  state.notices.push({ source, name, ...notice });
}

/** What belongs to the cluster an object was read from. Helm values lose these fields too (spec C, BUG-14). */
const STRIPPED = ['/metadata/managedFields', '/metadata/uid', '/status'];

function stripField(state: OverrideState, path: string): void {
  if (state.generic === undefined) return;
  const document = state.generic;
  if (!isJsonObject(document)) {
    throw new OverrideError('INVALID_DOCUMENT', 'the overrides leave a document that is no map');
  }
  state.generic = removeIfPresent(document, path);
  forgetField(state.genericProvenance, path);
}

/** The document without a field; the document itself where it has none. */
export function removeIfPresent(document: JsonValue, path: string): JsonValue {
  try {
    return applyJsonPatch(document, [{ op: 'remove', path }]);
  } catch (error) {
    if (isPatchError(error, 'MISSING_PATH')) return document;
    throw error;
  }
}
