import { isJsonObject, isPatchError, parseYaml } from '@clusternet/kube-data';
import type { JsonValue, PatchErrorCode } from '@clusternet/kube-data';
import { changeDocument, firstValue } from './change-document.ts';
import { OverrideError } from './errors.ts';
import type { OverrideErrorCode } from './errors.ts';
import { expandTemplates } from './expand-templates.ts';
import { explainPatchError } from './explain-patch-error.ts';
import { assertBounded, assertValueLength, isSurelyBounded } from './limits.ts';
import { mergeLikeGo } from './merge-like-go.ts';
import type { OverrideEntry } from './override-entry.ts';
import { sentenceAbout } from './override-state.ts';
import type { OverrideState, ReadEntry } from './override-state.ts';
import { touchedPlaces } from './touched-places.ts';

/**
 * Applies entries in order. Changes the state.
 *
 * @throws {OverrideError} For the first entry that cannot be applied. The state is then of no more use.
 */
export function applyOverrides(state: OverrideState, entries: readonly OverrideEntry[]): void {
  const nextIndex = createIndexer();
  for (const entry of entries) {
    const index = nextIndex(entry);
    const before = state.generic;
    let value: JsonValue | undefined;
    try {
      value = readValue(state, entry);
      if (value !== undefined) applyEntry(state, { entry, index, value });
    } catch (cause) {
      throw describeError({ entry, index, value, before, cause });
    }
  }
}

/** The place of each entry in `spec.overrides` of its source, whose entries come in order. */
function createIndexer(): (entry: OverrideEntry) => number {
  const counts = new Map<string, number>();
  return ({ source }) => {
    const key = `${source.kind}/${source.namespace ?? ''}/${source.name}`;
    const index = counts.get(key) ?? 0;
    counts.set(key, index + 1);
    return index;
  };
}

/** What an entry says; undefined for a blank one, which says nothing. */
function readValue({ cluster }: OverrideState, entry: OverrideEntry): JsonValue | undefined {
  const { value: text, isTemplated = false } = entry;
  assertValueLength(text);
  if (text.trim() === '') return undefined;
  const value = parseYaml(text);
  if (!isSurelyBounded(text)) assertBounded(value, 'the value');
  if (!isTemplated) return value;
  const expanded = expandTemplates(value, cluster);
  assertBounded(expanded, 'the value with its templates filled in');
  return expanded;
}

function applyEntry(state: OverrideState, read: ReadEntry): void {
  const { entry, index, value } = read;
  const writer = { source: entry.source, name: entry.name, index };
  if (entry.overrideChart === true && (state.chart === undefined || entry.type === 'Helm')) {
    const before = state.chart;
    state.chart = before === undefined ? value : mergeLikeGo(before, value);
    state.chartProvenance?.record({ before, after: state.chart }, writer);
    return;
  }
  const before = state.generic;
  state.generic = before === undefined ? firstValue(state, read) : changeDocument(state, before, read);
  if (mayMultiply(read)) assertBounded(state.generic, 'the document');
  if (state.genericProvenance === undefined) return;
  const touched = before !== undefined && entry.type === 'JSONPatch' ? touchedPlaces(value) : undefined;
  state.genericProvenance.record({ before, after: state.generic, touched }, writer);
}

const MULTIPLYING: ReadonlySet<unknown> = new Set(['copy', 'move']);

/** Only a JSON patch makes more of a document than was put in: by copying, or by nesting what it moves. */
function mayMultiply({ entry, value }: ReadEntry): boolean {
  if (entry.type !== 'JSONPatch' || !Array.isArray(value)) return false;
  if (!isSurelyBounded(entry.value)) return true;
  return value.some((operation) => isJsonObject(operation) && MULTIPLYING.has(operation['op']));
}

const CODES: ReadonlyMap<PatchErrorCode, OverrideErrorCode> = new Map([
  ['TEST_FAILED', 'TEST_FAILED'],
  ['TOO_LARGE', 'TOO_LARGE'],
]);

interface Failure {
  readonly entry: OverrideEntry;
  readonly index: number;
  readonly value: JsonValue | undefined;
  readonly before: JsonValue | undefined;
  readonly cause: unknown;
}

/** One sentence, whatever went wrong. A cause may quote values, so a Secret's error has none. */
function describeError({ entry, index, value, before, cause }: Failure): OverrideError {
  const { source, name: entryName, fieldPath } = entry;
  const isSecret = isJsonObject(before) && before['kind'] === 'Secret';
  const create = (
    code: OverrideErrorCode,
    text: string,
    path: string | undefined = fieldPath,
  ): OverrideError =>
    new OverrideError(code, sentenceAbout({ entry, index }, `: ${text}`), {
      source,
      entryName,
      index,
      path,
      ...(isSecret ? {} : { cause }),
    });
  if (cause instanceof OverrideError) return create(cause.code, cause.message, cause.path);
  if (isOverflow(cause))
    return create('TOO_LARGE', 'the value or the document is nested too deeply; flatten it');
  if (isPatchError(cause)) {
    const code = CODES.get(cause.code) ?? 'INVALID_PATCH';
    return create(code, explainPatchError(before ?? null, value ?? null, cause), cause.path);
  }
  const reason = isSecret ? 'the value is not valid YAML' : (cause as Error).message;
  return create('INVALID_VALUE', `${reason}; write the value as YAML or JSON`);
}

/** The YAML library passes on in words that the stack was too small. */
function isOverflow(cause: unknown): boolean {
  return cause instanceof RangeError || (cause instanceof Error && /maximum call stack/i.test(cause.message));
}
