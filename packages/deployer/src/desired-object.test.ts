import type { JsonObject, JsonValue, KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { createDesiredObject, ownerOf, parseDocument } from './desired-object.ts';
import { formatGoJson } from './go-json.ts';
import { encode } from './testing/delivery.fixture.ts';

const owner = 'clusternet-abc.web-generic';
const lastApplied = 'clusternet.io/last-applied-configuration';

function configMap(fields: object = {}, metadata: object = {}): KubeObject {
  return {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { namespace: 'app', name: 'a', ...metadata },
    ...fields,
  };
}

describe('createDesiredObject', () => {
  it('says whose it is and what was applied, byte for byte as a Go peer does, line end included', () => {
    const given = configMap({ data: { z: '<a> & "b"\u2028', a: '1' } }, { labels: { b: '2', a: '1' } });
    expect(createDesiredObject(given, owner).metadata.annotations).toEqual({
      'apps.clusternet.io/owned-by-description': owner,
      [lastApplied]:
        '{"apiVersion":"v1","data":{"a":"1","z":"\\u003ca\\u003e \\u0026 \\"b\\"\\u2028"},"kind":"ConfigMap",' +
        '"metadata":{"annotations":{"apps.clusternet.io/owned-by-description":"clusternet-abc.web-generic"},' +
        '"labels":{"a":"1","b":"2"},"name":"a","namespace":"app"}}\n',
    });
  });

  it('drops what API servers write, what was applied elsewhere, and owners that the child does not know', () => {
    const system = {
      uid: 'u',
      resourceVersion: '1',
      generation: 2,
      creationTimestamp: 't',
      deletionTimestamp: 't',
      deletionGracePeriodSeconds: 0,
      selfLink: '/x',
      managedFields: [],
      ownerReferences: [{ uid: 'parent' }],
      annotations: {
        mine: 'x',
        [lastApplied]: 'old',
        'kubectl.kubernetes.io/last-applied-configuration': 'old',
      },
    };
    const desired = createDesiredObject(configMap({ status: { x: 1 }, future: 1 }, system), owner);
    const { annotations, ...metadata } = desired.metadata;
    expect(metadata).toEqual({ namespace: 'app', name: 'a' });
    expect(Object.keys(annotations ?? {}).sort()).toEqual([
      'apps.clusternet.io/owned-by-description',
      lastApplied,
      'mine',
    ]);
    expect(desired).toMatchObject({ future: 1 });
    expect(desired).not.toHaveProperty('status');
    expect(annotations?.[lastApplied]).not.toContain('old');
  });

  it('does not repeat the data of a Secret in an annotation', () => {
    const desired = createDesiredObject(
      { ...configMap({ data: { password: 'eA==' } }), kind: 'Secret' },
      owner,
    );
    expect(Object.keys(desired.metadata.annotations ?? {})).toEqual([
      'apps.clusternet.io/owned-by-description',
    ]);
  });

  it('repeats what only looks like a Secret', () => {
    const foreign = { ...configMap(), kind: 'Secret', apiVersion: 'example.com/v1' };
    expect(createDesiredObject(foreign, owner).metadata.annotations).toHaveProperty([lastApplied]);
  });

  it('goes without the annotation where the API server would refuse the object for it', () => {
    const large = configMap({ data: { big: 'x'.repeat(300 * 1024) } });
    expect(createDesiredObject(large, owner).metadata.annotations).not.toHaveProperty([lastApplied]);
  });

  it('leaves the document alone', () => {
    const given = configMap({}, { uid: 'u' });
    createDesiredObject(given, owner);
    expect(given).toEqual(configMap({}, { uid: 'u' }));
  });
});

describe('formatGoJson', () => {
  it.each([
    {
      why: 'sorts keys at every level',
      given: { b: [{ d: 1, c: null }], a: true },
      want: '{"a":true,"b":[{"c":null,"d":1}]}',
    },
    {
      why: 'keeps numbers exact',
      given: { big: 9007199254740993n, tiny: 1e-7, huge: 1e21 },
      want: '{"big":9007199254740993,"huge":1e+21,"tiny":1e-7}',
    },
    {
      why: 'keeps keys that mean something to JavaScript',
      given: JSON.parse('{"__proto__":1,"a":2}') as JsonObject,
      want: '{"__proto__":1,"a":2}',
    },
    { why: 'escapes as Go does', given: '<&>\u2029', want: '"\\u003c\\u0026\\u003e\\u2029"' },
  ] satisfies { why: string; given: JsonValue; want: string }[])('$why', ({ given, want }) => {
    expect(formatGoJson(given)).toBe(want);
  });
});

describe('parseDocument', () => {
  it('reads base64 of JSON, exactly', () => {
    expect(parseDocument(encode(configMap({ data: { n: 9007199254740993n } })), 0)).toMatchObject({
      data: { n: 9007199254740993n },
    });
  });

  it('takes a null namespace for none', () => {
    expect(parseDocument(encode(configMap({}, { namespace: null })), 0).metadata).toEqual({ name: 'a' });
  });

  it.each([
    ['%%%', 'spec.raw[3] is not base64 of a JSON document'],
    [encode('text'), 'spec.raw[3] is not an object'],
    [encode({ kind: 'A' }), 'spec.raw[3] has no apiVersion or kind'],
    [encode({ kind: 'A', apiVersion: 'a/b/c' }), 'spec.raw[3] (A) has the apiVersion "a/b/c", which is none'],
    [encode({ kind: 'A', apiVersion: 'v1' }), 'spec.raw[3] (A) has no metadata.name'],
    [encode(configMap({}, { name: '' })), 'spec.raw[3] (ConfigMap) has no metadata.name'],
    [
      encode(configMap({}, { namespace: 4 })),
      'spec.raw[3] (ConfigMap a) has a metadata.namespace that is not text',
    ],
  ])('refuses %s', (raw, message) => {
    expect(() => parseDocument(raw, 3)).toThrow(
      expect.objectContaining({ code: 'INVALID_DOCUMENT', message }),
    );
  });
});

describe('ownerOf', () => {
  it('is namespace and name, as Go peers split it', () => {
    expect(ownerOf(configMap())).toBe('app.a');
  });
});
