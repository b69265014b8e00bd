import type { JsonValue } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { add, entry, helm, merge, patch, remove, source } from './builders.fixture.ts';
import { isOverrideError } from './errors.ts';
import type { OverrideError } from './errors.ts';
import type { OverrideEntry } from './override-entry.ts';
import { renderDocument } from './render-document.ts';

function errorOf(document: JsonValue, ...overrides: OverrideEntry[]): OverrideError {
  try {
    renderDocument({ document, overrides });
  } catch (error) {
    if (isOverrideError(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const document = {
  kind: 'X',
  spec: { l: ['a', 'b'], n: null },
  data: { file: '{"a":1}', text: 'x', none: '' },
};
const inField = { fieldPath: '/data/file', fieldFormat: 'JSON' };

describe('an invalid override', () => {
  it.each<{ given: OverrideEntry; code: string; text: string; path?: string }>([
    {
      given: patch(remove('/spec/l/5')),
      code: 'INVALID_PATCH',
      path: '/spec/l/5',
      text: 'JSON patch remove "/spec/l/5": "5" is no index of this list (operation 0, "/spec/l" is a list of 2 items); use the index of an item, or "-" in "add" to append',
    },
    {
      given: patch(add('/spec/m', []), add('/spec/m/1', 'x')),
      code: 'INVALID_PATCH',
      path: '/spec/m/1',
      text: 'JSON patch add "/spec/m/1": "1" is no index of this list (operation 1, "/spec/m" is a list of 0 items); use the index of an item, or "-" in "add" to append',
    },
    {
      given: patch({ op: 'test', path: '/kind', value: 'Y' }),
      code: 'TEST_FAILED',
      path: '/kind',
      text: 'JSON patch test "/kind" failed: the document has another value there (operation 0, "/kind" is text); correct the test, or the order of the overrides',
    },
    {
      given: patch({ op: 'spam', path: '/kind' }),
      code: 'INVALID_PATCH',
      text: 'unknown operation "spam" in a JSON patch (operation 0, "/kind" is text); write a list of operations {op, path, value}',
    },
    {
      given: entry('JSONPatch', { op: 'add' }),
      code: 'INVALID_PATCH',
      text: 'a JSON patch is an array of operations; write a list of operations {op, path, value}',
    },
    {
      given: merge('5'),
      code: 'INVALID_PATCH',
      text: 'a merge patch is a map, found a number; write a map',
    },
    {
      given: merge('# nothing'),
      code: 'INVALID_PATCH',
      text: 'a merge patch is a map, found null; write a map',
    },
    {
      given: helm([1]),
      code: 'INVALID_VALUE',
      text: 'Helm values are a map, found a list of 1 item; write a map',
    },
    {
      given: entry('Strategic', {}),
      code: 'INVALID_TYPE',
      text: 'unsupported type "Strategic"; use Helm, JSONPatch, MergePatch, FieldJSONPatch or FieldMergePatch',
    },
    {
      given: entry('FieldMergePatch', {}, { fieldPath: '/data/file' }),
      code: 'INVALID_FIELD',
      path: '/data/file',
      text: 'fieldFormat is JSON or YAML, found ""; set one of the two',
    },
    {
      given: entry('FieldMergePatch', {}, { ...inField, fieldPath: '/data/nope' }),
      code: 'INVALID_FIELD',
      path: '/data/nope',
      text: 'the document has no text at "/data/nope", found nothing; correct fieldPath',
    },
    {
      given: entry('FieldMergePatch', {}, { ...inField, fieldPath: '/spec' }),
      code: 'INVALID_FIELD',
      path: '/spec',
      text: 'the document has no text at "/spec", found a map with l, n; correct fieldPath',
    },
    {
      given: entry('FieldMergePatch', {}, { ...inField, fieldPath: 'data' }),
      code: 'INVALID_FIELD',
      path: 'data',
      text: 'fieldPath starts with "/", found "data"; write it as a JSON pointer',
    },
    {
      given: entry('FieldMergePatch', {}, { ...inField, fieldPath: '/data/text' }),
      code: 'INVALID_DOCUMENT',
      path: '/data/text',
      text: 'the text of the field is not JSON; correct it, or fieldFormat',
    },
    {
      given: entry('FieldJSONPatch', [{ op: 'test', path: '/a', value: 2 }], inField),
      code: 'TEST_FAILED',
      path: '/a',
      text: 'JSON patch test "/a" failed: the document has another value there (operation 0, "/a" is a number); correct the test, or the order of the overrides',
    },
  ])('$text', ({ given, code, text, path }) => {
    const before = structuredClone(document);
    const error = errorOf(document, merge({ fine: 1 }), { ...given, name: 'mine' });
    expect(error.message).toBe(`override "mine" (entry 1) of Localization n/l: ${text}`);
    expect(error).toMatchObject({
      code,
      source,
      entryName: 'mine',
      index: 1,
      ...(path === undefined ? {} : { path }),
    });
    expect(document).toEqual(before);
  });

  it('finds the operation of many that does not apply', () => {
    const operations = Array.from({ length: 100 }, (_, index) => add(`/k${index}`, {}));
    const error = errorOf(
      {},
      patch(...operations.slice(0, 77), add('/k76/x', []), add('/k76/x/9', 1), ...operations),
    );
    expect(error.message).toContain('(operation 78, "/k76/x" is a list of 0 items)');
  });

  it('counts entries within their own object', () => {
    const other = { kind: 'Globalization', name: 'g' } as const;
    const error = errorOf({}, merge({}, { source: other }), merge({}), merge('5', { source: other }));
    expect(error.message).toMatch(/^override \(entry 1\) of Globalization g: /);
    expect(error).toMatchObject({ source: other, index: 1, entryName: undefined });
  });

  it('never says what is in a Secret', () => {
    const secret = { kind: 'Secret', data: { a: 'c2VjcmV0', file: 'hidden: [' }, list: ['c2VjcmV0'] };
    const given = [
      patch({ op: 'test', path: '/data/a', value: 'guess' }),
      patch(remove('/list/7')),
      merge('data: [c2VjcmV0'),
      merge('{"data": c2VjcmV0 c2VjcmV0: }'),
      entry('FieldMergePatch', {}, { fieldPath: '/data/file', fieldFormat: 'YAML' }),
      entry('FieldMergePatch', {}, { fieldPath: '/list', fieldFormat: 'YAML' }),
    ];
    for (const override of given) {
      const error = errorOf(secret, override);
      expect(error.message).not.toMatch(/c2VjcmV0|hidden|guess/);
      expect(error.cause).toBeUndefined();
    }
  });

  it('has its say in the length of an event', () => {
    const error = errorOf({ l: [] }, patch(add(`/l/${'9'.repeat(5000)}`, 1)));
    expect(error.message.length).toBeLessThanOrEqual(1000);
  });
});

describe('sizes', () => {
  const deep = (levels: number): string => `{"a":`.repeat(levels) + '1' + '}'.repeat(levels);

  it.each([
    { why: 'a value of more than 2 Mi characters', given: [merge(`a: ${'x'.repeat(2 * 1024 * 1024)}`)] },
    { why: 'a value nested too deeply', given: [merge(deep(1001))] },
    { why: 'a value nested without end', given: [merge(deep(200_000))] },
    { why: 'lists nested without end', given: [merge(`a: ${'['.repeat(50_000)}${']'.repeat(50_000)}`)] },
    {
      why: 'copies of copies',
      given: [
        patch(...Array.from({ length: 40 }, (_, index) => ({ op: 'copy', from: '', path: `/c${index}` }))),
      ],
    },
    {
      why: 'more than 10,000 operations',
      given: [patch(...Array.from({ length: 10_001 }, () => add('/x', 1)))],
    },
    {
      why: 'a document nested level by level',
      given: [
        patch(
          ...Array.from({ length: 600 }, () => [
            add('/b', {}),
            { op: 'move', from: '/a', path: '/b/a' },
            add('/a', {}),
            { op: 'move', from: '/b', path: '/a/b' },
          ]).flat(),
        ),
      ],
    },
    {
      why: 'a text nested too deeply',
      given: [
        merge({ text: deep(2000) }),
        entry('FieldMergePatch', {}, { fieldPath: '/text', fieldFormat: 'JSON' }),
      ],
    },
  ])('$why is refused', ({ given }) => {
    expect(errorOf({ a: 1 }, ...given)).toMatchObject({ code: 'TOO_LARGE' });
  });

  it('takes what kube-apiserver stores', () => {
    const { document: rendered } = renderDocument({
      document: {},
      overrides: [merge({ text: 'x'.repeat(1_500_000) }), merge(deep(900))],
    });
    expect((rendered['text'] as string).length).toBe(1_500_000);
  });
});
