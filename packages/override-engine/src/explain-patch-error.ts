import { applyJsonPatch, formatPointer, getKey, isJsonObject } from '@clusternet/kube-data';
import type { JsonValue, PatchError, PatchErrorCode } from '@clusternet/kube-data';

const SHOWN_KEYS = 5;
const SHOWN_LENGTH = 60;

const ADVICE: Readonly<Record<PatchErrorCode, string>> = {
  INVALID_DIRECTIVE: 'use only the directives of strategic merge patches, with the values they take',
  INVALID_INDEX: 'use the index of an item, or "-" in "add" to append',
  INVALID_PATCH: 'write a list of operations {op, path, value}',
  INVALID_VALUE: 'write plain JSON or YAML',
  MISSING_MERGE_KEY: 'give every item of that list its merge key',
  MISSING_PATH: 'correct the path, or add what it leads through first',
  TEST_FAILED: 'correct the test, or the order of the overrides',
  TOO_LARGE: 'split the patch, or copy less',
};

/**
 * Says why a patch does not apply, and what helps: which operation, which path, what is there instead. Names keys and
 * kinds of values, never the values: the document may be a Secret.
 *
 * @returns The rest of a sentence, after the name of the override.
 */
export function explainPatchError(document: JsonValue, patch: JsonValue, error: PatchError): string {
  const parts = [error.code === 'TEST_FAILED' ? withoutFound(error.message) : error.message];
  if (Array.isArray(patch) && error.code !== 'TOO_LARGE') {
    const index = failedOperation(document, patch);
    const operation = patch[index];
    parts.push(` (operation ${index}`);
    if (isJsonObject(operation)) parts.push(describePlace(document, patch.slice(0, index), operation));
    parts.push(')');
  }
  return `${parts.join('')}; ${ADVICE[error.code]}`;
}

/** The message of a failed test ends in the value found. */
function withoutFound(message: string): string {
  return message.replace(/ failed: found .*$/s, ' failed: the document has another value there');
}

/** How many operations apply before one does not; halving, because each try copies the document. */
function failedOperation(document: JsonValue, patch: readonly JsonValue[]): number {
  let applied = 0;
  let failing = patch.length;
  while (failing - applied > 1) {
    const middle = (applied + failing) >> 1;
    if (doesApply(document, patch.slice(0, middle))) applied = middle;
    else failing = middle;
  }
  return applied;
}

function doesApply(document: JsonValue, patch: JsonValue[]): boolean {
  try {
    applyJsonPatch(document, patch);
    return true;
  } catch {
    return false; // for the same reason as the whole patch: operations apply in order
  }
}

/** What there is on the way to where an operation points, as far as the way goes. */
function describePlace(
  document: JsonValue,
  earlier: JsonValue[],
  operation: Readonly<Record<string, JsonValue | undefined>>,
): string {
  const reached = earlier.length === 0 ? document : applyJsonPatch(document, earlier);
  const pointers = [operation['from'], operation['path']].filter((pointer) => typeof pointer === 'string');
  const found = pointers
    .filter((pointer) => pointer.startsWith('/'))
    .map((pointer) => walk(reached, pointer));
  return found.map(({ at, value }) => `, "${shorten(at)}" is ${describeKind(value)}`).join('');
}

function walk(document: JsonValue, pointer: string): { readonly at: string; readonly value: JsonValue } {
  let value = document;
  const passed: string[] = [];
  for (const token of pointer.slice(1).split('/')) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    const next = childOf(value, key);
    if (next === undefined) break;
    passed.push(key);
    value = next;
  }
  return { at: formatPointer(passed), value };
}

function childOf(value: JsonValue, key: string): JsonValue | undefined {
  if (Array.isArray(value)) return /^-?\d+$/.test(key) ? value.at(Number(key)) : undefined;
  return isJsonObject(value) ? getKey(value, key) : undefined;
}

/** A phrase for a value that does not give it away. */
export function describeKind(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value))
    return value.length === 1 ? 'a list of 1 item' : `a list of ${value.length} items`;
  if (!isJsonObject(value)) return typeof value === 'string' ? 'text' : `a ${nameOf(value)}`;
  const keys = Object.keys(value);
  if (keys.length === 0) return 'an empty map';
  const more = keys.length > SHOWN_KEYS ? ` and ${keys.length - SHOWN_KEYS} more` : '';
  return `a map with ${keys.slice(0, SHOWN_KEYS).map(shorten).join(', ')}${more}`;
}

function nameOf(value: bigint | boolean | number): string {
  return typeof value === 'boolean' ? 'boolean' : 'number';
}

function shorten(text: string): string {
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH - 3)}...` : text;
}
