import { TunnelProtocolError } from './errors.ts';

/** A signed 64-bit integer: a `number` when it is a safe integer, else a `bigint`. One value, one form. */
export type Int64 = number | bigint;

/** The most bytes that a 64-bit varint can take. */
export const MAX_SVARINT_BYTES = 10;

const GROUPS_LOW = 4;
const LOW_FACTOR = 2 ** (7 * GROUPS_LOW);
/** Above this, doubling leaves the safe integers. */
const FAST_LIMIT = 2 ** 51;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** Where a varint was read and where it ended. */
export interface SvarintRead {
  readonly value: Int64;
  /** Index of the first byte after it. */
  readonly end: number;
}

/**
 * Appends the zig-zag LEB128 form of Go's `encoding/binary` signed varint.
 *
 * @param value - in [-2^63, 2^63)
 * @returns the index after the last byte written; the caller leaves room for 10 bytes
 * @throws {TunnelProtocolError} `OUT_OF_RANGE` for a fraction, or outside 64 bits
 */
export function writeSvarint(target: Uint8Array, offset: number, value: Int64): number {
  if (typeof value === 'number' && Math.abs(value) < FAST_LIMIT && Number.isInteger(value)) {
    let rest = value >= 0 ? value * 2 : -value * 2 - 1;
    let at = offset;
    while (rest >= 0x80) {
      target[at] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
      at += 1;
    }
    target[at] = rest;
    return at + 1;
  }
  return writeBig(target, offset, toBig(value));
}

function toBig(value: Int64): bigint {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new TunnelProtocolError('OUT_OF_RANGE', `${String(value)} is not a safe integer`);
  }
  const big = BigInt(value);
  if (big > INT64_MAX || big < INT64_MIN) {
    throw new TunnelProtocolError('OUT_OF_RANGE', `${String(big)} does not fit in 64 bits`);
  }
  return big;
}

function writeBig(target: Uint8Array, offset: number, value: bigint): number {
  let rest = value >= 0n ? value * 2n : -value * 2n - 1n;
  let at = offset;
  while (rest >= 0x80n) {
    target[at] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
    at += 1;
  }
  target[at] = Number(rest);
  return at + 1;
}

/** @returns the bytes of one signed varint, shape `[1–10]`. */
export function encodeSvarint(value: Int64): Uint8Array {
  const bytes = new Uint8Array(MAX_SVARINT_BYTES);
  return bytes.subarray(0, writeSvarint(bytes, 0, value));
}

/**
 * Reads one signed varint.
 *
 * @throws {TunnelProtocolError} `TRUNCATED` when the bytes end inside it, `VARINT_OVERFLOW` when it takes more
 *   than 64 bits
 */
export function readSvarint(bytes: Uint8Array, offset: number): SvarintRead {
  const first = bytes[offset];
  if (first !== undefined && first < 0x80) return { value: unzigzagSmall(first), end: offset + 1 };
  let low = 0;
  let high = 0;
  let factor = 1;
  for (let index = 0; index < MAX_SVARINT_BYTES; index += 1) {
    const byte = bytes[offset + index];
    if (byte === undefined) throw new TunnelProtocolError('TRUNCATED', 'message ends inside a varint');
    if (index === GROUPS_LOW) factor = 1;
    if (index === MAX_SVARINT_BYTES - 1 && byte > 1) break;
    if (index < GROUPS_LOW) low += (byte & 0x7f) * factor;
    else high += (byte & 0x7f) * factor;
    factor *= 0x80;
    if (byte < 0x80) return { value: unzigzag(low, high), end: offset + index + 1 };
  }
  throw new TunnelProtocolError('VARINT_OVERFLOW', 'varint is longer than 64 bits');
}

function unzigzagSmall(raw: number): number {
  return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
}

function unzigzag(low: number, high: number): Int64 {
  const raw = high * LOW_FACTOR + low;
  if (raw < Number.MAX_SAFE_INTEGER) return unzigzagSmall(raw);
  const exact = BigInt(high) * BigInt(LOW_FACTOR) + BigInt(low);
  const value = exact % 2n === 0n ? exact / 2n : -(exact + 1n) / 2n;
  return toInt64(value);
}

/** The one form of a 64-bit integer: see {@link Int64}. */
export function toInt64(value: bigint): Int64 {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
