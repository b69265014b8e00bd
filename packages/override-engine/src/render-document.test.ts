import { parseYaml } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { add, code, entry, helm, merge, patch, render, source } from './builders.fixture.ts';
import { renderDocument } from './render-document.ts';

describe('renderDocument', () => {
  const document = { apiVersion: 'v1', kind: 'X', metadata: { name: 'x' }, spec: { a: 1 } };

  it('skips blank values and takes out what belongs to the source cluster', () => {
    const dirty = { ...document, metadata: { name: 'x', uid: 'u', managedFields: [] }, status: { a: 1 } };
    expect(render(dirty, merge(' \n'), helm('# only a comment'))).toEqual(document);
  });

  it.each([
    { why: 'an unknown type', given: entry('StrategicMergePatch', {}), want: 'INVALID_TYPE' },
    { why: 'a value that is not YAML', given: merge('a: ['), want: 'INVALID_VALUE' },
    { why: 'a merge patch of null', given: merge('null'), want: 'INVALID_PATCH' },
    { why: 'a merge patch of a scalar', given: merge('5'), want: 'INVALID_PATCH' },
    { why: 'a merge patch that makes a list', given: merge('[1]'), want: 'INVALID_DOCUMENT' },
    { why: 'Helm values that are a list', given: helm('[1]'), want: 'INVALID_VALUE' },
  ])('refuses $why', ({ given, want }) => {
    expect(code(document, given)).toBe(want);
  });

  it('keeps 64-bit integers exact from text to document', () => {
    const given = parseYaml('{spec: {id: 9007199254740993}}');
    expect(render(given, merge('spec: {other: -9223372036854775808}'))).toEqual({
      spec: { id: 9007199254740993n, other: -9223372036854775808n },
    });
  });

  it('does not change its input', () => {
    const before = structuredClone(document);
    render(document, merge({ spec: { a: 2 } }), patch(add('/spec/b', { c: 1 })));
    expect(document).toEqual(before);
  });

  it('treats __proto__ as a key like any other', () => {
    const result = render(document, merge('{"spec":{"__proto__":{"polluted":true}}}'));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.hasOwn((result as { spec: object }).spec, '__proto__')).toBe(true);
  });

  it('says who wrote which field last, and what was there', () => {
    const other = { kind: 'Globalization', name: 'g' } as const;
    const { provenance } = renderDocument({
      document: { ...document, spec: { a: 1, b: { c: 1 }, l: [1, 2] }, status: {} },
      overrides: [
        { ...merge({ spec: { a: 2, b: null } }), source: other },
        merge({ spec: { a: 3, n: { deep: true, empty: {} } } }),
        { ...patch(add('/spec/l/-', 3)), name: 'append' },
      ],
    });
    expect([...provenance]).toEqual([
      ['/spec/b/c', { source: other, name: undefined, index: 0, replaced: 1 }],
      ['/spec/a', { source, name: undefined, index: 0, replaced: 2 }],
      ['/spec/n/deep', { source, name: undefined, index: 0, replaced: undefined }],
      ['/spec/n/empty', { source, name: undefined, index: 0, replaced: undefined }],
      ['/spec/l/2', { source, name: 'append', index: 1, replaced: undefined }],
    ]);
  });
});
