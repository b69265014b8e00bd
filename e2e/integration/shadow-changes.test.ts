import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMap, deployment, MAPS, MERGE, metadataOf, namesOf } from './shadow-objects.ts';
import { startShadowParent } from './shadow-parent.ts';
import type { Answer, ShadowParent } from './shadow-parent.ts';

let parent: ShadowParent;
beforeAll(async () => {
  parent = await startShadowParent();
});
afterAll(async () => {
  await parent[Symbol.asyncDispose]();
});

const post = (path: string, body: JsonObject): Promise<Answer> =>
  parent.shadow(path, { method: 'POST', body });

describe('changed templates', () => {
  it('B S-19: an update that the parent finds invalid is refused, and completed if not', async () => {
    const path = '/namespaces/foo/deployments';
    await post(path, deployment('checked'));
    const change = (spec: JsonObject): Promise<Answer> =>
      parent.shadow(`${path}/checked`, { method: 'PATCH', contentType: MERGE, body: { spec } });
    expect((await change({ selector: { matchLabels: { app: 'y' } } })).code).toBe(422);
    expect((await change({ strategy: null })).body['spec']).toMatchObject({
      strategy: { type: 'RollingUpdate' },
    });
  });

  it('B S-18: a write from an old state is refused, and names the object', async () => {
    const { body } = await post(MAPS, configMap('raced'));
    const path = `${MAPS}/raced`;
    const next = { ...body, data: { k: 'first' } };
    expect((await parent.shadow(path, { method: 'PUT', body: next })).code).toBe(200);
    expect(
      await parent.shadow(path, { method: 'PUT', body: { ...body, data: { k: 'second' } } }),
    ).toMatchObject({
      code: 409,
      body: { reason: 'Conflict', details: { name: 'raced', kind: 'configmaps' } },
    });
    const { resourceVersion = '' } = metadataOf(await parent.shadow(path));
    const preconditions = { resourceVersion: String(Number(resourceVersion) - 1) };
    expect((await parent.shadow(path, { method: 'DELETE', body: { preconditions } })).code).toBe(409);
    expect(
      (await parent.shadow(path, { method: 'DELETE', body: { preconditions: { resourceVersion } } })).code,
    ).toBe(200);
  });

  it('B S-18: a PUT without uid does not keep patches out', async () => {
    await post(MAPS, configMap('put'));
    const path = `${MAPS}/put`;
    expect((await parent.shadow(path, { method: 'PUT', body: configMap('put', {}, { k: '2' }) })).code).toBe(
      200,
    );
    const patch = { method: 'PATCH', contentType: MERGE, body: { data: { more: '3' } } } as const;
    expect((await parent.shadow(path, patch)).body['data']).toEqual({ k: '2', more: '3' });
    const { template } = await parent.manifest('configmaps.foo.put');
    expect((template as KubeObject).metadata.uid).toMatch(/-/);
  });

  it('take every kind of patch', async () => {
    const path = '/namespaces/foo/deployments';
    await post(path, deployment('patched'));
    const patch = (contentType: string, body: unknown, query = ''): Promise<Answer> =>
      parent.shadow(`${path}/patched${query}`, { method: 'PATCH', contentType, body });
    const json = [{ op: 'replace', path: '/spec/replicas', value: 3 }];
    expect((await patch('application/json-patch+json', json)).body['spec']).toMatchObject({ replicas: 3 });
    const containers = [{ name: 'side', image: 'busybox' }];
    const strategic = { spec: { template: { spec: { containers } } } };
    const merged = await patch('application/strategic-merge-patch+json', strategic);
    expect(merged.body).toMatchObject({
      spec: { template: { spec: { containers: [{ name: 'side' }, { name: 'web' }] } } },
    });
    const applied = { apiVersion: 'apps/v1', kind: 'Deployment', spec: { replicas: 4 } };
    const apply = (body: unknown, query: string): Promise<Answer> =>
      patch('application/apply-patch+yaml', JSON.stringify(body), query);
    expect((await apply(applied, '?fieldManager=a')).code).toBe(409);
    expect((await apply(applied, '?fieldManager=a&force=true')).body['spec']).toMatchObject({ replicas: 4 });
    expect(await apply({ ...applied, spec: { replicas: 5 } }, '?fieldManager=b')).toMatchObject({
      code: 409,
      body: { message: expect.stringContaining('"a"') as string },
    });
    const { template } = await parent.manifest('deployments.foo.patched');
    expect((template as KubeObject).metadata).not.toHaveProperty('managedFields');
  });

  it('are made by server-side apply', async () => {
    const body = JSON.stringify(configMap('applied'));
    const call = { method: 'PATCH', contentType: 'application/apply-patch+yaml', body } as const;
    const path = `${MAPS}/applied?fieldManager=a`;
    expect((await parent.shadow(path, call)).code).toBe(201);
    expect((await parent.shadow(path, call)).code).toBe(200);
    const { resourceVersion } = metadataOf(await parent.shadow(`${MAPS}/applied`));
    await parent.shadow(path, call);
    expect(metadataOf(await parent.shadow(`${MAPS}/applied`)).resourceVersion).toBe(resourceVersion);
  });

  it('can be scaled, and have no other subresources', async () => {
    const path = '/namespaces/foo/deployments/scaled';
    await post('/namespaces/foo/deployments', deployment('scaled'));
    expect((await parent.shadow(`${path}/scale`)).body).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 2 },
      status: { replicas: 0 },
    });
    const patch = { method: 'PATCH', contentType: MERGE, body: { spec: { replicas: 7 } } } as const;
    expect((await parent.shadow(`${path}/scale`, patch)).body).toMatchObject({ spec: { replicas: 7 } });
    expect((await parent.shadow(path)).body).toMatchObject({ spec: { replicas: 7 } });
    expect(await parent.shadow(`${path}/status`, { ...patch, body: { status: {} } })).toMatchObject({
      code: 405,
      body: {
        message: "deployments are considered as templates, which make no sense to patch templates' status",
      },
    });
    expect((await parent.shadow('/namespaces/foo/pods/x/log')).code).toBe(405);
  });

  it('B S-17: are no longer selected by labels that they lost', async () => {
    await post(MAPS, configMap('labelled', { labels: { team: 'a' } }));
    const selected = async (): Promise<unknown[]> =>
      namesOf(await parent.shadow(`${MAPS}?labelSelector=team=a`));
    expect(await selected()).toEqual(['labelled']);
    const body = { metadata: { labels: { team: null } } };
    await parent.shadow(`${MAPS}/labelled`, { method: 'PATCH', contentType: MERGE, body });
    expect(await selected()).toEqual([]);
    expect((await parent.manifest('configmaps.foo.labelled')).metadata.labels).not.toHaveProperty('team');
  });
});
