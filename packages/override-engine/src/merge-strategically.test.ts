import type { JsonValue } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { code, helm, merge, render } from './builders.fixture.ts';

const of = (apiVersion: string, kind: string, containers: JsonValue): JsonValue => ({
  apiVersion,
  kind,
  spec: { template: { spec: { containers } } },
});
const deployment = (...containers: JsonValue[]): JsonValue => of('apps/v1', 'Deployment', containers);
const custom = (...containers: JsonValue[]): JsonValue => of('example.com/v1', 'Shop', containers);
const containersPatch = (...containers: JsonValue[]): JsonValue => ({
  spec: { template: { spec: { containers } } },
});
const strategic = (value: JsonValue) => merge(value, { isStrategic: true });

describe('a strategic merge', () => {
  const web = { name: 'web', image: 'web:1', env: [{ name: 'A', value: '1' }] };
  const side = { name: 'side', image: 'side:1' };

  it.each([
    {
      why: 'changes an item by its key',
      patch: [{ name: 'side', image: 'side:2' }],
      want: [web, { ...side, image: 'side:2' }],
    },
    {
      why: 'merges lists within',
      patch: [{ name: 'web', env: [{ name: 'B', value: '2' }] }],
      want: [{ ...web, env: [{ name: 'B', value: '2' }, ...web.env] }, side],
    },
    { why: 'deletes an item', patch: [{ name: 'side', $patch: 'delete' }], want: [web] },
    {
      why: 'replaces a list',
      patch: [{ $patch: 'replace' }, { name: 'new', image: 'new:1' }],
      want: [{ name: 'new', image: 'new:1' }],
    },
    {
      why: 'takes a null for a deletion',
      patch: [{ name: 'web', env: null }],
      want: [{ name: 'web', image: 'web:1' }, side],
    },
  ])('$why', ({ patch, want }) => {
    const rendered = render(deployment(web, side), strategic(containersPatch(...patch))) as {
      spec: { template: { spec: { containers: unknown[] } } };
    };
    const byName = (list: unknown[]) =>
      Object.fromEntries(list.map((item) => [(item as { name: string }).name, item]));
    expect(byName(rendered.spec.template.spec.containers)).toEqual(byName(want.map((item) => item)));
    expect(rendered.spec.template.spec.containers).toHaveLength(want.length);
  });

  it('is an ordinary merge where it is not asked for', () => {
    expect(render(deployment(web, side), merge(containersPatch({ name: 'side' })))).toEqual(
      deployment({ name: 'side' }),
    );
  });

  it('is an ordinary merge for kinds that are not built in, and for values', () => {
    expect(render(custom(web, side), strategic(containersPatch({ name: 'side' })))).toEqual(
      custom({ name: 'side' }),
    );
    expect(render({ a: [1] }, helm({ b: 1 }), strategic({ a: [2] }))).toEqual({ a: [2], b: 1 });
  });

  it.each<{ why: string; document: JsonValue; value: JsonValue }>([
    { why: 'a directive that is unknown', document: deployment(web), value: { $patch: 'merge' } },
    { why: 'an item without its key', document: deployment(web), value: containersPatch({ image: 'x' }) },
    {
      why: 'a directive for a kind that is not built in',
      document: custom(web),
      value: containersPatch({ name: 'web', $patch: 'delete' }),
    },
    { why: 'a directive in values', document: {}, value: { a: { '$deleteFromPrimitiveList/b': [1] } } },
    { why: 'a patch that is a list', document: deployment(web), value: [1] },
  ])('refuses $why', ({ document, value }) => {
    expect(code(document, strategic(value))).toBe('INVALID_PATCH');
  });
});
