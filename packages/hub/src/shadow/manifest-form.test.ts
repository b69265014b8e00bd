import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { createManifest, objectOf, OWNERS_ANNOTATION, placeOf, updateManifest } from './manifest-form.ts';

const AT = { namespace: 'clusternet-reserved', name: 'configmaps.foo.bar' };

function configMap(metadata: KubeObject['metadata'] = {}, data = { k: 'v' }): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'bar',
      namespace: 'foo',
      uid: 'u',
      labels: { 'clusternet.io/created-by': 'clusternet-hub' },
      ...metadata,
    },
    data,
  };
}

describe('createManifest', () => {
  it('is the example of spec B §5.4', () => {
    expect(
      createManifest(configMap({ creationTimestamp: '2026-01-01T00:00:00Z', generation: 1 }), AT),
    ).toEqual({
      apiVersion: 'apps.clusternet.io/v1alpha1',
      kind: 'Manifest',
      metadata: {
        name: 'configmaps.foo.bar',
        namespace: 'clusternet-reserved',
        labels: {
          'clusternet.io/created-by': 'clusternet-hub',
          'apps.clusternet.io/config.group': '',
          'apps.clusternet.io/config.version': 'v1',
          'apps.clusternet.io/config.kind': 'ConfigMap',
          'apps.clusternet.io/config.name': 'bar',
          'apps.clusternet.io/config.namespace': 'foo',
        },
      },
      template: configMap(),
    });
  });

  it('keeps the record of owners beside the template, unless it is very long', () => {
    const managedFields = [{ manager: 'kubectl', operation: 'Apply' }];
    const made = createManifest(configMap({ managedFields }), AT);
    expect(made.metadata.annotations).toEqual({ [OWNERS_ANNOTATION]: JSON.stringify(managedFields) });
    expect(made['template']).toEqual(configMap());
    expect(objectOf(made).metadata.managedFields).toEqual(managedFields);
    const long = [{ manager: 'x'.repeat(200_000) }];
    expect(createManifest(configMap({ managedFields: long }), AT).metadata.annotations).toBeUndefined();
  });

  it('B S-25: marks an object with a name that no label can hold', () => {
    const made = createManifest(configMap({ name: 'a:b' }), AT);
    expect(made.metadata.labels?.['apps.clusternet.io/config.name']).toMatch(/^a-b-[0-9a-f]{10}$/);
    expect(placeOf(made)).toEqual({ resource: 'ConfigMap', namespace: 'foo', name: 'a:b' });
  });
});

describe('updateManifest', () => {
  const before: KubeObject = createManifest(
    configMap({ labels: { mine: '1', 'apps.clusternet.io/config.kind': 'X' } }),
    AT,
  );
  before.metadata.labels = { ...before.metadata.labels, '0a1b': 'Subscription' };
  before.metadata.annotations = { 'apps.clusternet.io/feed-protection': 'blocked' };
  before.metadata.finalizers = ['apps.clusternet.io/finalizer'];
  before.metadata.resourceVersion = '7';

  it('B S-17: takes away the labels that the object lost, and keeps those of others', () => {
    const after = updateManifest(before, configMap({ labels: { new: '2' } }));
    expect(after.metadata.labels).toEqual({
      new: '2',
      '0a1b': 'Subscription',
      'clusternet.io/created-by': 'clusternet-hub',
      'apps.clusternet.io/config.group': '',
      'apps.clusternet.io/config.version': 'v1',
      'apps.clusternet.io/config.kind': 'ConfigMap',
      'apps.clusternet.io/config.name': 'bar',
      'apps.clusternet.io/config.namespace': 'foo',
    });
  });

  it('keeps what is the controllers of the Manifest, and out of the template', () => {
    const after = updateManifest(before, objectOf(before));
    expect(after.metadata).toMatchObject({
      annotations: { 'apps.clusternet.io/feed-protection': 'blocked' },
      finalizers: ['apps.clusternet.io/finalizer'],
      resourceVersion: '7',
    });
    expect((after['template'] as KubeObject).metadata).not.toHaveProperty('annotations');
  });
});

describe('objectOf', () => {
  it('shows the template with what the Manifest says of itself', () => {
    const manifest = createManifest(configMap(), AT);
    const system = {
      uid: 'm',
      resourceVersion: '9',
      generation: 2,
      creationTimestamp: '2026-01-01T00:00:00Z',
      deletionTimestamp: '2026-01-02T00:00:00Z',
      deletionGracePeriodSeconds: 0,
    };
    Object.assign(manifest.metadata, system, {
      finalizers: ['apps.clusternet.io/finalizer'],
      annotations: { 'apps.clusternet.io/feed-protection': 'blocked', other: '1' },
    });
    const annotations = { 'apps.clusternet.io/feed-protection': 'blocked' };
    expect(objectOf(manifest)).toEqual(configMap({ ...system, annotations }));
  });

  it.each(['not json', '{}'])('takes a damaged record of owners (%s) for none', (text) => {
    const manifest = createManifest(configMap(), AT);
    manifest.metadata.annotations = { [OWNERS_ANNOTATION]: text };
    expect(objectOf(manifest).metadata).not.toHaveProperty('managedFields');
  });
});

describe('placeOf', () => {
  it.each([
    { why: 'no template', change: { template: undefined } },
    {
      why: 'a template without a kind',
      change: { template: { apiVersion: 'v1', metadata: { name: 'bar' } } },
    },
    {
      why: 'a template of another kind than its labels say',
      change: { template: { ...configMap(), kind: 'Pod' } },
    },
    { why: 'a template without a name', change: { template: { ...configMap(), metadata: {} } } },
  ])('is nowhere with $why', ({ change }) => {
    expect(placeOf({ ...createManifest(configMap(), AT), ...change })).toBeUndefined();
  });

  it('B S-16: tells equal kinds of two groups apart', () => {
    const made = createManifest({ ...configMap(), apiVersion: 'example.com/v1' }, AT);
    expect(placeOf(made)?.resource).toBe('ConfigMap.example.com');
  });
});
