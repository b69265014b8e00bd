import { describe, expect, it } from 'vitest';
import { applyJsonPatch } from './json-patch.ts';
import type { JsonValue } from './json-value.ts';
import { parseJson, stringifyJson } from './json.ts';

interface Case {
  readonly why: string;
  readonly doc: JsonValue;
  readonly patch: JsonValue;
  readonly want?: JsonValue;
  readonly error?: string;
}

const add = (path: string, value: JsonValue): JsonValue => ({ op: 'add', path, value });
const remove = (path: string): JsonValue => ({ op: 'remove', path });
const replace = (path: string, value: JsonValue): JsonValue => ({ op: 'replace', path, value });
const test = (path: string, value: JsonValue): JsonValue => ({ op: 'test', path, value });
const move = (from: string, path: string): JsonValue => ({ op: 'move', from, path });
const copy = (from: string, path: string): JsonValue => ({ op: 'copy', from, path });

/** What the community conformance suite asks, in our own words. */
const RFC_6902: Case[] = [
  { why: 'an empty patch changes nothing', doc: { a: 1 }, patch: [], want: { a: 1 } },
  { why: 'add replaces an existing field', doc: { a: null }, patch: [add('/a', 1)], want: { a: 1 } },
  { why: 'add into a top-level list', doc: [], patch: [add('/0', 'x')], want: ['x'] },
  { why: 'add keeps a numeric text a text', doc: {}, patch: [add('/a', '1')], want: { a: '1' } },
  { why: 'add of false', doc: {}, patch: [add('/a', false)], want: { a: false } },
  { why: 'add of null', doc: {}, patch: [add('/a', null)], want: { a: null } },
  { why: 'add replaces the whole document by a list', doc: {}, patch: [add('', [])], want: [] },
  { why: 'add replaces the whole document by an object', doc: [], patch: [add('', {})], want: {} },
  { why: 'append to the top-level list', doc: [], patch: [add('/-', 'x')], want: ['x'] },
  { why: 'append some levels down', doc: [1, [2, [3]]], patch: [add('/1/1/-', 4)], want: [1, [2, [3, 4]]] },
  { why: 'the empty key', doc: {}, patch: [add('/', 1)], want: { '': 1 } },
  { why: 'the empty key further down', doc: { a: {} }, patch: [add('/a/', 1)], want: { a: { '': 1 } } },
  {
    why: 'add into an object in a list',
    doc: { l: [{ a: 1 }] },
    patch: [add('/l/0/b', 2)],
    want: { l: [{ a: 1, b: 2 }] },
  },
  { why: 'add far past the end', doc: { l: [1, 2] }, patch: [add('/l/8', 5)], error: 'INVALID_INDEX' },
  { why: 'add one past the end', doc: ['a', 'b'], patch: [add('/2', 'c')], want: ['a', 'b', 'c'] },
  { why: 'add two past the end', doc: ['a', 'b'], patch: [add('/3', 'c')], error: 'INVALID_INDEX' },
  { why: 'add before the start', doc: { l: [1, 2] }, patch: [add('/l/-1', 5)], error: 'INVALID_INDEX' },
  { why: 'a digit can be a key', doc: { a: 1 }, patch: [add('/0', 'x')], want: { a: 1, '0': 'x' } },
  { why: 'add in the middle', doc: ['a', 'c'], patch: [add('/1', 'b')], want: ['a', 'b', 'c'] },
  { why: 'add at the start', doc: ['b', 'c'], patch: [add('/0', 'a')], want: ['a', 'b', 'c'] },
  {
    why: 'an added list is not flattened',
    doc: ['a', 'c'],
    patch: [add('/1', ['b'])],
    want: ['a', ['b'], 'c'],
  },
  { why: 'add with a name into a list', doc: ['a'], patch: [add('/bar', 1)], error: 'INVALID_INDEX' },
  {
    why: 'a key that looks like a float',
    doc: { '1e0': 'x' },
    patch: [test('/1e0', 'x')],
    want: { '1e0': 'x' },
  },
  { why: 'no float as index in test', doc: ['a', 'b'], patch: [test('/1e0', 'b')], error: 'INVALID_INDEX' },
  { why: 'no float as index in add', doc: ['a', 'b'], patch: [add('/1e0', 'b')], error: 'INVALID_INDEX' },
  { why: 'no float as index in remove', doc: [1, 2], patch: [remove('/1e0')], error: 'INVALID_INDEX' },
  {
    why: 'no float as index on the way',
    doc: { l: [{ a: 1 }] },
    patch: [remove('/l/1e0/a')],
    error: 'MISSING_PATH',
  },
  { why: 'no float as index in replace', doc: [''], patch: [replace('/1e0', false)], error: 'MISSING_PATH' },
  {
    why: 'no float as index in copy',
    doc: { l: [1, 2] },
    patch: [copy('/l/1e0', '/b')],
    error: 'INVALID_INDEX',
  },
  {
    why: 'no float as index in move',
    doc: { l: [1, 2] },
    patch: [move('/l/1e0', '/b')],
    error: 'INVALID_INDEX',
  },
  { why: 'remove a field', doc: { a: 1, b: [1] }, patch: [remove('/b')], want: { a: 1 } },
  {
    why: 'remove in an object in a list',
    doc: { l: [{ a: 1 }] },
    patch: [remove('/l/0/a')],
    want: { l: [{}] },
  },
  { why: 'remove a null', doc: { a: null }, patch: [remove('/a')], want: {} },
  { why: 'remove from a list, twice', doc: [1, 2, 3, 4], patch: [remove('/1'), remove('/2')], want: [1, 3] },
  { why: 'remove a missing field', doc: { a: 1 }, patch: [remove('/b')], error: 'MISSING_PATH' },
  { why: 'remove a missing item', doc: ['a'], patch: [remove('/2')], error: 'INVALID_INDEX' },
  { why: 'replace a field', doc: { a: 1 }, patch: [replace('/a', [1])], want: { a: [1] } },
  {
    why: 'replace deep down',
    doc: { l: [{ a: 1 }] },
    patch: [replace('/l/0/a', 2)],
    want: { l: [{ a: 2 }] },
  },
  { why: 'replace an item', doc: ['a', 'b'], patch: [replace('/1', ['c'])], want: ['a', ['c']] },
  { why: 'replace with a falsy value', doc: [''], patch: [replace('/0', 0)], want: [0] },
  { why: 'replace with null', doc: { a: 1 }, patch: [replace('/a', null)], want: { a: null } },
  { why: 'replace a null', doc: { a: null }, patch: [replace('/a', 'x')], want: { a: 'x' } },
  { why: 'replace the whole document', doc: { a: 1 }, patch: [replace('', { b: 2 })], want: { b: 2 } },
  { why: 'replace needs its parent', doc: { b: 1 }, patch: [replace('/a/b', 1)], error: 'MISSING_PATH' },
  { why: 'replace needs its target', doc: { b: 1 }, patch: [replace('/a', 1)], error: 'MISSING_PATH' },
  {
    why: 'unknown members are ignored',
    doc: { a: 1 },
    patch: [{ op: 'test', path: '/a', value: 1, x: 1 }],
    want: { a: 1 },
  },
  { why: 'test of null', doc: { a: null }, patch: [test('/a', null)], want: { a: null } },
  {
    why: 'test ignores key order',
    doc: { a: [{ b: 1, c: 2 }] },
    patch: [test('/a', [{ c: 2, b: 1 }])],
    want: { a: [{ b: 1, c: 2 }] },
  },
  {
    why: 'test of unequal values',
    doc: { a: { b: [1, 2] } },
    patch: [test('/a', [1, 2])],
    error: 'TEST_FAILED',
  },
  { why: 'test does not convert', doc: { a: '1' }, patch: [test('/a', 1)], error: 'TEST_FAILED' },
  { why: 'test of the whole document', doc: { a: 1 }, patch: [test('', { a: 1 })], want: { a: 1 } },
  { why: 'test of a missing field', doc: { a: 1 }, patch: [test('/b', 1)], error: 'MISSING_PATH' },
  {
    why: 'escapes and odd characters',
    doc: { 'a/b': 1, 'c%d': 2, 'i\\j': 5, 'k"l': 6, ' ': 7, 'm~n': 8, '~1': 9 },
    patch: [
      test('/a~1b', 1),
      test('/c%d', 2),
      test('/i\\j', 5),
      test('/k"l', 6),
      test('/ ', 7),
      test('/m~0n', 8),
      test('/~01', 9),
      replace('', 0),
    ],
    want: 0,
  },
  { why: 'move onto itself', doc: { a: 1 }, patch: [move('/a', '/a')], want: { a: 1 } },
  { why: 'move a field', doc: { a: 1, b: 2 }, patch: [move('/a', '/c')], want: { b: 2, c: 1 } },
  { why: 'move a null', doc: { a: null }, patch: [move('/a', '/b')], want: { b: null } },
  {
    why: 'move out of an item',
    doc: { l: [{ a: 1 }] },
    patch: [move('/l/0/a', '/l/1')],
    want: { l: [{}, 1] },
  },
  { why: 'no move into itself', doc: { a: { b: 1 } }, patch: [move('/a', '/a/b/c')], error: 'INVALID_PATCH' },
  { why: 'copy', doc: { l: [{ a: 1 }] }, patch: [copy('/l/0', '/b')], want: { l: [{ a: 1 }], b: { a: 1 } } },
  {
    why: 'a copy is not shared',
    doc: { a: { x: 1 } },
    patch: [copy('/a', '/b'), replace('/b/x', 2)],
    want: { a: { x: 1 }, b: { x: 2 } },
  },
  { why: 'add without value', doc: [1], patch: [{ op: 'add', path: '/-' }], error: 'INVALID_PATCH' },
  { why: 'replace without value', doc: [1], patch: [{ op: 'replace', path: '/0' }], error: 'INVALID_PATCH' },
  { why: 'test without value', doc: [null], patch: [{ op: 'test', path: '/0' }], error: 'INVALID_PATCH' },
  { why: 'copy without from', doc: [1], patch: [{ op: 'copy', path: '/-' }], error: 'INVALID_PATCH' },
  { why: 'move without from', doc: { a: 1 }, patch: [{ op: 'move', path: '' }], error: 'INVALID_PATCH' },
  { why: 'operation without path', doc: { a: 1 }, patch: [{ op: 'add', value: 1 }], error: 'INVALID_PATCH' },
  { why: 'path without slash', doc: { a: 1 }, patch: [add('a', 1)], error: 'INVALID_PATCH' },
  {
    why: 'path that is no text',
    doc: { a: 1 },
    patch: [{ op: 'add', path: 1, value: 1 }],
    error: 'INVALID_PATCH',
  },
  { why: 'unknown operation', doc: { a: 1 }, patch: [{ op: 'spam', path: '/a' }], error: 'INVALID_PATCH' },
  { why: 'leading zeros, 00', doc: ['a', 'b'], patch: [test('/00', 'a')], error: 'INVALID_INDEX' },
  { why: 'leading zeros, 01', doc: ['a', 'b'], patch: [test('/01', 'b')], error: 'INVALID_INDEX' },
  { why: 'all or nothing', doc: { a: 1 }, patch: [replace('/a', 2), test('/a', 1)], error: 'TEST_FAILED' },
  { why: 'a patch that is no list', doc: {}, patch: { op: 'add' }, error: 'INVALID_PATCH' },
  { why: 'an operation that is no object', doc: {}, patch: ['x'], error: 'INVALID_PATCH' },
];

