import type { JsonObject } from '@clusternet/kube-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startShadowParent } from './shadow-parent.ts';
import type { ShadowParent } from './shadow-parent.ts';

let parent: ShadowParent;
beforeAll(async () => {
  parent = await startShadowParent();
});
afterAll(async () => {
  await parent[Symbol.asyncDispose]();
});

function configMap(name: string, more: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { k: 'v' }, ...more };
}

describe('templates', () => {
  it('are created, read, listed and deleted, and are Manifests of the parent', async () => {
    const created = await parent.shadow('/namespaces/foo/configmaps', {
      method: 'POST',
      body: configMap('bar'),
    });
    expect(created).toMatchObject({ code: 201, body: { apiVersion: 'v1', kind: 'ConfigMap' } });
    const manifest = await parent.manifest('configmaps.foo.bar');
    expect(manifest.metadata.labels).toEqual({
      'clusternet.io/created-by': 'clusternet-hub',
      'apps.clusternet.io/config.group': '',
      'apps.clusternet.io/config.version': 'v1',
      'apps.clusternet.io/config.kind': 'ConfigMap',
      'apps.clusternet.io/config.name': 'bar',
      'apps.clusternet.io/config.namespace': 'foo',
    });
    expect(manifest['template']).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'bar',
        namespace: 'foo',
        uid: expect.any(String) as string,
        labels: { 'clusternet.io/created-by': 'clusternet-hub' },
      },
      data: { k: 'v' },
    });
    const path = '/namespaces/foo/configmaps/bar';
    const { uid, resourceVersion } = manifest.metadata;
    expect((await parent.shadow(path)).body).toMatchObject({
      metadata: { name: 'bar', namespace: 'foo', uid, resourceVersion },
    });
    expect((await parent.shadow('/configmaps')).body).toMatchObject({
      kind: 'ConfigMapList',
      items: [{ metadata: { name: 'bar' } }],
    });
    expect((await parent.call('/api/v1/namespaces/foo/configmaps/bar')).code).toBe(404);
    expect(await parent.shadow(path, { method: 'DELETE' })).toMatchObject({
      code: 200,
      body: { kind: 'Status', status: 'Success' },
    });
    expect(await parent.shadow(path)).toMatchObject({
      code: 404,
      body: { message: 'configmaps "bar" not found' },
    });
    expect((await parent.shadow('/configmaps')).body['items']).toEqual([]);
  });
});
