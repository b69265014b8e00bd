import type { JsonValue } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { mergeLikeGo } from './merge-like-go.ts';

type Row = readonly [why: string, document: JsonValue, patch: JsonValue, want: JsonValue];

const ROWS: readonly Row[] = [
  ['an empty patch', { a: 1 }, {}, { a: 1 }],
  ['a new key', { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
  ['a key that is there', { a: 1 }, { a: 2 }, { a: 2 }],
  ['a null deletes', { a: 1, b: 2 }, { a: null }, { b: 2 }],
  ['a null for what is not there', { a: 1 }, { b: null }, { a: 1 }],
  ['a null below', { a: { b: 1, c: 2 } }, { a: { b: null } }, { a: { c: 2 } }],
  ['the last key of a map', { a: { b: 1 } }, { a: { b: null } }, { a: {} }],
  ['maps merge at every level', { a: { b: { c: 1 } } }, { a: { b: { d: 2 } } }, { a: { b: { c: 1, d: 2 } } }],
  ['a map replaces a scalar', { a: 1 }, { a: { b: 2 } }, { a: { b: 2 } }],
  ['a map replaces a null', { a: null }, { a: { b: 2 } }, { a: { b: 2 } }],
  ['a map replaces a list', { a: [1] }, { a: { b: 2 } }, { a: { b: 2 } }],
  ['nulls in a map that replaces a list vanish', { a: [1] }, { a: { b: null, c: 2 } }, { a: { c: 2 } }],
  ['a scalar replaces a map', { a: { b: 2 } }, { a: 1 }, { a: 1 }],
  ['false is a value', { a: { b: 2 } }, { a: false }, { a: false }],
  ['0 and the empty text are values', { a: 1, b: 1 }, { a: 0, b: '' }, { a: 0, b: '' }],
  ['lists replace', { a: [1, 2, 3] }, { a: [4] }, { a: [4] }],
  ['an empty list replaces', { a: [1] }, { a: [] }, { a: [] }],
  ['an empty map changes nothing', { a: { b: 1 } }, { a: {} }, { a: { b: 1 } }],
  ['an empty map where nothing was', {}, { a: {} }, { a: {} }],
  ['nulls in a new map vanish', {}, { a: { b: null, c: { d: null } } }, { a: { c: {} } }],
  ['null items of a list stay', { a: [1] }, { a: [null, 1] }, { a: [null, 1] }],
  ['nulls in maps in a new list vanish', {}, { a: [{ b: null, c: 1 }] }, { a: [{ c: 1 }] }],
  ['and in one that replaces a list', { a: [1] }, { a: [{ b: null, c: 1 }] }, { a: [{ c: 1 }] }],
  ['and in one that replaces a scalar', { a: 1 }, { a: [{ b: null }] }, { a: [{}] }],
  ['but not in one that replaces a map', { a: { x: 1 } }, { a: [{ b: null }] }, { a: [{ b: null }] }],
  ['nulls in lists in lists', {}, { a: [[{ b: null }, null]] }, { a: [[{}, null]] }],
  ['a null that is there stays', { a: null, b: 1 }, { b: 2 }, { a: null, b: 2 }],
  ['a list for the whole', { a: 1 }, [1], [1]],
  ['a map for a list', [1], { a: 1 }, { a: 1 }],
  [
    'keys of the prototype are data',
    {},
    JSON.parse('{"__proto__":{"a":1}}') as JsonValue,
    JSON.parse('{"__proto__":{"a":1}}') as JsonValue,
  ],
  [
    'and can be taken out',
    JSON.parse('{"__proto__":{"a":1},"b":1}') as JsonValue,
    JSON.parse('{"__proto__":null}') as JsonValue,
    { b: 1 },
  ],
  ['what an object inherits is not there', {}, { isPrototypeOf: { a: null } }, { isPrototypeOf: {} }],
  ['64 bits', { a: 1 }, { a: 9223372036854775807n }, { a: 9223372036854775807n }],
];

describe('mergeLikeGo', () => {
  it.each(ROWS)('%s', (_why, document, patch, want) => {
    const before = structuredClone(document);
    const merged = mergeLikeGo(document, patch);
    expect(merged).toStrictEqual(want);
    expect(document).toStrictEqual(before);
  });
});
