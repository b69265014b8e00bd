import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalJson } from './json-value.ts';
import type { JsonValue } from './json-value.ts';
import { applyMergePatch, createMergePatch } from './merge-patch.ts';

describe('applyMergePatch', () => {
  // The table of RFC 7396, appendix A.
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ] as [JsonValue, JsonValue, JsonValue][])('%j with %j is %j', (document, patch, want) => {
    expect(applyMergePatch(document, patch)).toEqual(want);
  });

  it('does not touch the prototype', () => {
    const patch = JSON.parse('{"__proto__":{"polluted":true}}') as JsonValue;
    const result = applyMergePatch({}, patch);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.hasOwn(result as object, '__proto__')).toBe(true);
  });
});

/** JSON without nulls: a merge patch cannot write those. */
const scalar = fc.oneof(
  fc.boolean(),
  fc.integer(),
  fc.bigInt({ min: 2n ** 60n, max: 2n ** 62n }),
  fc.string(),
);
const { tree } = fc.letrec<{ tree: JsonValue }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'), tie('tree'), { maxKeys: 4 }),
  ),
}));

describe('createMergePatch', () => {
  it('is what turns the first into the second', () => {
    fc.assert(
      fc.property(tree, tree, (from, to) => {
        const patch = createMergePatch(from, to);
        if (patch === undefined) expect(equalJson(from, to)).toBe(true);
        else expect(equalJson(applyMergePatch(from, patch), to)).toBe(true);
      }),
    );
  });

  it('is undefined for equal documents', () => {
    fc.assert(fc.property(tree, (document) => createMergePatch(document, document) === undefined));
  });

  it('names only what differs', () => {
    expect(createMergePatch({ a: 1, b: { c: 1, d: 2 }, e: 1 }, { a: 1, b: { c: 1, d: 3 } })).toEqual({
      b: { d: 3 },
      e: null,
    });
  });
});
