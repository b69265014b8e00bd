import {
  applyJsonPatch,
  compareText,
  formatPointer,
  getByPointer,
  isJsonObject,
  isPatchError,
  parseJson,
  parseYaml,
  setKey,
  stringifyJson,
  stringifyYaml,
} from '@clusternet/kube-data';
import type { JsonObject, JsonValue, PatchErrorCode } from '@clusternet/kube-data';
import { OverrideError } from './errors.ts';
import type { OverrideErrorCode } from './errors.ts';
import { describeKind, explainPatchError } from './explain-patch-error.ts';
import { assertBounded, isSurelyBounded } from './limits.ts';
import { mergeLikeGo } from './merge-like-go.ts';

/** A patch of a document that is the text of a field. */
export interface FieldPatch {
  readonly type: 'FieldJSONPatch' | 'FieldMergePatch';
  readonly fieldPath: string;
  readonly fieldFormat: string;
  readonly patch: JsonValue;
}

/** A path inside a text that was not found. */
export interface MissingInText {
  readonly path: string | undefined;
  /** The rest of a sentence, after the name of the override. */
  readonly text: string;
}

/** The document after the patch, and the path inside the text that was not found. */
export interface FieldPatchResult {
  readonly document: JsonValue;
  readonly missing?: MissingInText;
}

/**
 * Patches a document that is the text of a field, such as a file in a ConfigMap.
 *
 * @returns A new document, the text in it formatted as Go formats it.
 * @throws {OverrideError} `INVALID_FIELD` when there is no such text or the format is unknown, `INVALID_DOCUMENT`
 *   when the text does not parse.
 */
export function patchField(document: JsonValue, field: FieldPatch): FieldPatchResult {
  const format = field.fieldFormat;
  if (format !== 'JSON' && format !== 'YAML') {
    throw new OverrideError(
      'INVALID_FIELD',
      `fieldFormat is JSON or YAML, found "${format.slice(0, 60)}"; set one of the two`,
    );
  }
  const pointer = formatPointer(parseFieldPath(field.fieldPath));
  const text = getByPointer(document, pointer);
  if (typeof text !== 'string') {
    throw new OverrideError(
      'INVALID_FIELD',
      `the document has no text at "${field.fieldPath}", found ${describeKind(text)}; correct fieldPath`,
    );
  }
  if (text === '') return { document };
  const after = patchText(text, { ...field, fieldFormat: format });
  return {
    document: applyJsonPatch(document, [{ op: 'replace', path: pointer, value: after.text }]),
    ...(after.missing === undefined ? {} : { missing: after.missing }),
  };
}

/** Field paths are written by hand: `~` stands for itself unless it spells an escape. */
function parseFieldPath(path: string): string[] {
  if (!path.startsWith('/')) {
    throw new OverrideError(
      'INVALID_FIELD',
      `fieldPath starts with "/", found "${path.slice(0, 60)}"; write it as a JSON pointer`,
    );
  }
  return path
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

interface TextResult {
  readonly text: string;
  readonly missing?: MissingInText;
}

type TextPatch = Pick<FieldPatch, 'patch' | 'type'> & { readonly fieldFormat: 'JSON' | 'YAML' };

function patchText(text: string, { type, fieldFormat, patch }: TextPatch): TextResult {
  const inner = parseText(text, fieldFormat);
  if (!isSurelyBounded(text)) assertBounded(inner, 'the document inside the field');
  const format = fieldFormat === 'YAML' ? formatYaml : formatJson;
  if (type === 'FieldMergePatch') {
    if (!isJsonObject(inner)) {
      throw new OverrideError(
        'INVALID_DOCUMENT',
        'the text of the field is a list, no map; use FieldJSONPatch',
      );
    }
    return { text: format(sortAll(mergeLikeGo(inner, patch))) };
  }
  try {
    const patched = applyJsonPatch(inner, patch);
    return { text: format(fieldFormat === 'YAML' ? patched : sortEntered(patched, enteredPaths(patch))) };
  } catch (error) {
    if (!isPatchError(error)) throw error;
    const why = explainPatchError(inner, patch, error);
    if (error.code !== 'MISSING_PATH') {
      throw new OverrideError(FIELD_CODES.get(error.code) ?? 'INVALID_PATCH', why, { path: error.path });
    }
    const missing = { path: error.path, text: why };
    return { text: fieldFormat === 'YAML' ? formatYaml(inner) : text, missing };
  }
}

const FIELD_CODES: ReadonlyMap<PatchErrorCode, OverrideErrorCode> = new Map([
  ['TEST_FAILED', 'TEST_FAILED'],
  ['TOO_LARGE', 'TOO_LARGE'],
]);

function parseText(text: string, format: 'JSON' | 'YAML'): JsonValue {
  try {
    const value = format === 'JSON' ? parseJson(text) : parseYaml(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch (cause) {
    throw new OverrideError(
      'INVALID_DOCUMENT',
      `the text of the field is not ${format}; correct it, or fieldFormat`,
      {
        cause,
      },
    );
  }
  throw new OverrideError(
    'INVALID_DOCUMENT',
    'the text of the field is neither map nor list; patch the field itself',
  );
}

function formatYaml(value: JsonValue): string {
  return stringifyYaml(value, { sortKeys: true });
}

/** Go's encoder escapes what HTML would misread. */
function formatJson(value: JsonValue): string {
  return stringifyJson(value, 4).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The containers on the way to what a JSON patch names: Go decodes only these, and sorts what it decodes. */
function enteredPaths(patch: JsonValue): Set<string> {
  const paths = new Set(['']);
  for (const operation of Array.isArray(patch) ? patch : []) {
    if (!isJsonObject(operation)) continue;
    for (const pointer of [operation['path'], operation['from']]) {
      if (typeof pointer !== 'string') continue;
      const tokens = pointer.split('/');
      for (let end = 2; end < tokens.length; end += 1) paths.add(tokens.slice(0, end).join('/'));
    }
  }
  return paths;
}

function sortEntered(value: JsonValue, entered: ReadonlySet<string>, path = ''): JsonValue {
  if (!entered.has(path)) return value;
  if (Array.isArray(value)) return value.map((item, index) => sortEntered(item, entered, `${path}/${index}`));
  if (!isJsonObject(value)) return value;
  return sortKeys(value, (key, item) => sortEntered(item, entered, path + formatPointer([key])));
}

function sortAll(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sortAll);
  return isJsonObject(value) ? sortKeys(value, (_key, item) => sortAll(item)) : value;
}

function sortKeys(value: JsonObject, sortItem: (key: string, item: JsonValue) => JsonValue): JsonObject {
  const result: JsonObject = {};
  for (const key of Object.keys(value).toSorted(compareText))
    setKey(result, key, sortItem(key, value[key] ?? null));
  return result;
}
