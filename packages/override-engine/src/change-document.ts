import { applyJsonPatch, isJsonObject, isPatchError } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';
import { coalesceValues } from './coalesce-values.ts';
import { OverrideError } from './errors.ts';
import { explainPatchError } from './explain-patch-error.ts';
import { mergeLikeGo } from './merge-like-go.ts';
import { mergeStrategically } from './merge-strategically.ts';
import type { OverrideNotice } from './override-entry.ts';
import { sentenceAbout } from './override-state.ts';
import type { OverrideState, ReadEntry } from './override-state.ts';
import { patchField } from './patch-field.ts';

/** A blank document takes the first value as it is, nulls included. A JSON patch has nothing to work on. */
export function firstValue(state: OverrideState, { entry, index, value }: ReadEntry): JsonValue | undefined {
  if (entry.type !== 'JSONPatch') {
    if (entry.overrideChart === true)
      throw new OverrideError(
        'INVALID_DOCUMENT',
        'there are no values to patch yet; put it after an entry that sets some',
      );
    return value ?? undefined;
  }
  const text = 'there is nothing to patch yet; put it after an entry that sets values';
  addNotice(state, { entry, index }, { code: 'BLANK_DOCUMENT', path: undefined, text });
  return undefined;
}

/**
 * What a document becomes by one entry: a new one, or the same one when the entry has no effect, which is noted.
 *
 * @throws {OverrideError | PatchError} For an entry that cannot be applied.
 */
export function changeDocument(state: OverrideState, document: JsonValue, read: ReadEntry): JsonValue {
  const { entry, value } = read;
  switch (entry.type) {
    case 'Helm':
      return coalesceValues(value, document);
    case 'MergePatch':
      return entry.isStrategic === true ? mergeStrategically(document, value) : mergeLikeGo(document, value);
    case 'JSONPatch':
      return patchDocument(state, document, read);
    case 'FieldJSONPatch':
    case 'FieldMergePatch': {
      const { fieldPath = '', fieldFormat = '', type } = entry;
      const result = patchField(document, { type, fieldPath, fieldFormat, patch: value });
      if (result.missing !== undefined) addMissing(state, read, result.missing);
      return result.document;
    }
    default:
      throw new OverrideError(
        'INVALID_TYPE',
        `unsupported type "${entry.type.slice(0, 60)}"; use Helm, JSONPatch, MergePatch, FieldJSONPatch or FieldMergePatch`,
      );
  }
}

function patchDocument(state: OverrideState, document: JsonValue, read: ReadEntry): JsonValue {
  if (!Array.isArray(document) && !isJsonObject(document)) {
    throw new OverrideError(
      'INVALID_DOCUMENT',
      'the document is neither map nor list; correct the override that made it so',
    );
  }
  try {
    return applyJsonPatch(document, read.value);
  } catch (error) {
    if (!isPatchError(error, 'MISSING_PATH')) throw error;
    addMissing(state, read, { path: error.path, text: explainPatchError(document, read.value, error) });
    return document;
  }
}

interface Missing {
  readonly path: string | undefined;
  readonly text: string;
}

function addMissing(state: OverrideState, read: ReadEntry, missing: Missing): void {
  addNotice(state, read, { code: 'PATH_NOT_FOUND', ...missing });
}

function addNotice(
  state: OverrideState,
  { entry, index }: Pick<ReadEntry, 'entry' | 'index'>,
  { code, path, text }: Missing & Pick<OverrideNotice, 'code'>,
): void {
  const message = sentenceAbout({ entry, index }, ` has no effect: ${text}`);
  state.notices.push({ source: entry.source, name: entry.name, index, code, path, message });
}
