import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrame, parseClientKey } from './decode-frame.ts';
import { encodeFrame } from './encode-frame.ts';
import { isTunnelProtocolError } from './errors.ts';
import type { Frame } from './frame.ts';
import { encodeSvarint, readSvarint, toInt64 } from './svarint.ts';
import type { Int64 } from './svarint.ts';
import { decodeUtf8, encodeUtf8, truncateUtf8 } from './utf8.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (isTunnelProtocolError(error)) return error.code;
    throw error;
  }
  return 'none';
};

describe('svarint', () => {
  it.each<[Int64, string]>([
    [0, '00'],
    [1, '02'],
    [-1, '01'],
    [2, '04'],
    [63, '7e'],
    [64, '8001'],
    [-64, '7f'],
    [-65, '8101'],
    [8191, 'fe7f'],
    [8192, '808001'],
    [15000, 'b0ea01'],
    [2 ** 31, '8080808010'],
    [2n ** 63n - 1n, 'feffffffffffffffff01'],
    [-(2n ** 63n), 'ffffffffffffffffff01'],
    [3034377109060331741n, 'baa3f1c1ecf9a29c54'],
  ])('%s is %s', (value, want) => {
    expect(hex(encodeSvarint(value))).toBe(want);
    expect(readSvarint(bytesOf(want), 0)).toEqual({ value, end: want.length / 2 });
  });

  it('carries every 64-bit integer', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (big) => {
        expect(readSvarint(encodeSvarint(big), 0).value).toBe(toInt64(big));
        expect(hex(encodeSvarint(toInt64(big)))).toBe(hex(encodeSvarint(big)));
      }),
    );
  });

  it.each([
    { why: 'nothing there', given: '', want: 'TRUNCATED' },
    { why: 'ends inside', given: '8080', want: 'TRUNCATED' },
    { why: '11 bytes', given: '8080808080808080808001', want: 'VARINT_OVERFLOW' },
    { why: '65 bits', given: 'ffffffffffffffffff02', want: 'VARINT_OVERFLOW' },
  ])('refuses: $why', ({ given, want }) => {
    expect(codeOf(() => readSvarint(bytesOf(given), 0))).toBe(want);
  });

  it.each([2n ** 63n, -(2n ** 63n) - 1n, 0.5, Number.NaN, 2 ** 60])('does not write %s', (value) => {
    expect(codeOf(() => encodeSvarint(value))).toBe('OUT_OF_RANGE');
  });
});

/** The table "Worked examples" of the specification. */
const VECTORS: { what: string; id: Int64; frame: Frame; want: string }[] = [
  {
    what: 'Connect',
    id: 1,
    frame: { kind: 'connect', conn: 2, network: 'tcp', address: '10.96.0.1:443' },
    want: '02 04 04 b0ea01 7463702f31302e39362e302e313a343433',
  },
  {
    what: 'Data',
    id: 2,
    frame: { kind: 'data', conn: 2, payload: ascii('hello') },
    want: '04 04 02 b0ea01 68656c6c6f',
  },
  { what: 'Error EOF', id: 3, frame: { kind: 'error', conn: 2, text: 'EOF' }, want: '06 04 06 454f46' },
  {
    what: 'Error text',
    id: 4,
    frame: { kind: 'error', conn: 2, text: 'connection not found c/7/2' },
    want: '08 04 06 636f6e6e656374696f6e206e6f7420666f756e6420632f372f32',
  },
  {
    what: 'AddClient',
    id: 5,
    frame: { kind: 'addClient', conn: 0, text: 'c1/42' },
    want: '0a 00 08 63312f3432',
  },
  {
    what: 'RemoveClient',
    id: 6,
    frame: { kind: 'removeClient', conn: 0, text: 'c1/42' },
    want: '0c 00 0a 63312f3432',
  },
  { what: 'Pause', id: 7, frame: { kind: 'pause', conn: 2 }, want: '0e 04 0c' },
  { what: 'Resume', id: 8, frame: { kind: 'resume', conn: 2 }, want: '10 04 0e' },
  {
    what: 'SyncConnections',
    id: 1,
    frame: { kind: 'sync', conn: 0, conns: [2, 5] },
    want: '02 00 10 0200000000000000 0500000000000000',
  },
  {
    what: 'Connect with a Go id',
    id: 3034377109060331741n,
    frame: { kind: 'connect', conn: 2, network: 'tcp', address: '10.96.0.1:443' },
    want: 'baa3f1c1ecf9a29c54 04 04 b0ea01 7463702f31302e39362e302e313a343433',
  },
  {
    what: 'Connect with the largest even id',
    id: 2n ** 63n - 2n,
    frame: { kind: 'connect', conn: 130, network: 'tcp', address: 'a:1' },
    want: 'fcffffffffffffffff01 8402 04 b0ea01 7463702f613a31',
  },
  {
    what: 'Data with negative ids',
    id: -5,
    frame: { kind: 'data', conn: -1, payload: ascii('x') },
    want: '09 01 02 b0ea01 78',
  },
  {
    what: 'peer Connect',
    id: 1,
    frame: {
      kind: 'connect',
      conn: 2,
      network: 'dc91021d-2361-4f6d-a404-7c33b9e01118::tcp',
      address: '10.96.0.1:443',
    },
    want: `02 04 04 b0ea01 ${hex(ascii('dc91021d-2361-4f6d-a404-7c33b9e01118::tcp/10.96.0.1:443'))}`,
  },
];

