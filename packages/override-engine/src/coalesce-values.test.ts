import type { JsonValue } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { chart, helm, merge, patch, add } from './builders.fixture.ts';
import { coalesceValues } from './coalesce-values.ts';
import { renderHelmChart } from './render-helm-chart.ts';

type Row = readonly [why: string, newer: JsonValue, older: JsonValue, want: JsonValue];

const ROWS: readonly Row[] = [
  ['nothing new', {}, { a: 1 }, { a: 1 }],
  ['nothing old', { a: 1 }, {}, { a: 1 }],
  ['new keys and old ones', { b: 2 }, { a: 1 }, { a: 1, b: 2 }],
  ['the new value wins', { a: 2 }, { a: 1 }, { a: 2 }],
  ['maps merge', { m: { b: 2 } }, { m: { a: 1 } }, { m: { a: 1, b: 2 } }],
  ['at every level', { m: { n: { b: 2 } } }, { m: { n: { a: 1 } } }, { m: { n: { a: 1, b: 2 } } }],
  ['lists are replaced', { l: [3] }, { l: [1, 2] }, { l: [3] }],
  ['an empty list too', { l: [] }, { l: [1, 2] }, { l: [] }],
  ['a null takes an old key away', { a: null }, { a: 1, b: 2 }, { b: 2 }],
  ['and is gone itself', { m: { a: null } }, { m: { a: 1 } }, { m: {} }],
  ['a null for a key that was not there stays', { a: null }, { b: 2 }, { a: null, b: 2 }],
  ['below too', { m: { a: null } }, { m: {} }, { m: { a: null } }],
  ['a null for an old null', { a: null }, { a: null }, {}],
  ['an old null stays where nothing is said', {}, { a: null }, { a: null }],
  ['an old null yields to a value', { a: 1 }, { a: null }, { a: 1 }],
  ['a scalar over a map', { m: 5 }, { m: { a: 1 } }, { m: 5 }],
  ['a map over a scalar', { m: { a: 1 } }, { m: 5 }, { m: { a: 1 } }],
  ['nulls in a map over a scalar stay', { m: { a: null } }, { m: 5 }, { m: { a: null } }],
  [
    'false, 0 and the empty text are values',
    { a: false, b: 0, c: '' },
    { a: 1, b: 1, c: 1 },
    { a: false, b: 0, c: '' },
  ],
  ['nulls in lists stay', { l: [null, { a: null }] }, { l: [1] }, { l: [null, { a: null }] }],
  ['a comment says nothing', null, { a: 1 }, { a: 1 }],
  [
    '64 bits',
    { a: 9007199254740993n },
    { b: -9007199254740993n },
    { a: 9007199254740993n, b: -9007199254740993n },
  ],
];

describe('coalesceValues', () => {
  it.each(ROWS)('%s', (_why, newer, older, want) => {
    expect(coalesceValues(newer, older)).toStrictEqual(want);
  });
});

describe('the values of a chart', () => {
  const valuesOf = (...overrides: Parameters<typeof renderHelmChart>[0]['overrides']): unknown =>
    renderHelmChart({ chart: {}, overrides }).values;

  it.each([
    { why: 'none', given: [], want: undefined },
    { why: 'only of the chart', given: [chart({ spec: { version: '1' } })], want: undefined },
    { why: 'the first as it is, nulls and all', given: [helm({ a: null })], want: { a: null } },
    { why: 'the first of whatever type', given: [merge({ a: { b: null } })], want: { a: { b: null } } },
    {
      why: 'a merge patch works on what is there',
      given: [helm({ a: 1, b: 2 }), merge({ a: null })],
      want: { b: 2 },
    },
    { why: 'so does a JSON patch', given: [helm({ a: 1 }), patch(add('/b', 2))], want: { a: 1, b: 2 } },
    {
      why: 'a null cancels, a second null stays',
      given: [helm({ a: 1 }), helm({ a: null }), helm({ a: null })],
      want: { a: null },
    },
    { why: 'a value after a null', given: [helm({ a: null }), helm({ a: 1 })], want: { a: 1 } },
    {
      why: 'blank entries do not count as the first',
      given: [helm(' \n'), helm({ a: null })],
      want: { a: null },
    },
  ])('$why', ({ given, want }) => {
    expect(valuesOf(...given)).toEqual(want);
  });
});
