import type { KubeObject } from '@clusternet/kube-data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OpenApiSchema } from '../schema/open-api-schema.ts';
import {
  formatFields,
  intersectSets,
  isEmptySet,
  parseFields,
  subtractSets,
  uniteSets,
} from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { parseManagers } from './managed-fields.ts';
import { toFieldSet } from './to-field-set.ts';
import { finishApply, planApply, recordUpdate } from './update-managers.ts';

const text: OpenApiSchema = { type: 'string' };
const schema: OpenApiSchema = {
  type: 'object',
  properties: {
    apiVersion: text,
    kind: text,
    metadata: {
      type: 'object',
      properties: { name: text, labels: { type: 'object', additionalProperties: text } },
    },
    spec: {
      type: 'object',
      properties: {
        color: text,
        size: { type: 'integer' },
        labels: { type: 'object', additionalProperties: text },
        exact: { type: 'object', 'x-kubernetes-map-type': 'atomic', properties: { a: text, b: text } },
        tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
        plain: { type: 'array', items: text },
        ports: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['port', 'protocol'],
          items: {
            type: 'object',
            properties: {
              port: { type: 'integer' },
              protocol: { type: 'string', default: 'TCP' },
              name: text,
            },
          },
        },
      },
    },
    status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
};
const rules = { schema, ignored: ['status'] };

function thing(spec: Record<string, unknown>, metadata: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    metadata: { name: 'x', ...metadata },
    spec,
  };
}

function writer(manager: string) {
  return { manager, apiVersion: 'example.com/v1', subresource: '', time: '2026-01-01T00:00:00Z' };
}

function apply(live: KubeObject | undefined, config: KubeObject, manager: string, force = false): KubeObject {
  const base = live ?? { apiVersion: config.apiVersion, kind: config.kind, metadata: { name: 'x' } };
  const { merged, managers } = planApply(base, config, writer(manager), rules);
  const next = structuredClone(merged);
  finishApply(base, next, { config, managers, writer: writer(manager), force }, rules);
  return next;
}

function ownedBy(object: KubeObject, manager: string): unknown {
  const entry = [...parseManagers(object.metadata.managedFields).values()].find(
    (item) => item.manager === manager,
  );
  return entry === undefined ? undefined : formatFields(entry.fields);
}

