import { PatchError } from './errors.ts';
import type { PatchErrorCode } from './errors.ts';
import { cloneJson, equalJson, getKey, isJsonObject, setKey } from './json-value.ts';
import type { JsonObject, JsonValue } from './json-value.ts';
import { decodePointerToken } from './pointer.ts';
import { stringifyJson } from './json.ts';

/** One operation of a JSON patch. */
export interface JsonPatchOperation {
  readonly op: 'add' | 'copy' | 'move' | 'remove' | 'replace' | 'test';
  readonly path: string;
  readonly from?: string;
  readonly value?: JsonValue;
}

/** How `applyJsonPatch` reads a patch. */
export interface JsonPatchOptions {
  /**
   * `kubernetes` is what kube-apiserver does: `replace` of a missing key adds it, negative indexes count
   * from the end, `add` without a value adds null. `rfc6902` refuses all of that.
   * @default 'kubernetes'
   */
  readonly dialect?: 'kubernetes' | 'rfc6902';
}

const MAX_OPERATIONS = 10_000;
/** A copy of a copy doubles each time: what copying adds is limited as kube-apiserver limits it. */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;

/**
 * Applies a JSON patch (RFC 6902). All or nothing.
 *
 * @param operations - An array of operations; checked, so it may come straight from a request.
 * @returns A new document; neither argument is changed or shared.
 * @throws {PatchError} `MISSING_PATH` where something on the way or the removed key does not exist,
 *   `INVALID_INDEX`, `TEST_FAILED`, `TOO_LARGE` above 10,000 operations or 3 MiB of copies, `INVALID_PATCH` for the
 *   rest.
 */
export function applyJsonPatch(
  document: JsonValue,
  operations: readonly JsonPatchOperation[] | JsonValue,
  options: JsonPatchOptions = {},
): JsonValue {
  if (!Array.isArray(operations))
    throw new PatchError('INVALID_PATCH', 'a JSON patch is an array of operations');
  if (operations.length > MAX_OPERATIONS) {
    throw new PatchError(
      'TOO_LARGE',
      `a JSON patch has at most ${MAX_OPERATIONS} operations, found ${operations.length}`,
    );
  }
  const strict = options.dialect === 'rfc6902';
  const budget = { copyBytes: MAX_COPIED_BYTES };
  let root = cloneJson(document);
  for (const operation of operations as readonly JsonValue[]) {
    if (!isJsonObject(operation))
      throw new PatchError('INVALID_PATCH', 'an operation of a JSON patch is an object');
    root = applyOperation({ root, operation, strict, budget });
  }
  return root;
}

interface Step {
  readonly root: JsonValue;
  /** What may still be copied; used up as the operations go. */
  readonly budget: { copyBytes: number };
  readonly operation: JsonObject;
  readonly strict: boolean;
}

function applyOperation(step: Step): JsonValue {
  const { op } = step.operation;
  switch (op) {
    case 'add':
      return write(step, 'path', operandOf(step));
    case 'remove':
      return remove(step, 'path');
    case 'replace':
      return replace(step);
    case 'test':
      return test(step);
    case 'copy':
      return write(step, 'path', copyOf(step, read(step, 'from') ?? null));
    case 'move':
      return move(step);
    default:
      throw new PatchError('INVALID_PATCH', `unknown operation ${stringifyJson(op)} in a JSON patch`);
  }
}

function copyOf({ budget, operation }: Step, value: JsonValue): JsonValue {
  budget.copyBytes -= stringifyJson(value).length;
  if (budget.copyBytes < 0)
    throw failure(
      operation,
      'TOO_LARGE',
      `: the copies of a JSON patch come to more than ${MAX_COPIED_BYTES} bytes`,
    );
  return cloneJson(value);
}

function operandOf({ operation, strict }: Step): JsonValue {
  const value = getKey(operation, 'value');
  if (value === undefined && strict) throw failure(operation, 'INVALID_PATCH', ` has no value`);
  return cloneJson(value ?? null);
}

/** The tokens of `path` or `from`. One that is absent points nowhere, which counts as a missing path. */
function tokensOf({ operation, strict }: Step, field: 'from' | 'path'): string[] {
  const pointer = getKey(operation, field);
  if (typeof pointer !== 'string') {
    throw failure(operation, strict ? 'INVALID_PATCH' : 'MISSING_PATH', ` has no ${field}`);
  }
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) {
    const code = strict ? 'INVALID_PATCH' : 'MISSING_PATH';
    throw failure(operation, code, `: a path starts with "/", found "${pointer}"`);
  }
  return pointer.slice(1).split('/').map(decodePointerToken);
}

interface Place {
  readonly parent: JsonValue[] | JsonObject;
  readonly key: string;
}

/** The container that a non-empty pointer ends in, and the last token. */
function findPlace(step: Step, tokens: readonly string[]): Place {
  let current: JsonValue | undefined = step.root;
  for (const token of tokens.slice(0, -1)) current = stepInto(current, token, step);
  if (Array.isArray(current) || isJsonObject(current)) return { parent: current, key: tokens.at(-1) ?? '' };
  throw failure(step.operation, 'MISSING_PATH', `: the document has no parent for this path`);
}

