const DNS_LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED_NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** RFC 1123 label: 1–63 lower-case letters, digits and inner hyphens. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && DNS_LABEL.test(text);
}

/** RFC 1123 subdomain: labels joined by dots, at most 253 characters. Each label may use up the whole length. */
export function isDnsSubdomain(text: string): boolean {
  return text.length <= 253 && text.split('.').every((label) => DNS_LABEL.test(label));
}

/** A label or annotation key: an optional DNS subdomain and slash, then a name of 1–63 characters. */
export function isLabelKey(text: string): boolean {
  const parts = text.split('/');
  const name = parts.pop() ?? '';
  if (parts.length > 1 || name.length > 63 || !QUALIFIED_NAME.test(name)) return false;
  return parts[0] === undefined || isDnsSubdomain(parts[0]);
}

/** A label value: empty, or 1–63 letters, digits and inner `-`, `_`, `.`. */
export function isLabelValue(text: string): boolean {
  return text === '' || (text.length <= 63 && QUALIFIED_NAME.test(text));
}

/** A UUID in its 36-character form, in either case. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/**
 * A name suffix without vowels and look-alikes. Bytes that would favour some characters are skipped as long
 * as enough are left, so twice the length of random bytes gives an even spread.
 *
 * @param bytes - Random; at least `length` of them.
 * @param length - Characters wanted. @default 5
 * @throws {RangeError} when there are fewer bytes than characters.
 */
export function createSuffix(bytes: Uint8Array, length = 5): string {
  if (bytes.length < length)
    throw new RangeError(`a suffix of ${length} needs ${length} bytes, got ${bytes.length}`);
  const limit = 256 - (256 % SUFFIX_ALPHABET.length);
  let spare = bytes.length - length;
  let suffix = '';
  for (const byte of bytes) {
    if (suffix.length === length) break;
    if (byte >= limit && spare > 0) spare -= 1;
    else suffix += SUFFIX_ALPHABET.charAt(byte % SUFFIX_ALPHABET.length);
  }
  return suffix;
}

/** The key of an object in caches and queues: `namespace/name`, or `name` without a namespace. */
export function objectKey(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}