describe('server-side apply', () => {
  it.each([
    { why: 'a scalar is a leaf', given: { color: 'red' }, want: { 'f:color': {} } },
    {
      why: 'keys of a map are leaves of their own',
      given: { labels: { a: '1' } },
      want: { 'f:labels': { 'f:a': {} } },
    },
    { why: 'an atomic map is one leaf', given: { exact: { a: '1' } }, want: { 'f:exact': {} } },
    { why: 'a list without a type is one leaf', given: { plain: ['a'] }, want: { 'f:plain': {} } },
    {
      why: 'values of a set stand for themselves',
      given: { tags: ['a'] },
      want: { 'f:tags': { 'v:"a"': {} } },
    },
    {
      why: 'items are named by their keys, defaults filled in',
      given: { ports: [{ port: 80, name: 'http' }] },
      want: { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:name': {}, 'f:port': {} } } },
    },
    { why: 'an empty map is stated', given: { labels: {} }, want: { 'f:labels': {} } },
    { why: 'an empty list states nothing', given: { tags: [] }, want: undefined },
  ])('$why', ({ given, want }) => {
    const found = ownedBy(apply(undefined, thing(given), 'm'), 'm');
    expect(found).toEqual(want === undefined ? undefined : { 'f:spec': want });
  });

  it('takes away what its manager no longer states and nobody else owns', () => {
    const first = apply(undefined, thing({ color: 'red', labels: { a: '1', b: '2' } }), 'm');
    const shared = apply(first, thing({ labels: { b: '2' } }), 'other');
    expect(apply(shared, thing({ color: 'red' }), 'm')['spec']).toEqual({ color: 'red', labels: { b: '2' } });
  });

  it('leaves alone what an update has set since', () => {
    const first = apply(undefined, thing({ color: 'red', size: 1 }), 'm');
    const next = { ...structuredClone(first), spec: { color: 'red', size: 2 } };
    recordUpdate(first, next, writer('u'), rules);
    expect(apply(next, thing({ color: 'red' }), 'm')['spec']).toEqual({ color: 'red', size: 2 });
  });

  it('refuses to change what another manager owns, and says whose it is', () => {
    const first = apply(undefined, thing({ color: 'red' }), 'm');
    expect(() => apply(first, thing({ color: 'blue' }), 'other')).toThrow(
      'Apply failed with 1 conflict: conflict with "m": .spec.color',
    );
    const forced = apply(first, thing({ color: 'blue' }), 'other', true);
    expect([forced['spec'], ownedBy(forced, 'm')]).toEqual([{ color: 'blue' }, undefined]);
  });

  it('shares a field that two managers want alike', () => {
    const first = apply(undefined, thing({ color: 'red' }), 'm');
    const second = apply(first, thing({ color: 'red' }), 'other');
    expect(ownedBy(second, 'm')).toEqual(ownedBy(second, 'other'));
  });

  it('keeps live items where they are and puts new ones in the order of the configuration', () => {
    const first = apply(undefined, thing({ ports: [{ port: 1 }, { port: 2 }] }), 'm');
    const second = apply(first, thing({ ports: [{ port: 3 }, { port: 2 }] }), 'other');
    expect((second['spec'] as { ports: { port: number }[] }).ports.map(({ port }) => port)).toEqual([
      1, 3, 2,
    ]);
  });

  it('writes nothing when nothing changes', () => {
    const first = apply(undefined, thing({ color: 'red' }), 'm');
    expect(apply(first, thing({ color: 'red' }), 'm')).toEqual(first);
  });

  it('gives what stood there before the first apply to a manager of its own', () => {
    const live = thing({ color: 'red' }, { uid: 'u' });
    expect(() => apply(live, thing({ color: 'blue' }), 'm')).toThrow('"before-first-apply"');
  });

  it('never owns name or status', () => {
    const object = { ...thing({ color: 'red' }), status: { phase: 'x' } };
    expect(ownedBy(apply(undefined, object, 'm'), 'm')).toEqual({ 'f:spec': { 'f:color': {} } });
  });
});

const paths = fc.array(fc.array(fc.constantFrom('f:a', 'f:b', 'k:{"n":1}'), { minLength: 1, maxLength: 3 }), {
  maxLength: 6,
});

function setOf(all: readonly (readonly string[])[]): FieldSet {
  return all.reduce<FieldSet>((set, path) => {
    const fields = path.reduceRight<Record<string, unknown>>((inner, element) => ({ [element]: inner }), {
      '.': {},
    });
    return uniteSets(set, parseFields(fields));
  }, parseFields({}));
}

describe('field sets', () => {
  it('survive being written and read', () => {
    fc.assert(
      fc.property(paths, (given) => {
        expect(parseFields(formatFields(setOf(given)))).toEqual(setOf(given));
      }),
    );
  });

  it('obey set algebra', () => {
    fc.assert(
      fc.property(paths, paths, (x, y) => {
        const [a, b] = [setOf(x), setOf(y)];
        expect(uniteSets(subtractSets(a, b), intersectSets(a, b))).toEqual(a);
        expect(isEmptySet(intersectSets(subtractSets(a, b), b))).toBe(true);
        expect(uniteSets(a, b)).toEqual(uniteSets(b, a));
      }),
    );
  });

  it('find every leaf of a value', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.string()), (labels) => {
        const set = toFieldSet(
          { labels },
          { type: 'object', properties: { labels: { type: 'object', additionalProperties: text } } },
        );
        expect([...(set.children.get('f:labels')?.children.keys() ?? [])].sort()).toEqual(
          Object.keys(labels)
            .map((key) => `f:${key}`)
            .sort(),
        );
      }),
    );
  });
});