/** Where kube-apiserver (and every Go program with the same library) differs from the letter of the standard. */
const KUBERNETES: Case[] = [
  { why: 'replace of a missing key adds it', doc: { a: 1 }, patch: [replace('/b', 2)], want: { a: 1, b: 2 } },
  {
    why: 'replace past the end is a missing path',
    doc: ['a'],
    patch: [replace('/5', 2)],
    error: 'MISSING_PATH',
  },
  { why: '-1 is the last item', doc: ['a', 'b'], patch: [replace('/-1', 'c')], want: ['a', 'c'] },
  { why: '-1 is the end for add', doc: ['a', 'b'], patch: [add('/-1', 'c')], want: ['a', 'b', 'c'] },
  { why: 'too negative', doc: ['a'], patch: [remove('/-2')], error: 'INVALID_INDEX' },
  { why: 'remove past the end', doc: ['a'], patch: [remove('/5')], error: 'INVALID_INDEX' },
  { why: 'add past the end', doc: ['a'], patch: [add('/5', 1)], error: 'INVALID_INDEX' },
  {
    why: 'a null on the way is a missing path',
    doc: { a: null },
    patch: [add('/a/b', 1)],
    error: 'MISSING_PATH',
  },
  { why: 'a missing key is unequal to a value', doc: {}, patch: [test('/a', 1)], error: 'TEST_FAILED' },
  { why: 'a missing key is equal to null', doc: {}, patch: [test('/a', null)], want: {} },
  { why: 'copy of a missing key gives null', doc: {}, patch: [copy('/a', '/b')], want: { b: null } },
  { why: 'move of a missing key', doc: {}, patch: [move('/a', '/b')], error: 'MISSING_PATH' },
  { why: 'an operation without path', doc: {}, patch: [{ op: 'add', value: 1 }], error: 'MISSING_PATH' },
  { why: 'a path without slash', doc: { a: 1 }, patch: [add('a', 1)], error: 'MISSING_PATH' },
  { why: 'an add without value adds null', doc: {}, patch: [{ op: 'add', path: '/a' }], want: { a: null } },
];

