import { describe, expect, it } from 'vitest';
import { createFakeApi } from './fakes/index.ts';
import { createKubeClient, resourceRef } from './kube-client.ts';

const deployments = resourceRef('apps/v1', 'Deployment', 'deployments', true);
const path = '/apis/apps/v1/namespaces/ns/deployments/web';

describe('a resource client', () => {
  it('keeps fields that no model knows (unknown fields dropped)', async () => {
    const api = createFakeApi();
    const spec = { newUnknownField: { a: [1] }, template: { spec: { containers: [{ futureField: true }] } } };
    const metadata = { namespace: 'ns', name: 'web', futureMetadata: 'x' };
    const resource = createKubeClient(api.transport).resource(deployments);
    await resource.create({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec, top: 1 });
    const read = await resource.get({ namespace: 'ns', name: 'web' });
    await resource.update(read);
    await resource.apply({ ...read, metadata }, { fieldManager: 'test', force: true });
    expect(api.store.get(path)).toMatchObject({ spec, top: 1, metadata });
  });

  it('keeps 64-bit integers exact both ways (int64 rounding)', async () => {
    const api = createFakeApi();
    const resource = createKubeClient(api.transport).resource(deployments);
    const metadata = { namespace: 'ns', name: 'web' };
    const spec = { big: 9007199254740993n, small: 3 };
    await resource.create({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec });
    const read = await resource.get({ namespace: 'ns', name: 'web' });
    expect(read['spec']).toEqual(spec);
    await resource.update(read);
    expect(api.requests.at(-1)?.body).toContain('"big":9007199254740993');
  });

  it('keeps timestamps as the text they are', async () => {
    const api = createFakeApi();
    const resource = createKubeClient(api.transport).resource(deployments);
    const metadata = { namespace: 'ns', name: 'web' };
    const made = await resource.create({ apiVersion: 'apps/v1', kind: 'Deployment', metadata });
    expect(made.metadata.creationTimestamp).toBe('2026-01-01T00:00:00Z');
  });

  it('asks for what its options say', async () => {
    const api = createFakeApi();
    const resource = createKubeClient(api.transport).resource(deployments);
    const metadata = { namespace: 'ns', name: 'web', managedFields: [{}] };
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata };
    await resource.apply(object, { fieldManager: 'me', force: true, dryRun: true });
    const sent = api.requests.at(-1);
    expect(Object.fromEntries(sent?.query ?? [])).toEqual({
      fieldManager: 'me',
      force: 'true',
      dryRun: 'All',
    });
    expect(sent?.headers['content-type']).toBe('application/apply-patch+yaml');
    expect(sent?.body).not.toContain('managedFields');
  });

  it('deletes with preconditions, and never the whole collection by mistake', async () => {
    const api = createFakeApi();
    const resource = createKubeClient(api.transport).resource(deployments);
    api.store.put(path, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: 'ns', name: 'web' },
    });
    const wrong = resource.delete(
      { namespace: 'ns', name: 'web' },
      { uid: 'other', propagationPolicy: 'Background' },
    );
    await expect(wrong).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(JSON.parse(api.requests.at(-1)?.body ?? '')).toEqual({
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy: 'Background',
      preconditions: { uid: 'other' },
    });
    await expect(resource.delete({ namespace: 'ns', name: '' })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
  });

  it('refuses to write what has no name', async () => {
    const resource = createKubeClient(createFakeApi().transport).resource(deployments);
    const nameless = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: 'ns' } };
    await expect((async () => resource.update(nameless))()).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });
});
