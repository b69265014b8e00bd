import { decodeUtf8, encodeUtf8 } from './bytes.ts';
import { ParseError } from './errors.ts';
import { setKey } from './json-value.ts';
import type { JsonObject, JsonValue } from './json-value.ts';

/** What every engine we run on offers beyond the ES2023 library: source text and raw JSON. */
interface SourceTextJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
}
const sourceTextJson = JSON as unknown as SourceTextJson;

/** Cheap test before the slow path: only an integer of 16 or more digits can be unsafe. */
const MAY_HOLD_UNSAFE_INTEGER = /(?:^|[^.\d])[1-9]\d{15,}/;
/** Cheap test again: only an escape can spell half of a pair. */
const LONE_SURROGATE = /\\u[dD][89a-fA-F]/;
const INTEGER = /^-?\d+$/;
const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

/**
 * Parses JSON. Half a surrogate pair becomes U+FFFD, as Go reads it. An integer outside the safe range of a double becomes a `bigint`; one that needs more than
 * 64 bits becomes a double, as Go reads it.
 *
 * @throws {ParseError} `INVALID_JSON`
 */
export function parseJson(text: string): JsonValue {
  try {
    const value = MAY_HOLD_UNSAFE_INTEGER.test(text) ? parseExactly(text) : (JSON.parse(text) as JsonValue);
    return LONE_SURROGATE.test(text) ? repairText(value) : value;
  } catch (cause) {
    throw new ParseError('INVALID_JSON', `not valid JSON: ${(cause as Error).message}`, { cause });
  }
}

function parseExactly(text: string): JsonValue {
  return sourceTextJson.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && INTEGER.test(source)
      ? integerFrom(source, value)
      : value,
  ) as JsonValue;
}

function wellFormed(text: string): string {
  return decodeUtf8(encodeUtf8(text));
}

function repairText(value: JsonValue): JsonValue {
  if (typeof value === 'string') return wellFormed(value);
  if (Array.isArray(value)) return value.map(repairText);
  if (typeof value !== 'object' || value === null) return value;
  const repaired: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) setKey(repaired, wellFormed(key), repairText(item));
  }
  return repaired;
}

/** The integer a text stands for: a number where that is exact, else a bigint, else the nearest double. */
export function integerFrom(source: string, rounded: number = Number(source)): number | bigint {
  if (Number.isSafeInteger(rounded)) return rounded;
  const exact = BigInt(source);
  return exact < INT64_MIN || exact > UINT64_MAX ? rounded : exact;
}

/**
 * Writes compact JSON; a `bigint` becomes a plain integer.
 *
 * @param value - JSON data. Keys that are `undefined` are left out.
 */
export function stringifyJson(value: unknown, indent?: number): string {
  if (value === undefined) return 'null';
  if (!holdsBigInt(value)) return JSON.stringify(value, undefined, indent);
  return JSON.stringify(
    value,
    (_key, item: unknown) => (typeof item === 'bigint' ? sourceTextJson.rawJSON(item.toString()) : item),
    indent,
  );
}

function holdsBigInt(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint';
  if (Array.isArray(value)) return value.some(holdsBigInt);
  for (const key of Object.keys(value)) if (holdsBigInt((value as Record<string, unknown>)[key])) return true;
  return false;
}
