import { createBadRequest } from '../errors/status-errors.ts';

/**
 * Reads a query as Go does: a pair that is not encoded well, or that holds a semicolon, is left out.
 * @param text - without the question mark
 */
export function parseQuery(text: string): URLSearchParams {
  if (!/[%;]/.test(text)) return new URLSearchParams(text);
  const pairs = text.split('&').filter((pair) => !pair.includes(';') && !/%(?![0-9a-fA-F]{2})/.test(pair));
  return new URLSearchParams(pairs.join('&'));
}

/** True for a parameter that is set to anything but `0` or `false`; what is set to nothing is set. */
export function isQueryTrue(query: URLSearchParams, key: string): boolean {
  return readBoolean(query, key) === true;
}

/** A parameter that is on or off; undefined when it is not there. */
export function readBoolean(query: URLSearchParams, key: string): boolean | undefined {
  const value = query.get(key);
  return value === null ? undefined : value !== '0' && value.toLowerCase() !== 'false';
}

const INT64 = 2n ** 63n;

/**
 * A whole number; undefined when the parameter is not there.
 * @throws {ApiError} `BadRequest` in Go's words
 */
export function readInteger(query: URLSearchParams, key: string): number | undefined {
  const text = query.get(key);
  if (text === null || text === '') return undefined;
  const failure = `strconv.ParseInt: parsing ${JSON.stringify(text)}:`;
  if (!/^[-+]?\d+$/.test(text)) throw createBadRequest(`${failure} invalid syntax`);
  const value = BigInt(text.replace(/^\+/, ''));
  if (value < -INT64 || value >= INT64) throw createBadRequest(`${failure} value out of range`);
  return Number(value);
}

const UINT64 = 2n ** 64n;

/** A resource version, or what Go says is wrong with it. */
export function parseUnsigned(text: string): number | string {
  const failure = `strconv.ParseUint: parsing ${JSON.stringify(text)}:`;
  if (!/^\d+$/.test(text)) return `${failure} invalid syntax`;
  return BigInt(text) < UINT64 ? Number(text) : `${failure} value out of range`;
}