describe('frames', () => {
  it.each(VECTORS)('writes and reads $what', ({ id, frame, want }) => {
    expect(hex(encodeFrame(frame, id))).toBe(want.replaceAll(' ', ''));
    expect(decodeFrame(bytesOf(want))).toEqual({ id, frame });
  });

  it.each(['01', '0204', '020404', '020404b0', '0204ff'])('%s ends inside the header', (given) => {
    expect(codeOf(() => decodeFrame(bytesOf(given)))).toBe('TRUNCATED');
  });

  it('knows no other types and minds none', () => {
    for (const type of ['12', '8001', 'c601']) {
      expect(decodeFrame(bytesOf(`0004${type}616263`)).frame).toMatchObject({ kind: 'unknown', conn: 2 });
    }
  });

  it.each([
    { why: 'Connect without slash', given: '020404b0ea01746370', want: 'INVALID_CONNECT' },
    { why: 'a list of odd length', given: '020010020000', want: 'INVALID_SYNC' },
  ])('refuses $why', ({ given, want }) => {
    expect(codeOf(() => decodeFrame(bytesOf(given)))).toBe(want);
  });

  it('refuses messages and Connects beyond the limits', () => {
    const data = encodeFrame({ kind: 'data', conn: 2, payload: new Uint8Array(100) });
    expect(codeOf(() => decodeFrame(data, { maxMessageBytes: 99 }))).toBe('MESSAGE_TOO_LARGE');
    const connect = new Uint8Array([0, 4, 4, 0, ...ascii(`tcp/${'a'.repeat(1100)}`)]);
    expect(codeOf(() => decodeFrame(connect))).toBe('INVALID_CONNECT');
  });

  it('sends no Connect that a Go peer would cut, and cuts its own error texts', () => {
    const connect = (address: string): Uint8Array =>
      encodeFrame({ kind: 'connect', conn: 2, network: 'tcp', address });
    expect(decodeFrame(connect('a'.repeat(96))).frame).toMatchObject({ address: 'a'.repeat(96) });
    expect(codeOf(() => connect('a'.repeat(97)))).toBe('ADDRESS_TOO_LONG');
    const error = encodeFrame({ kind: 'error', conn: 2, text: `${'a'.repeat(99)}ä` });
    expect(decodeFrame(error).frame).toMatchObject({ text: 'a'.repeat(99) });
  });

  it('reads whole what a Go peer writes beyond 100 bytes', () => {
    const error = new Uint8Array([0, 4, 6, ...ascii('e'.repeat(300))]);
    expect(decodeFrame(error).frame).toMatchObject({ text: 'e'.repeat(300) });
  });

  it('throws nothing but its own error, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        codeOf(() => decodeFrame(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['c1/42', { clientKey: 'c1', sessionKey: 42 }],
    ['/7', { clientKey: '', sessionKey: 7 }],
    ['k/9223372036854775807', { clientKey: 'k', sessionKey: 2n ** 63n - 1n }],
  ])('splits the client key %s', (text, want) => {
    expect(parseClientKey(text)).toEqual(want);
  });

  it.each(['k', 'a/b/c', 'k/', 'k/1x', 'k/9223372036854775808'])('refuses the client key %s', (text) => {
    expect(codeOf(() => parseClientKey(text))).toBe('INVALID_CLIENT');
  });
});

describe('utf8', () => {
  it('agrees with the platform on every text and every byte string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(hex(encodeUtf8(text))).toBe(hex(new TextEncoder().encode(text)));
        expect(decodeUtf8(encodeUtf8(text))).toBe(text.toWellFormed());
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = decodeUtf8(bytes);
        expect(text.replaceAll('\u{fffd}', '')).toBe(
          new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).replaceAll('\u{fffd}', ''),
        );
      }),
    );
  });

  it('cuts between characters', () => {
    expect(decodeUtf8(truncateUtf8(encodeUtf8('aä€😀'), 9))).toBe('aä€');
    expect(decodeUtf8(truncateUtf8(encodeUtf8('aä'), 3))).toBe('aä');
  });
});
