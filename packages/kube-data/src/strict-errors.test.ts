import { describe, expect, it } from 'vitest';
import { findStrictErrors } from './strict-errors.ts';
import { findYamlDuplicates } from './find-yaml-duplicates.ts';

describe('findStrictErrors', () => {
  it.each([
    { why: 'each key once is right', given: '{"a":{"b":1},"b":[{"b":1},{"b":2}]}', want: [] },
    { why: 'a key of the object itself', given: '{"a":1,"b":2,"a":3}', want: ['duplicate field "a"'] },
    {
      why: 'paths run through objects and lists',
      given: '{"spec":{"list":[{"x":1},{"x":1,"x":2}]}}',
      want: ['duplicate field "spec.list[1].x"'],
    },
    {
      why: 'a list as a whole, as JSON patches are',
      given: '[{"op":"a","op":"b"}]',
      want: ['duplicate field "[0].op"'],
    },
    { why: 'three of a kind are told once', given: '{"a":1,"a":2,"a":3}', want: ['duplicate field "a"'] },
    { why: 'keys are compared as they read', given: '{"a\\u0062":1,"ab":2}', want: ['duplicate field "ab"'] },
    { why: 'text is not structure', given: '{"a":"\\"},{\\"a\\":","b":"a"}', want: [] },
    {
      why: 'names of the language are names',
      given: '{"__proto__":1,"__proto__":2}',
      want: ['duplicate field "__proto__"'],
    },
    {
      why: 'both kinds, in the order of the text',
      given: '{"a":1,"x":{"y":1,"y":2},"a":2}',
      unknown: ['x'],
      want: ['unknown field "x"', 'duplicate field "a"'],
    },
    {
      why: 'what is unknown twice is told once',
      given: '{"x":1,"x":2}',
      unknown: ['x'],
      want: ['unknown field "x"'],
    },
  ])('$why', ({ given, unknown = [], want }) => {
    expect(findStrictErrors(given, new Set(unknown))).toEqual(want);
  });

  it('stops at a hundred', () => {
    const keys = Array.from({ length: 150 }, (_, index) => `"k${index}":1,"k${index}":1`);
    expect(findStrictErrors(`{${keys.join(',')}}`)).toHaveLength(100);
  });
});

describe('findYamlDuplicates', () => {
  it.each([
    { why: 'each key once is right', given: 'a: 1\nb:\n  a: 1\n', want: [] },
    {
      why: 'the line is that of the second value',
      given: 'a: 1\nb:\n  c: 1\n  c: 2\na:\n  d: 1\n',
      want: ['line 4: key "c" already set in map', 'line 6: key "a" already set in map'],
    },
    { why: 'keys that are no text', given: '1: a\n1: b\n', want: ['line 2: key 1 already set in map'] },
    {
      why: 'a merge sets keys',
      given: 'x: &x {a: 1}\ny:\n  <<: *x\n  a: 2\n',
      want: ['line 4: key "a" already set in map'],
    },
  ])('$why', ({ given, want }) => {
    expect(findYamlDuplicates(given)).toEqual(want);
  });
});