function check({ doc, patch, want, error }: Case, dialect: 'kubernetes' | 'rfc6902'): void {
  const before = stringifyJson(doc);
  if (error === undefined) expect(applyJsonPatch(doc, patch, { dialect })).toEqual(want);
  else
    expect(() => applyJsonPatch(doc, patch, { dialect })).toThrow(expect.objectContaining({ code: error }));
  expect(stringifyJson(doc)).toBe(before);
}

describe('applyJsonPatch', () => {
  it.each(RFC_6902)('RFC 6902: $why', (given) => {
    check(given, 'rfc6902');
  });

  it.each(KUBERNETES)('Kubernetes: $why', (given) => {
    check(given, 'kubernetes');
  });

  it('keeps a 64-bit integer exact through parse, patch and stringify', () => {
    const doc = parseJson('{"a":9007199254740993,"b":{"c":-9223372036854775808}}');
    const patch = parseJson(
      '[{"op":"copy","from":"/b","path":"/d"},{"op":"add","path":"/e","value":18446744073709551615}]',
    );
    expect(stringifyJson(applyJsonPatch(doc, patch))).toBe(
      '{"a":9007199254740993,"b":{"c":-9223372036854775808},"d":{"c":-9223372036854775808},"e":18446744073709551615}',
    );
  });

  it('refuses more than 10,000 operations', () => {
    const patch = Array.from({ length: 10_001 }, () => test('/a', 1));
    expect(() => applyJsonPatch({ a: 1 }, patch)).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
  });

  it('stops copies of copies, which double each time, at 3 MiB', () => {
    const patch = Array.from({ length: 40 }, (_, index) => ({ op: 'copy', from: '', path: `/copy${index}` }));
    expect(() => applyJsonPatch({ a: 'x'.repeat(1000) }, patch)).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
  });

  it('treats __proto__ as a key like any other', () => {
    const result = applyJsonPatch({}, [add('/__proto__', { polluted: true })]);
    expect(Object.hasOwn(result as object, '__proto__')).toBe(true);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(() => applyJsonPatch({}, [add('/constructor/prototype/polluted', true)])).toThrow(
      expect.objectContaining({ code: 'MISSING_PATH' }),
    );
  });
});