function stepInto(current: JsonValue | undefined, token: string, step: Step): JsonValue | undefined {
  if (Array.isArray(current)) {
    const index = parseIndex(token, current.length, step.strict);
    return index === undefined ? undefined : current[index];
  }
  return isJsonObject(current) ? getKey(current, token) : undefined;
}

/** An index into a list of `length`, or undefined when the token is none or points outside. */
function parseIndex(token: string, length: number, strict: boolean): number | undefined {
  if (!(strict ? /^(?:0|[1-9]\d*)$/ : /^[-+]?\d+$/).test(token)) return undefined;
  const index = Number(token);
  const fromStart = index < 0 ? index + length : index;
  return fromStart >= 0 && fromStart < length ? fromStart : undefined;
}

function invalidIndex(step: Step, key: string): PatchError {
  return failure(step.operation, 'INVALID_INDEX', `: "${key}" is no index of this list`);
}

/** The value at a pointer; undefined where an object has no such key. */
function read(step: Step, field: 'from' | 'path'): JsonValue | undefined {
  const tokens = tokensOf(step, field);
  if (tokens.length === 0) return step.root;
  const { parent, key } = findPlace(step, tokens);
  if (Array.isArray(parent)) {
    const index = parseIndex(key, parent.length, step.strict);
    if (index === undefined) throw invalidIndex(step, key);
    return parent[index];
  }
  const value = getKey(parent, key);
  if (value === undefined && step.strict) throw missingKey(step, key);
  return value;
}

function missingKey(step: Step, key: string): PatchError {
  return failure(step.operation, 'MISSING_PATH', `: the document has no key "${key}" there`);
}

/** What `add` does: a new key or list item, or a new value for an existing key. */
function write(step: Step, field: 'path', value: JsonValue): JsonValue {
  const tokens = tokensOf(step, field);
  if (tokens.length === 0) return value;
  const { parent, key } = findPlace(step, tokens);
  if (!Array.isArray(parent)) {
    setKey(parent, key, value);
    return step.root;
  }
  const index = key === '-' ? parent.length : parseIndex(key, parent.length + 1, step.strict);
  if (index === undefined) throw invalidIndex(step, key);
  parent.splice(index, 0, value);
  return step.root;
}

function remove(step: Step, field: 'from' | 'path'): JsonValue {
  const tokens = tokensOf(step, field);
  if (tokens.length === 0) {
    if (step.strict) return null;
    throw failure(step.operation, 'MISSING_PATH', `: the document as a whole cannot be removed`);
  }
  const { parent, key } = findPlace(step, tokens);
  if (Array.isArray(parent)) {
    const index = parseIndex(key, parent.length, step.strict);
    if (index === undefined) throw invalidIndex(step, key);
    parent.splice(index, 1);
  } else {
    if (getKey(parent, key) === undefined) throw missingKey(step, key);
    Reflect.deleteProperty(parent, key);
  }
  return step.root;
}

function replace(step: Step): JsonValue {
  const tokens = tokensOf(step, 'path');
  const value = operandOf(step);
  if (tokens.length === 0) return value;
  const { parent, key } = findPlace(step, tokens);
  if (Array.isArray(parent)) {
    const index = parseIndex(key, parent.length, step.strict);
    if (index === undefined) {
      throw failure(step.operation, 'MISSING_PATH', `: the list has no item "${key}"`);
    }
    parent[index] = value;
  } else {
    if (step.strict && getKey(parent, key) === undefined) throw missingKey(step, key);
    setKey(parent, key, value);
  }
  return step.root;
}

function test(step: Step): JsonValue {
  const found = read(step, 'path');
  const want = operandOf(step);
  if (!equalJson(found ?? null, want)) {
    throw failure(step.operation, 'TEST_FAILED', ` failed: found ${shorten(found)}`);
  }
  return step.root;
}

function move(step: Step): JsonValue {
  const from = tokensOf(step, 'from');
  const path = tokensOf(step, 'path');
  if (path.length > from.length && from.every((token, index) => path[index] === token)) {
    throw failure(step.operation, 'INVALID_PATCH', `: a value cannot be moved into itself`);
  }
  const value = read(step, 'from');
  if (from.length === 0) return step.root; // onto itself: anything else was refused above
  const root = remove(step, 'from');
  return write({ ...step, root }, 'path', value ?? null);
}

/** The error of one operation; `text` follows its description. */
function failure(operation: JsonObject, code: PatchErrorCode, text: string): PatchError {
  const { path } = operation;
  return new PatchError(code, describe(operation) + text, typeof path === 'string' ? { path } : {});
}

function describe(operation: JsonObject): string {
  const { op, path, from } = operation;
  const origin = typeof from === 'string' ? ` from "${from}"` : '';
  return `JSON patch ${typeof op === 'string' ? op : 'operation'}${origin}${typeof path === 'string' ? ` "${path}"` : ''}`;
}

function shorten(value: JsonValue | undefined): string {
  const text = value === undefined ? 'nothing' : stringifyJson(value);
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}
