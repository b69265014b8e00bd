import type { JsonValue } from '@clusternet/kube-data';
import { stringifyJson } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { code, merge, render } from './builders.fixture.ts';

/** A scalar as it is written in an override, and what Kubernetes reads. Spec C §3.4. */
const SCALARS: readonly (readonly [written: string, want: JsonValue])[] = [
  ['yes', true],
  ['Yes', true],
  ['YES', true],
  ['y', true],
  ['on', true],
  ['ON', true],
  ['true', true],
  ['True', true],
  ['no', false],
  ['n', false],
  ['off', false],
  ['Off', false],
  ['FALSE', false],
  ['yEs', 'yEs'],
  ['"yes"', 'yes'],
  ["'on'", 'on'],
  ['~', null],
  ['null', null],
  ['Null', null],
  ['012', 10],
  ['0o12', 10],
  ['-012', -10],
  ['0x1F', 31],
  ['0b101', 5],
  ['08', 8],
  ['1_000', 1000],
  ['1e3', 1000],
  ['1.0', 1],
  ['1.50', 1.5],
  ['-0.5', -0.5],
  ['+7', 7],
  ['12:30', '12:30'],
  ['12:30:45', '12:30:45'],
  ['2021-01-01', '2021-01-01'],
  ['2021-01-01T00:00:00Z', '2021-01-01T00:00:00Z'],
  ['1.2.3', '1.2.3'],
  ['100m', '100m'],
  ['1Gi', '1Gi'],
  ['9223372036854775807', 9223372036854775807n],
  ['-9223372036854775808', -9223372036854775808n],
  ['18446744073709551615', 18446744073709551615n],
  ['9007199254740993', 9007199254740993n],
  ['18446744073709551616', 18446744073709551616],
  ['"012"', '012'],
  ['nginx:1.14.2', 'nginx:1.14.2'],
];

describe('values in YAML 1.1', () => {
  it.each(SCALARS)('%s', (written, want) => {
    const kept = { marker: 1, x: 'x' };
    const wantWhole = want === null ? { marker: 1 } : { marker: 1, x: want };
    expect(render(kept, merge(`x: ${written}`))).toStrictEqual(wantWhole);
  });

  it.each([
    ['n: 1', { false: 1 }],
    ['on: 1', { true: 1 }],
    ['1: one', { '1': 'one' }],
    ['1.5: x', { '1.5': 'x' }],
    ['{"a": 1, }', { a: 1 }],
    ['a: &x {b: 1}\nc: *x', { a: { b: 1 }, c: { b: 1 } }],
    ['base: &x {b: 1, d: 2}\nc: {<<: *x, d: 3}', { base: { b: 1, d: 2 }, c: { b: 1, d: 3 } }],
    ['a: |\n  two\n  lines\n', { a: 'two\nlines\n' }],
    ['a: >-\n  folded\n  text\n', { a: 'folded text' }],
    ['a: 1\na: 2', { a: 2 }],
    ['# comment\na: 1', { a: 1 }],
    ['---\na: 1', { a: 1 }],
  ])('%j', (written, want) => {
    expect(render({}, merge(written))).toStrictEqual(want);
  });

  it.each(['a: [', 'a: 1\n---\nb: 2', '\ta: 1', 'a: .inf', '~: 1', '*nobody'])('%j is refused', (written) => {
    expect(code({}, merge(written))).toBe('INVALID_VALUE');
  });

  it('writes 64 bits as they were', () => {
    const rendered = render({ a: 1 }, merge('{"max": 18446744073709551615, "min": -9223372036854775808}'));
    expect(stringifyJson(rendered)).toBe('{"a":1,"max":18446744073709551615,"min":-9223372036854775808}');
  });
});
