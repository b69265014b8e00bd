import type { JsonValue } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { add, code, entry, remove, render, replace } from './builders.fixture.ts';

interface Row {
  readonly why: string;
  readonly text: string;
  readonly given: JsonValue;
  readonly want: string;
}

function patched(text: string, value: JsonValue, fieldFormat: string): unknown {
  const type = Array.isArray(value) ? 'FieldJSONPatch' : 'FieldMergePatch';
  const override = entry(type, value, { fieldPath: '/files/0/text', fieldFormat });
  return (render({ files: [{ text }] }, override) as { files: { text: string }[] }).files[0]?.text;
}

describe('YAML in a field', () => {
  it.each<Row>([
    { why: 'a new key, sorted in', text: 'b: 1\n', given: { a: 2 }, want: 'a: 2\nb: 1\n' },
    { why: 'a key that goes', text: 'a: 1\nb: 2\n', given: { a: null }, want: 'b: 2\n' },
    { why: 'the last key', text: 'a: 1\n', given: { a: null }, want: '{}\n' },
    { why: 'a map below', text: 'm:\n    x: 1\n', given: { m: { z: 2 } }, want: 'm:\n  x: 1\n  z: 2\n' },
    { why: 'a list, not indented', text: 'l: []\n', given: { l: [1, { x: 2 }] }, want: 'l:\n- 1\n- x: 2\n' },
    {
      why: 'texts that look like something else',
      text: 'a: 1\n',
      given: { a: 'yes', b: '012', c: '1e3', d: 'null', e: '' },
      want: 'a: "yes"\nb: "012"\nc: "1e3"\nd: "null"\ne: ""\n',
    },
    { why: 'lines', text: 'a: 1\n', given: { a: 'two\nlines' }, want: 'a: |-\n  two\n  lines\n' },
    {
      why: 'lines with an end',
      text: 'a: 1\n',
      given: { a: 'two\nlines\n' },
      want: 'a: |\n  two\n  lines\n',
    },
    {
      why: 'what YAML 1.1 makes of the text',
      text: 'on: yes\nmode: 0644\n',
      given: { x: 1 },
      want: 'mode: 420\n"true": true\nx: 1\n',
    },
    { why: '64 bits', text: 'id: 9007199254740993\n', given: { x: 1 }, want: 'id: 9007199254740993\nx: 1\n' },
    { why: 'an operation', text: 'a:\n  b: 1\n', given: [replace('/a/b', 2)], want: 'a:\n  b: 2\n' },
    {
      why: 'a key that is missing, by replace',
      text: 'a: 1\n',
      given: [replace('/b', 2)],
      want: 'a: 1\nb: 2\n',
    },
    { why: 'an item from the end', text: '- a\n- b\n', given: [replace('/-1', 'c')], want: '- a\n- c\n' },
    {
      why: 'a missing path only sorts',
      text: 'b: 1\na: 1 # one\n',
      given: [remove('/c/d')],
      want: 'a: 1\nb: 1\n',
    },
  ])('$why', ({ text, given, want }) => {
    expect(patched(text, given, 'YAML')).toBe(want);
  });
});

describe('JSON in a field', () => {
  it.each<Row>([
    {
      why: 'a merge sorts every map',
      text: '{"b":{"z":1,"y":2},"a":1}',
      given: { c: 1 },
      want: '{\n    "a": 1,\n    "b": {\n        "y": 2,\n        "z": 1\n    },\n    "c": 1\n}',
    },
    {
      why: 'an operation sorts what it enters',
      text: '{"b":{"z":1,"y":2},"a":1}',
      given: [add('/c', 1)],
      want: '{\n    "a": 1,\n    "b": {\n        "z": 1,\n        "y": 2\n    },\n    "c": 1\n}',
    },
    {
      why: 'characters of HTML',
      text: '{}',
      given: { a: '<b>&' },
      want: '{\n    "a": "\\u003cb\\u003e\\u0026"\n}',
    },
    { why: 'lists', text: '[1]', given: [add('/-', [2])], want: '[\n    1,\n    [\n        2\n    ]\n]' },
    {
      why: 'empty maps and lists',
      text: '{"a":1}',
      given: { a: {}, b: [] },
      want: '{\n    "a": {},\n    "b": []\n}',
    },
    {
      why: 'a null in a list',
      text: '{}',
      given: { a: [null] },
      want: '{\n    "a": [\n        null\n    ]\n}',
    },
    {
      why: 'a missing path leaves the text alone',
      text: '{ "b":1,"a":1 }',
      given: [remove('/c')],
      want: '{ "b":1,"a":1 }',
    },
  ])('$why', ({ text, given, want }) => {
    expect(patched(text, given, 'JSON')).toBe(want);
  });

  it.each([
    { why: 'a scalar', text: '1', given: { a: 1 }, want: 'INVALID_DOCUMENT' },
    { why: 'YAML', text: 'a: 1', given: { a: 1 }, want: 'INVALID_DOCUMENT' },
    { why: 'an index outside', text: '[1]', given: [remove('/7')], want: 'INVALID_PATCH' },
    { why: 'a failed test', text: '[1]', given: [{ op: 'test', path: '/0', value: 2 }], want: 'TEST_FAILED' },
  ])('refuses $why', ({ text, given, want }) => {
    const type = Array.isArray(given) ? 'FieldJSONPatch' : 'FieldMergePatch';
    expect(code({ text }, entry(type, given, { fieldPath: '/text', fieldFormat: 'JSON' }))).toBe(want);
  });
});
