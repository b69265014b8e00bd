import { createKubeClient } from '@clusternet/client';
import type { ResourceClient } from '@clusternet/client';
import { createFakeApi } from '@clusternet/client/fakes';
import type { FakeApi } from '@clusternet/client/fakes';
import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { addFinalizer, hasFinalizer, removeFinalizer } from './finalizers.ts';

const ref = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const path = '/api/v1/namespaces/ns/configmaps/a';
const { signal } = new AbortController();
const ours = 'apps.clusternet.io/finalizer';

function setUp(finalizers: string[] = []): { api: FakeApi; resource: ResourceClient; object: KubeObject } {
  const api = createFakeApi();
  const metadata = { name: 'a', namespace: 'ns', finalizers };
  const object = api.store.put(path, { apiVersion: 'v1', kind: 'ConfigMap', metadata });
  return { api, resource: createKubeClient(api.transport).resource(ref), object };
}

describe('addFinalizer', () => {
  it('puts it on beside others', async () => {
    const { api, resource, object } = setUp(['other']);
    const after = await addFinalizer(resource, object, ours, signal);
    expect(hasFinalizer(after, ours)).toBe(true);
    expect(api.store.get(path)?.metadata.finalizers).toEqual(['other', ours]);
  });

  it('asks for nothing when it is there', async () => {
    const { api, resource, object } = setUp([ours]);
    expect(await addFinalizer(resource, object, ours, signal)).toBe(object);
    expect(api.requests).toEqual([]);
  });

  it('fails with a conflict rather than undo what another wrote meanwhile', async () => {
    const { api, resource, object } = setUp();
    api.store.put(path, { ...object, metadata: { ...object.metadata, finalizers: ['other'] } });
    await expect(addFinalizer(resource, object, ours, signal)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(api.store.get(path)?.metadata.finalizers).toEqual(['other']);
  });
});

describe('removeFinalizer', () => {
  it('takes only its own off', async () => {
    const { api, resource, object } = setUp(['other', ours]);
    await removeFinalizer(resource, object, ours, signal);
    expect(api.store.get(path)?.metadata.finalizers).toEqual(['other']);
  });

  it('lets an object that is being deleted go', async () => {
    const { api, resource } = setUp([ours]);
    await resource.delete({ namespace: 'ns', name: 'a' });
    const deleting = api.store.get(path);
    expect(deleting?.metadata.deletionTimestamp).toBeDefined();
    if (deleting !== undefined) await removeFinalizer(resource, deleting, ours, signal);
    expect(api.store.get(path)).toBeUndefined();
  });

  it('is done when the object is gone, or never had it', async () => {
    const { api, resource, object } = setUp([ours]);
    api.store.remove(path);
    await removeFinalizer(resource, object, ours, signal);
    const bare = setUp();
    await removeFinalizer(bare.resource, bare.object, ours, signal);
    expect(bare.api.requests).toEqual([]);
  });
});
