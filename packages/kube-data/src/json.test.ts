import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cloneJson, compareText, equalJson, isJsonObject } from './json-value.ts';
import type { JsonValue } from './json-value.ts';
import { parseJson, stringifyJson } from './json.ts';

const INTEGER = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n });
/** What `parseJson` yields for an integer: a bigint only where a double is not exact. */
const integer = INTEGER.map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value));
const { tree } = fc.letrec<{ tree: JsonValue }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    integer,
    fc.string(),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), tie('tree'), { maxKeys: 4 }),
  ),
}));

describe('parseJson and stringifyJson', () => {
  it('round-trip every document, 64-bit integers included', () => {
    fc.assert(
      fc.property(tree, (document) => {
        const text = stringifyJson(document);
        expect(equalJson(parseJson(text), document)).toBe(true);
        expect(stringifyJson(parseJson(text))).toBe(text);
      }),
    );
  });

  it.each([
    '9007199254740993',
    '[1,-9223372036854775808]',
    '{"a":18446744073709551615,"b":1.5,"c":"9007199254740993"}',
  ])('keeps %s', (text) => {
    expect(stringifyJson(parseJson(text))).toBe(text);
  });

  it.each([
    {
      why: 'more than 64 bits is a double, as in Go',
      text: '18446744073709551616',
      want: 18446744073709552000,
    },
    {
      why: 'an exponent makes no integer',
      text: '[9007199254740993e0, 9007199254740993]',
      want: [9007199254740992, 9007199254740993n],
    },
    { why: 'a safe integer stays a number', text: '9007199254740991', want: 9007199254740991 },
  ])('$why', ({ text, want }) => {
    expect(parseJson(text)).toEqual(want);
  });

  it('refuses bad JSON', () => {
    expect(() => parseJson('{')).toThrow(expect.objectContaining({ code: 'INVALID_JSON' }));
  });

  it('indents on request', () => {
    expect(stringifyJson({ a: 9007199254740993n }, 2)).toBe('{\n  "a": 9007199254740993\n}');
  });
});

describe('cloneJson', () => {
  it('shares nothing and drops undefined', () => {
    const original = { a: [{ b: 1n }], c: undefined };
    const copy = cloneJson(original);
    expect(copy).toEqual({ a: [{ b: 1n }] });
    expect(copy.a).not.toBe(original.a);
    expect(Object.keys(copy)).toEqual(['a']);
  });
});

describe('equalJson', () => {
  it.each([
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: 1, b: undefined }, { a: 1 }, true],
    [{ a: 1 }, { a: 1, b: undefined }, true],
    [{ a: undefined, c: 1 }, { b: 1, c: 1 }, false],
    [1n, 1, true],
    [2n ** 63n, 2 ** 63, true],
    [1n, '1', false],
    [[1, 2], [2, 1], false],
    [[], {}, false],
    [null, undefined, false],
    [{}, { toString: 1 }, false],
    [{ toString: undefined }, {}, true],
  ])('%o and %o: %s', (a, b, want) => {
    expect(equalJson(a, b)).toBe(want);
    expect(equalJson(b, a)).toBe(want);
  });
});

it('tells objects from the rest', () => {
  expect([{}, [], null, 'a'].map(isJsonObject)).toEqual([true, false, false, false]);
});

it('orders text by code unit', () => {
  expect(['b', 'a', 'B', 'é', 'ab'].toSorted(compareText)).toEqual(['B', 'a', 'ab', 'b', 'é']);
});
