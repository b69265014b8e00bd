import { ParseError } from './errors.ts';
import { getKey, isJsonObject } from './json-value.ts';
import type { JsonValue } from './json-value.ts';

/**
 * Splits a JSON pointer (RFC 6901) into its decoded tokens; `''` is the whole document.
 *
 * @throws {ParseError} `INVALID_POINTER` when it does not start with a slash or holds a bad escape.
 */
export function parsePointer(text: string): string[] {
  if (text === '') return [];
  if (!text.startsWith('/')) {
    throw new ParseError('INVALID_POINTER', `a JSON pointer starts with "/", found "${text}"`);
  }
  if (/~(?![01])/.test(text)) {
    throw new ParseError('INVALID_POINTER', `in a JSON pointer "~" is followed by 0 or 1, found "${text}"`);
  }
  return text.slice(1).split('/').map(decodePointerToken);
}

/** Joins tokens into a JSON pointer; the inverse of `parsePointer`. */
export function formatPointer(tokens: readonly (string | number)[]): string {
  return tokens.map((token) => `/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Undoes `~1` and `~0` in one token. */
export function decodePointerToken(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** The value at a pointer, or undefined where the document has none. Indexes are written without leading zeros. */
export function getByPointer(document: unknown, pointer: string): JsonValue | undefined {
  let current = document as JsonValue | undefined;
  for (const token of parsePointer(pointer)) {
    if (Array.isArray(current)) current = /^(?:0|[1-9]\d*)$/.test(token) ? current[Number(token)] : undefined;
    else if (isJsonObject(current)) current = getKey(current, token);
    else return undefined;
  }
  return current;
}
