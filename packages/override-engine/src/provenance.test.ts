import type { JsonValue } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { add, chart, helm, merge, patch, remove, replace } from './builders.fixture.ts';
import { findWriters } from './find-writers.ts';
import type { OverrideEntry } from './override-entry.ts';
import { renderDocument } from './render-document.ts';
import { renderHelmChart } from './render-helm-chart.ts';

/** Who wrote what, as `[pointer, entry, what was there]`. */
function writesOf(document: JsonValue, ...overrides: OverrideEntry[]): unknown[] {
  const { provenance } = renderDocument({ document, overrides });
  return [...provenance].map(([pointer, { index, replaced }]) => [pointer, index, replaced]);
}

describe('provenance', () => {
  it.each<{ why: string; document: JsonValue; given: OverrideEntry[]; want: unknown[] }>([
    { why: 'nothing written', document: { a: 1 }, given: [merge({ a: 1 })], want: [] },
    { why: 'a scalar', document: { a: 1 }, given: [merge({ a: 2 })], want: [['/a', 0, 1]] },
    {
      why: 'the last writer, with what it found',
      document: { a: 1 },
      given: [merge({ a: 2 }), merge({ a: 3 })],
      want: [['/a', 1, 2]],
    },
    {
      why: 'there and back is two writes',
      document: { a: 1 },
      given: [merge({ a: 2 }), merge({ a: 1 })],
      want: [['/a', 1, 2]],
    },
    {
      why: 'a repeated value is not written again',
      document: { a: 1 },
      given: [merge({ a: 2 }), merge({ a: 2 })],
      want: [['/a', 0, 1]],
    },
    {
      why: 'a new map by its leaves',
      document: {},
      given: [merge({ m: { a: 1, b: {} } })],
      want: [
        ['/m/a', 0, undefined],
        ['/m/b', 0, undefined],
      ],
    },
    {
      why: 'a map that goes',
      document: { k: 1, m: { a: 1 } },
      given: [merge({ m: null })],
      want: [['/m/a', 0, 1]],
    },
    {
      why: 'a map that is emptied',
      document: { m: { a: 1 } },
      given: [merge({ m: { a: null } })],
      want: [
        ['/m/a', 0, 1],
        ['/m', 0, { a: 1 }],
      ],
    },
    {
      why: 'a scalar for a map',
      document: { m: { a: 1 } },
      given: [patch(replace('/m', 1))],
      want: [
        ['/m', 0, { a: 1 }],
        ['/m/a', 0, 1],
      ],
    },
    {
      why: 'a map for a scalar',
      document: { m: 1 },
      given: [patch(replace('/m', { a: 1 }))],
      want: [
        ['/m', 0, 1],
        ['/m/a', 0, undefined],
      ],
    },
    {
      why: 'a null is a value',
      document: { a: null },
      given: [patch(replace('/a', 1))],
      want: [['/a', 0, null]],
    },
    {
      why: 'keys are escaped',
      document: {},
      given: [merge({ 'a/b': { '~': 1 } })],
      want: [['/a~1b/~0', 0, undefined]],
    },
    {
      why: 'keys of the prototype',
      document: {},
      given: [patch(add('/__proto__', { a: 1 }))],
      want: [['/__proto__/a', 0, undefined]],
    },
    {
      why: 'an item that is appended',
      document: { l: [1] },
      given: [patch(add('/l/-', 2))],
      want: [['/l/1', 0, undefined]],
    },
    {
      why: "an item that is put first moves nobody else's name",
      document: { l: [1, 2] },
      given: [patch(add('/l/0', 0))],
      want: [['/l/0', 0, undefined]],
    },
    {
      why: 'records move with their items',
      document: { l: ['a', 'b'] },
      given: [patch(replace('/l/1', 'B')), patch(add('/l/0', 'new'))],
      want: [
        ['/l/2', 0, 'b'],
        ['/l/0', 1, undefined],
      ],
    },
    {
      why: 'and back',
      document: { l: ['a', 'b', 'c'] },
      given: [patch(replace('/l/2', 'C')), patch(remove('/l/0'))],
      want: [
        ['/l/1', 0, 'c'],
        ['/l', 1, ['a', 'b', 'C']],
      ],
    },
    {
      why: 'those of an item that goes are gone',
      document: { l: [{ n: 'a' }, { n: 'b' }] },
      given: [patch(replace('/l/0/n', 'A')), patch(remove('/l/0'))],
      want: [['/l', 1, [{ n: 'A' }, { n: 'b' }]]],
    },
    {
      why: 'fields of an item',
      document: { l: [{ n: 'a', v: 1 }] },
      given: [patch(replace('/l/0/v', 2))],
      want: [['/l/0/v', 0, 1]],
    },
    {
      why: 'a negative index',
      document: { l: [1, 2] },
      given: [patch(replace('/l/-1', 3))],
      want: [['/l/1', 0, 2]],
    },
    {
      why: 'a list for a list',
      document: { l: [1, 2] },
      given: [merge({ l: [1, 3] })],
      want: [['/l/1', 0, 2]],
    },
    {
      why: 'a move',
      document: { a: 1, b: {} },
      given: [patch({ op: 'move', from: '/a', path: '/b/c' })],
      want: [
        ['/a', 0, 1],
        ['/b/c', 0, undefined],
      ],
    },
    {
      why: 'the whole document',
      document: { a: 1 },
      given: [patch(replace('', { b: 2 }))],
      want: [
        ['/b', 0, undefined],
        ['/a', 0, 1],
      ],
    },
    {
      why: 'what is taken out in the end',
      document: {},
      given: [merge({ status: { a: 1 }, metadata: { uid: 'u', name: 'n' } })],
      want: [['/metadata/name', 0, undefined]],
    },
    { why: 'a discarded entry', document: {}, given: [patch(add('/a', 1), remove('/b'))], want: [] },
  ])('$why', ({ document, given, want }) => {
    const writes = writesOf(document, ...given);
    expect(writes).toHaveLength(want.length);
    expect(writes).toEqual(expect.arrayContaining(want));
  });

  it('costs nothing unless asked for', () => {
    const { provenance, document } = renderDocument({
      document: { a: 1 },
      overrides: [merge({ a: 2 })],
      withProvenance: false,
    });
    expect(provenance.size).toBe(0);
    expect(document).toEqual({ a: 2 });
    const { chartProvenance, chart: rendered } = renderHelmChart({
      chart: { a: 1 },
      overrides: [chart({ a: 2 })],
      withProvenance: false,
    });
    expect(chartProvenance.size).toBe(0);
    expect(rendered).toEqual({ a: 2 });
  });

  it('keeps what was replaced as it was', () => {
    const document = { m: { a: { b: 1 } } };
    const { provenance } = renderDocument({ document, overrides: [patch(replace('/m/a', 1))] });
    document.m.a.b = 2;
    expect(provenance.get('/m/a')?.replaced).toEqual({ b: 1 });
  });
});

describe('findWriters', () => {
  const { provenance } = renderDocument({
    document: { spec: { a: 1, ab: 1, l: [1] } },
    overrides: [
      helm({ spec: { ab: 2 } }),
      merge({ spec: { a: { x: 1, y: 2 } } }),
      patch(add('/spec/l/-', 2)),
    ],
  });
  it.each([
    { pointer: '', want: [0, 1, 1, 1, 2] },
    { pointer: '/spec/a', want: [1, 1, 1] },
    { pointer: '/spec/a/x', want: [1] },
    { pointer: '/spec/ab', want: [0] },
    { pointer: '/spec/l/0', want: [] },
    { pointer: '/spec/l', want: [2] },
    { pointer: '/nope', want: [] },
  ])('of "$pointer"', ({ pointer, want }) => {
    expect(findWriters(provenance, pointer).map(({ index }) => index)).toEqual(want);
  });
});
