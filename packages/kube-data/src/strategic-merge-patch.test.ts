import { describe, expect, it } from 'vitest';
import type { JsonValue } from './json-value.ts';
import { builtInPatchSchema } from './patch-schema.ts';
import type { PatchErrorCode } from './errors.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';

const deployment = builtInPatchSchema('apps/v1', 'Deployment');
const pod = builtInPatchSchema('v1', 'Pod');

function containers(...items: JsonValue[]): JsonValue {
  return { spec: { template: { spec: { containers: items } } } };
}

describe('applyStrategicMergePatch', () => {
  it.each([
    {
      why: 'containers merge by name, their env too; a new one goes before those the patch does not name',
      document: containers(
        { name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }] },
        { name: 'b', image: 'b:1' },
      ),
      patch: containers({ name: 'a', env: [{ name: 'Y', value: '2' }] }, { name: 'c', image: 'c:1' }),
      want: containers(
        {
          name: 'a',
          image: 'a:1',
          env: [
            { name: 'Y', value: '2' },
            { name: 'X', value: '1' },
          ],
        },
        { name: 'c', image: 'c:1' },
        { name: 'b', image: 'b:1' },
      ),
    },
    {
      why: '$patch: delete takes an item out',
      document: containers({ name: 'a' }, { name: 'b' }),
      patch: containers({ name: 'a', $patch: 'delete' }),
      want: containers({ name: 'b' }),
    },
    {
      why: '$patch: replace in a list drops all that was there',
      document: containers({ name: 'a' }, { name: 'b' }),
      patch: containers({ $patch: 'replace' }, { name: 'c' }),
      want: containers({ name: 'c' }),
    },
    {
      why: '$patch: replace in a map',
      document: { metadata: { labels: { a: '1' } } },
      patch: { metadata: { labels: { b: '2', $patch: 'replace' } } },
      want: { metadata: { labels: { b: '2' } } },
    },
    {
      why: '$patch: delete in a map',
      document: { metadata: { labels: { a: '1' } } },
      patch: { metadata: { labels: { $patch: 'delete' } } },
      want: { metadata: { labels: {} } },
    },
    {
      why: 'null deletes, in a new map it is dropped',
      document: { metadata: { labels: { a: '1', b: '2' } } },
      patch: { metadata: { labels: { a: null }, annotations: { x: null, y: '1' } } },
      want: { metadata: { labels: { b: '2' }, annotations: { y: '1' } } },
    },
    {
      why: '$retainKeys clears the other keys of a union',
      document: { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } },
      patch: { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
      want: { spec: { strategy: { type: 'Recreate' } } },
    },
    {
      why: '$setElementOrder orders what the patch names and leaves the others in place',
      document: containers(
        { name: 'a', image: '1' },
        { name: 'b', image: '2' },
        { name: 'server', image: '3' },
      ),
      patch: {
        spec: {
          template: {
            spec: {
              '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }],
              containers: [{ name: 'a', image: '9' }],
            },
          },
        },
      },
      want: containers({ name: 'b', image: '2' }, { name: 'a', image: '9' }, { name: 'server', image: '3' }),
    },
    {
      why: 'finalizers merge as a set; $deleteFromPrimitiveList takes some out',
      document: { metadata: { finalizers: ['a', 'b'] } },
      patch: {
        metadata: {
          '$deleteFromPrimitiveList/finalizers': ['a'],
          '$setElementOrder/finalizers': ['c', 'b'],
          finalizers: ['c'],
        },
      },
      want: { metadata: { finalizers: ['c', 'b'] } },
    },
    {
      why: 'a list without a patch key is replaced',
      document: containers({ name: 'a', args: ['x', 'y'] }),
      patch: containers({ name: 'a', args: ['z'] }),
      want: containers({ name: 'a', args: ['z'] }),
    },
    {
      why: 'tolerations have no patch key',
      document: { spec: { template: { spec: { tolerations: [{ key: 'a' }] } } } },
      patch: { spec: { template: { spec: { tolerations: [{ key: 'b' }] } } } },
      want: { spec: { template: { spec: { tolerations: [{ key: 'b' }] } } } },
    },
    {
      why: 'directives in new values vanish',
      document: {},
      patch: containers(
        { name: 'a', $patch: 'merge' },
        { name: 'b', env: [{ name: 'X', $patch: 'delete' }] },
      ),
      want: containers({ name: 'b', env: [] }),
    },
    {
      why: 'a value of another type replaces',
      document: { spec: { replicas: 1, x: { a: 1 } } },
      patch: { spec: { replicas: 2, x: [1] } },
      want: { spec: { replicas: 2, x: [1] } },
    },
    {
      why: 'big integers stay exact',
      document: { spec: { x: 9007199254740993n } },
      patch: { spec: { y: 9007199254740995n } },
      want: { spec: { x: 9007199254740993n, y: 9007199254740995n } },
    },
  ] as { why: string; document: JsonValue; patch: JsonValue; want: JsonValue }[])(
    '$why',
    ({ document, patch, want }) => {
      expect(applyStrategicMergePatch(document, patch, deployment)).toEqual(want);
    },
  );

  it.each([
    ['an item without its key', 'MISSING_MERGE_KEY', containers({ name: 'a' }), containers({ image: 'x' })],
    ['an unknown directive', 'INVALID_DIRECTIVE', {}, { $patch: 'spam' }],
    [
      'an unknown directive in an item',
      'INVALID_DIRECTIVE',
      containers({ name: 'a' }),
      containers({ name: 'a', $patch: 'spam' }),
    ],
    [
      'a patched key that is not retained',
      'INVALID_PATCH',
      { spec: {} },
      { spec: { $retainKeys: ['a'], b: 1 } },
    ],
    [
      'a written item that the order does not name',
      'INVALID_DIRECTIVE',
      { metadata: { finalizers: ['a'] } },
      { metadata: { '$setElementOrder/finalizers': ['a'], finalizers: ['b'] } },
    ],
    ['a patch that is no object', 'INVALID_PATCH', {}, []],
  ] as [string, PatchErrorCode, JsonValue, JsonValue][])('refuses %s', (_why, code, document, patch) => {
    expect(() => applyStrategicMergePatch(document, patch, deployment)).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it('leaves its arguments alone', () => {
    const document = { metadata: { labels: { a: '1' } } };
    const patch = { metadata: { labels: { b: '2' } } };
    applyStrategicMergePatch(document, patch, deployment);
    expect([document, patch]).toEqual([
      { metadata: { labels: { a: '1' } } },
      { metadata: { labels: { b: '2' } } },
    ]);
  });
});

