import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatApiVersion, parseApiVersion } from './api-version.ts';
import { decodeBase64, decodeUtf8, encodeBase64, encodeUtf8, hashFnv1a32 } from './bytes.ts';
import {
  createSuffix,
  isDnsLabel,
  isDnsSubdomain,
  isLabelKey,
  isLabelValue,
  isUuid,
  objectKey,
} from './names.ts';

describe('names', () => {
  it.each([
    [isDnsLabel, ['a', 'a-1', '1a'], ['', '-a', 'a-', 'A', 'a.b', 'a'.repeat(64), 'a\n']],
    [isDnsSubdomain, ['a', 'a.b-c', 'x'.repeat(253)], ['', 'a.', '.a', 'a..b', 'x'.repeat(254)]],
    [isLabelKey, ['a', 'A_b.c-d', 'x.io/a'], ['', '/a', 'x.io/', 'a/b/c', 'X.io/a', '-a', 'a'.repeat(64)]],
    [isLabelValue, ['', 'a', 'A_b.c-d'], ['-a', 'a/b', 'a'.repeat(64), 'a ']],
    [
      isUuid,
      ['12345678-1234-1234-1234-1234567890aB'],
      ['', 'x12345678-1234-1234-1234-1234567890ab', '12345678'],
    ],
  ])('%o', (is, good, bad) => {
    expect(good.filter((text) => !is(text))).toEqual([]);
    expect(bad.filter((text) => is(text))).toEqual([]);
  });

  it('makes a suffix from bytes and skips the uneven ones while it can', () => {
    expect(createSuffix(new Uint8Array([0, 26, 27, 20, 242]))).toBe('b9b29');
    expect(createSuffix(new Uint8Array([255, 0, 254, 1]), 2)).toBe('bc');
    expect(createSuffix(new Uint8Array([255, 255]), 2)).toBe('qq');
    expect(() => createSuffix(new Uint8Array(4))).toThrow(RangeError);
  });

  it('makes object keys', () => {
    expect([objectKey('n', 'a'), objectKey('', 'a'), objectKey(undefined, 'a')]).toEqual(['n/a', 'a', 'a']);
  });

  it.each([
    ['v1', { group: '', version: 'v1' }],
    ['apps/v1', { group: 'apps', version: 'v1' }],
  ])('splits %s', (text, want) => {
    expect(parseApiVersion(text)).toEqual(want);
    expect(formatApiVersion(want.group, want.version)).toBe(text);
  });

  it.each(['', '/v1', 'a/', 'a/b/c'])('refuses the apiVersion %j', (text) => {
    expect(() => parseApiVersion(text)).toThrow(expect.objectContaining({ code: 'INVALID_API_VERSION' }));
  });
});

describe('bytes', () => {
  it('round-trips text through UTF-8 and base64, as the platform does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(Buffer.from(encodeUtf8(text)).equals(Buffer.from(text, 'utf8'))).toBe(true);
        expect(decodeUtf8(encodeUtf8(text))).toBe(Buffer.from(text, 'utf8').toString('utf8'));
        const bytes = encodeUtf8(text);
        expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
        expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
      }),
    );
  });

  it('decodes long text', () => {
    const text = 'aé€😀'.repeat(5000);
    expect(decodeUtf8(encodeUtf8(text))).toBe(text);
  });

  it.each([
    [0xc0, 0x80],
    [0xe0, 0x80, 0x80],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0x80],
    [0xc3],
    [0xff],
  ])('refuses the bytes %j %j', (...bytes) => {
    expect(() => decodeUtf8(new Uint8Array(bytes))).toThrow(
      expect.objectContaining({ code: 'INVALID_UTF8' }),
    );
  });

  it.each(['a', 'ab=c', '====', 'a$==', 'YQ=\n'])('refuses the base64 %j', (text) => {
    expect(() => decodeBase64(text)).toThrow(expect.objectContaining({ code: 'INVALID_BASE64' }));
  });

  it('hashes with FNV-1a', () => {
    expect([hashFnv1a32(''), hashFnv1a32('a'), hashFnv1a32('foobar')]).toEqual([
      0x811c9dc5, 0xe40c292c, 0xbf9cf968,
    ]);
    expect(hashFnv1a32(encodeUtf8('foobar'))).toBe(0xbf9cf968);
  });
});
