import type { JsonValue } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { add, code, entry, remove, render, replace } from './builders.fixture.ts';
import { renderDocument } from './render-document.ts';

/** Worked example EX-9 of spec C §3.7. */
describe('EX-9: documents inside a field', () => {
  const configMap = (text: string): JsonValue => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    data: { 'server.conf': text },
  });
  const field = { fieldPath: '/data/server.conf', fieldFormat: 'JSON' };
  const textOf = (document: JsonValue): unknown =>
    (document as { data: Record<string, unknown> }).data['server.conf'];

  it('(a) merges JSON', () => {
    const text =
      '{"db_address":"127.0.0.1:3306",\n "region_id":"default","server":{"bind_ip":"::","bind_port":8080}}';
    const value = { db_address: 'local:3306', region_id: 'us-west-1', zone_id: 'zone-1' };
    expect(textOf(render(configMap(text), entry('FieldMergePatch', value, field)))).toBe(
      [
        '{',
        '    "db_address": "local:3306",',
        '    "region_id": "us-west-1",',
        '    "server": {',
        '        "bind_ip": "::",',
        '        "bind_port": 8080',
        '    },',
        '    "zone_id": "zone-1"',
        '}',
      ].join('\n'),
    );
  });

  it('(b) sorts only what a JSON patch enters', () => {
    const override = entry('FieldJSONPatch', [replace('/c', 5)], field);
    expect(textOf(render(configMap('{"z":{"b":1,"a":2},"c":1}'), override))).toBe(
      '{\n    "c": 5,\n    "z": {\n        "b": 1,\n        "a": 2\n    }\n}',
    );
    const inside = entry('FieldJSONPatch', [add('/z/0', 3)], field);
    expect(textOf(render(configMap('{"z":{"b":1,"a":2},"c":"<&>"}'), inside))).toBe(
      '{\n    "c": "\\u003c\\u0026\\u003e",\n    "z": {\n        "0": 3,\n        "a": 2,\n        "b": 1\n    }\n}',
    );
  });

  it('(c) patches YAML', () => {
    const override = entry('FieldJSONPatch', [add('/a/-', { y: 'yes' })], {
      ...field,
      fieldFormat: 'YAML',
    });
    expect(textOf(render(configMap('# comment\nz: 1\na:\n- x: 1\n'), override))).toBe(
      'a:\n- x: 1\n- "y": "yes"\nz: 1\n',
    );
  });

  it('normalises YAML, but not JSON, when the path inside is missing', () => {
    const yaml = entry('FieldJSONPatch', [remove('/nope')], { ...field, fieldFormat: 'YAML' });
    const result = renderDocument({ document: configMap('# c\nz: 1\na: 2\n'), overrides: [yaml] });
    expect(textOf(result.document)).toBe('a: 2\nz: 1\n');
    expect(result.notices).toMatchObject([{ code: 'PATH_NOT_FOUND', path: '/nope' }]);
    const json = entry('FieldJSONPatch', [remove('/nope')], field);
    expect(textOf(render(configMap('{"b":1,"a":2}'), json))).toBe('{"b":1,"a":2}');
  });

  it('leaves an empty text alone', () => {
    expect(textOf(render(configMap(''), entry('FieldMergePatch', { a: 1 }, field)))).toBe('');
  });

  it('keeps integers exact', () => {
    const override = entry('FieldMergePatch', { b: 1 }, field);
    expect(textOf(render(configMap('{"a":9007199254740993}'), override))).toBe(
      '{\n    "a": 9007199254740993,\n    "b": 1\n}',
    );
  });

  it.each([
    { why: '(d) no format', extra: { fieldPath: '/data/server.conf' }, text: '{}', want: 'INVALID_FIELD' },
    {
      why: '(e) a missing field',
      extra: { ...field, fieldPath: '/data/nope' },
      text: '{}',
      want: 'INVALID_FIELD',
    },
    {
      why: 'a field that is no text',
      extra: { ...field, fieldPath: '/data' },
      text: '{}',
      want: 'INVALID_FIELD',
    },
    {
      why: 'a path without slash',
      extra: { ...field, fieldPath: 'data' },
      text: '{}',
      want: 'INVALID_FIELD',
    },
    { why: 'a text that is not JSON', extra: field, text: 'x', want: 'INVALID_DOCUMENT' },
    { why: 'a list to merge into', extra: field, text: '[]', want: 'INVALID_DOCUMENT' },
  ])('$why is an error', ({ extra, text, want }) => {
    expect(code(configMap(text), entry('FieldMergePatch', { a: 1 }, extra))).toBe(want);
  });

  it('reaches keys with a slash by the escape of JSON pointers', () => {
    const document = { data: { 'a/b': '{}' } };
    const override = entry('FieldMergePatch', { x: 1 }, { ...field, fieldPath: '/data/a~1b' });
    expect(render(document, override)).toEqual({ data: { 'a/b': '{\n    "x": 1\n}' } });
  });
});