describe('builtInPatchSchema', () => {
  it('knows built-in kinds only', () => {
    expect(builtInPatchSchema('apps.clusternet.io/v1alpha1', 'Subscription')).toBeUndefined();
    expect(builtInPatchSchema('v1', 'ConfigMap')?.field('data')).toBeUndefined();
    expect(pod?.field('constructor')).toBeUndefined();
  });

  it.each([
    ['v1', 'Pod', 'spec.volumes', 'name'],
    ['v1', 'Pod', 'spec.containers.ports', 'containerPort'],
    ['v1', 'Pod', 'status.conditions', 'type'],
    ['v1', 'Service', 'spec.ports', 'port'],
    ['v1', 'ServiceAccount', 'secrets', 'name'],
    ['v1', 'Node', 'status.addresses', 'type'],
    ['batch/v1', 'CronJob', 'spec.jobTemplate.spec.template.spec.initContainers.volumeMounts', 'mountPath'],
    ['batch/v1', 'Job', 'metadata.ownerReferences', 'uid'],
    ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'webhooks', 'name'],
  ])('%s %s: %s merges by %s', (apiVersion, kind, path, mergeKey) => {
    let schema = builtInPatchSchema(apiVersion, kind);
    const keys = path.split('.');
    for (const key of keys.slice(0, -1)) schema = schema?.field(key)?.schema;
    expect(schema?.field(keys.at(-1)!)).toMatchObject({ strategy: 'merge', mergeKey });
  });
});
