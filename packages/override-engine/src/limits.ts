import { isJsonObject } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';
import { OverrideError } from './errors.ts';

/** More than kube-apiserver stores of any object, so that nothing that could be written is refused. */
const MAX_VALUE_LENGTH = 2 * 1024 * 1024;
/** Far above what any API has, far below what the stack holds. */
const MAX_DEPTH = 1000;
/** Of a document that JSON patches multiplied by copying. */
const MAX_NODES = 2_000_000;

/** @throws {OverrideError} `TOO_LARGE` for the text of a value above 2 Mi UTF-16 units */
export function assertValueLength(text: string): void {
  if (text.length <= MAX_VALUE_LENGTH) return;
  throw new OverrideError(
    'TOO_LARGE',
    `the value has ${text.length} characters, at most ${MAX_VALUE_LENGTH} are taken; split it into several overrides`,
  );
}

/** Whether a text is too short to spell anything that `assertBounded` refuses. */
export function isSurelyBounded(text: string): boolean {
  return text.length <= MAX_DEPTH;
}

/** @throws {OverrideError} `TOO_LARGE` for more than 1,000 levels or 2,000,000 values */
export function assertBounded(value: JsonValue | undefined, what: string): void {
  const found = { nodes: 0 };
  measure(value, 0, found, what);
}

function measure(value: JsonValue | undefined, depth: number, found: { nodes: number }, what: string): void {
  found.nodes += 1;
  if (depth > MAX_DEPTH)
    throw new OverrideError('TOO_LARGE', `${what} is nested more than ${MAX_DEPTH} levels deep; flatten it`);
  if (found.nodes > MAX_NODES)
    throw new OverrideError('TOO_LARGE', `${what} holds more than ${MAX_NODES} values; shorten it`);
  if (Array.isArray(value)) {
    for (const item of value) measure(item, depth + 1, found, what);
  } else if (isJsonObject(value)) {
    for (const key of Object.keys(value)) measure(value[key], depth + 1, found, what);
  }
}
