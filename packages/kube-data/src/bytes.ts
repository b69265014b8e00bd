import { ParseError } from './errors.ts';

/** Encodes text as UTF-8. A lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let size = 0;
  for (let index = 0; index < text.length; index += 1) {
    let code = text.charCodeAt(index);
    if (code >= 0xd800 && code <= 0xdfff) {
      const full = text.codePointAt(index) ?? code;
      if (full > 0xffff) index += 1;
      code = full > 0xffff ? full : 0xfffd;
    }
    if (code < 0x80) {
      bytes[size++] = code;
    } else if (code < 0x800) {
      bytes[size++] = 0xc0 | (code >> 6);
      bytes[size++] = 0x80 | (code & 0x3f);
    } else if (code < 0x10000) {
      bytes[size++] = 0xe0 | (code >> 12);
      bytes[size++] = 0x80 | ((code >> 6) & 0x3f);
      bytes[size++] = 0x80 | (code & 0x3f);
    } else {
      bytes[size++] = 0xf0 | (code >> 18);
      bytes[size++] = 0x80 | ((code >> 12) & 0x3f);
      bytes[size++] = 0x80 | ((code >> 6) & 0x3f);
      bytes[size++] = 0x80 | (code & 0x3f);
    }
  }
  return bytes.slice(0, size);
}

/** The smallest code point a sequence of that many bytes may stand for. */
const SMALLEST = [0, 0, 0x80, 0x800, 0x10000];
const CHUNK = 8192;

/**
 * Decodes UTF-8.
 *
 * @throws {ParseError} `INVALID_UTF8` for overlong forms, surrogates, and sequences that are cut off.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  let text = '';
  let codes: number[] = [];
  for (let index = 0; index < bytes.length;) {
    const first = bytes[index] ?? 0;
    const length =
      first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0;
    let code = length === 1 ? first : first & (0x7f >> length);
    let valid = length > 0 && index + length <= bytes.length;
    for (let offset = 1; valid && offset < length; offset += 1) {
      const byte = bytes[index + offset] ?? 0;
      valid = (byte & 0xc0) === 0x80;
      code = (code << 6) | (byte & 0x3f);
    }
    valid &&= code >= (SMALLEST[length] ?? 0) && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    if (!valid) throw new ParseError('INVALID_UTF8', `not valid UTF-8 at byte ${index}`);
    codes.push(code);
    index += length;
    if (codes.length === CHUNK) {
      text += String.fromCodePoint(...codes);
      codes = [];
    }
  }
  return text + String.fromCodePoint(...codes);
}

const BASE64_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE64_VALUES: ReadonlyMap<string, number> = new Map(
  Array.from(BASE64_ALPHABET).map((character, value) => [character, value]),
);

/** Encodes bytes as base64 with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < bytes.length; index += 3) {
    const group = ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    const left = bytes.length - index;
    text += BASE64_ALPHABET.charAt(group >> 18) + BASE64_ALPHABET.charAt((group >> 12) & 63);
    text += left > 1 ? BASE64_ALPHABET.charAt((group >> 6) & 63) : '=';
    text += left > 2 ? BASE64_ALPHABET.charAt(group & 63) : '=';
  }
  return text;
}

/**
 * Decodes base64 with padding. Line breaks are skipped, as Go's decoder does.
 *
 * @throws {ParseError} `INVALID_BASE64`
 */
export function decodeBase64(text: string): Uint8Array {
  const compact = text.replaceAll(/[\r\n]/g, '');
  if (compact.length % 4 !== 0)
    throw new ParseError('INVALID_BASE64', 'base64 text has a multiple of 4 characters');
  const padding = compact.endsWith('==') ? 2 : compact.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((compact.length / 4) * 3 - padding);
  let size = 0;
  let group = 0;
  for (let index = 0; index < compact.length; index += 1) {
    const character = compact.charAt(index);
    const value = index >= compact.length - padding ? 0 : BASE64_VALUES.get(character);
    if (value === undefined) throw new ParseError('INVALID_BASE64', `not valid base64 at character ${index}`);
    group = ((group << 6) | value) & 0xffffff;
    if (index % 4 !== 3) continue;
    for (const shift of [16, 8, 0]) if (size < bytes.length) bytes[size++] = (group >> shift) & 0xff;
  }
  return bytes;
}

/** FNV-1a with 32 bits, over bytes or over text whose characters are all ASCII. */
export function hashFnv1a32(input: Uint8Array | string): number {
  let hash = 0x811c9dc5;
  const length = input.length;
  for (let index = 0; index < length; index += 1) {
    hash ^= typeof input === 'string' ? input.charCodeAt(index) : (input[index] ?? 0);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}
