import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMap, deployment, MAPS, MERGE, metadataOf, namesOf, settles } from './shadow-objects.ts';
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

describe('templates', () => {
  it('are created, read, listed and deleted, and are Manifests of the parent', async () => {
    const created = await post(MAPS, configMap('bar'));
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
    const path = `${MAPS}/bar`;
    const { uid, resourceVersion } = manifest.metadata;
    expect(metadataOf(await parent.shadow(path))).toMatchObject({
      name: 'bar',
      namespace: 'foo',
      uid,
      resourceVersion,
    });
    expect(namesOf(await parent.shadow('/configmaps'))).toContain('bar');
    expect((await parent.call('/api/v1/namespaces/foo/configmaps/bar')).code).toBe(404);
    expect(await parent.shadow(path, { method: 'DELETE' })).toMatchObject({
      code: 200,
      body: { kind: 'Status', status: 'Success', details: { name: 'bar', kind: 'configmaps' } },
    });
    expect(await parent.shadow(path)).toMatchObject({
      code: 404,
      body: { message: 'configmaps "bar" not found' },
    });
    expect(namesOf(await parent.shadow('/configmaps'))).not.toContain('bar');
  });

  it('are completed by the parent, and lose what only the parent needs', async () => {
    const web = await post('/namespaces/foo/deployments', deployment('defaults'));
    expect(web.body).toMatchObject({ spec: { strategy: { type: 'RollingUpdate' } } });
    expect(web.body).not.toHaveProperty('status');
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { ports: [{ port: 80 }] },
    };
    const { body } = await post('/namespaces/foo/services', service);
    expect(body['spec']).toMatchObject({ type: 'ClusterIP', ports: [{ port: 80, protocol: 'TCP' }] });
    expect(body['spec']).not.toHaveProperty('clusterIP');
  });

  it('B S-12: a dry run keeps nothing', async () => {
    expect((await post(`${MAPS}?dryRun=All`, configMap('dry'))).code).toBe(201);
    expect((await parent.shadow(`${MAPS}/dry`)).code).toBe(404);
    await post(MAPS, configMap('wet'));
    const patch = { method: 'PATCH', contentType: MERGE, body: { data: { k: 'w' } } } as const;
    expect((await parent.shadow(`${MAPS}/wet?dryRun=All`, patch)).body['data']).toEqual({ k: 'w' });
    expect((await parent.shadow(`${MAPS}/wet?dryRun=All`, { method: 'DELETE' })).code).toBe(200);
    expect((await parent.shadow(`${MAPS}/wet`)).body['data']).toEqual({ k: 'v' });
  });

  it('get a name of the hub where they ask for one', async () => {
    const { code, body } = await post(MAPS, {
      ...configMap(''),
      metadata: { generateName: 'made-' },
    });
    expect(code).toBe(201);
    const { name = '' } = (body as unknown as KubeObject).metadata;
    expect(name).toMatch(/^made-.{5}$/);
    expect((await parent.shadow(`${MAPS}/${name}`)).code).toBe(200);
  });

  it.each([
    {
      why: 'another version',
      path: MAPS,
      body: { ...configMap('x'), apiVersion: 'shadow/v1alpha1' },
      code: 400,
    },
    { why: 'another namespace', path: MAPS, body: configMap('x', { namespace: 'bar' }), code: 400 },
    {
      why: 'a namespace that cannot be',
      path: '/namespaces/a.b/configmaps',
      body: configMap('x'),
      code: 422,
    },
    { why: 'a name that cannot be', path: MAPS, body: configMap('a:b'), code: 422 },
    {
      why: 'what the parent finds invalid',
      path: '/namespaces/foo/deployments',
      body: deployment('x', { selector: { matchLabels: { app: 'y' } } }),
      code: 422,
    },
    { why: 'what is there already', path: MAPS, body: configMap('twice'), code: 409 },
  ])('are refused with $why', async ({ path, body, code }) => {
    if (code === 409) await post(path, body);
    const answer = await post(path, body);
    expect(answer).toMatchObject({ code, body: { kind: 'Status', status: 'Failure' } });
    if (code === 409) expect(answer.body['message']).toBe('configmaps "twice" already exists');
  });

  it('are kept as they are where they skip validation', async () => {
    const annotations = { 'apps.clusternet.io/skip-validating': 'true' };
    const given = { ...deployment('free'), metadata: { name: 'free', annotations }, unknown: 1 };
    const created = await post('/namespaces/foo/deployments', given);
    expect(created).toMatchObject({ code: 201, body: { unknown: 1, spec: deployment('free')['spec'] } });
    const path = '/namespaces/foo/deployments/free';
    const patch = { method: 'PATCH', contentType: MERGE, body: { spec: { newField: true } } } as const;
    expect(await parent.shadow(path, patch)).toMatchObject({
      code: 200,
      body: { unknown: 1, spec: { newField: true } },
    });
  });

  it('are selected by name and namespace, and by nothing else', async () => {
    await post('/namespaces/selected/configmaps', configMap('a'));
    await post('/namespaces/selected/configmaps', configMap('b'));
    const list = (selector: string): Promise<Answer> =>
      parent.shadow(`/configmaps?fieldSelector=${encodeURIComponent(selector)}`);
    expect(namesOf(await list('metadata.namespace=selected,metadata.name!=a'))).toEqual(['b']);
    expect((await list('data.k=v')).code).toBe(400);
    const first = await parent.shadow('/namespaces/selected/configmaps?limit=1');
    expect(namesOf(first)).toEqual(['a']);
    const token = (first.body['metadata'] as JsonObject)['continue'] as string;
    expect(namesOf(await parent.shadow(`/namespaces/selected/configmaps?limit=1&continue=${token}`))).toEqual(
      ['b'],
    );
  });

  it('B S-25: have names that labels and Manifests cannot have', async () => {
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'system:x' },
      rules: [],
    };
    expect((await post('/clusterroles', role)).code).toBe(201);
    expect(metadataOf(await parent.shadow('/clusterroles/system:x')).name).toBe('system:x');
    const name = 'x'.repeat(200);
    expect((await post(MAPS, configMap(name))).code).toBe(201);
    expect((await parent.shadow(`${MAPS}/${name}`, { method: 'DELETE' })).code).toBe(200);
    expect((await parent.shadow(`${MAPS}/${name}`)).code).toBe(404);
  });

  it('of Namespaces, those of the parent among them, are called as they are', async () => {
    for (const name of ['default', 'brand-new']) {
      const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
      expect((await post('/namespaces', body)).code).toBe(201);
      const labels = metadataOf(await parent.shadow(`/namespaces/${name}`)).labels ?? {};
      expect(labels['kubernetes.io/metadata.name'] ?? name, 'B S-24').toBe(name);
    }
    expect(namesOf(await parent.shadow('/namespaces'))).toEqual(['brand-new', 'default']);
    expect((await parent.shadow('/namespaces/default', { method: 'DELETE' })).code).toBe(200);
    expect((await parent.call('/api/v1/namespaces/default')).code).toBe(200);
  });

  it('are found under the names that old hubs gave', async () => {
    const metadata = { namespace: 'old', name: 'legacy' };
    const manifest = {
      apiVersion: 'apps.clusternet.io/v1alpha1',
      kind: 'Manifest',
      metadata: {
        name: 'configmaps-old-legacy',
        labels: {
          'apps.clusternet.io/config.group': '',
          'apps.clusternet.io/config.version': 'v1',
          'apps.clusternet.io/config.kind': 'ConfigMap',
          'apps.clusternet.io/config.name': 'legacy',
          'apps.clusternet.io/config.namespace': 'old',
        },
      },
      template: { ...configMap('legacy'), metadata },
    };
    const manifests = '/apis/apps.clusternet.io/v1alpha1/namespaces/clusternet-reserved/manifests';
    await parent.call(manifests, { method: 'POST', body: manifest });
    await settles(async () => namesOf(await parent.shadow('/namespaces/old/configmaps'))).toEqual(['legacy']);
    const path = '/namespaces/old/configmaps/legacy';
    const patch = { method: 'PATCH', contentType: MERGE, body: { data: { k: 'new' } } } as const;
    expect((await parent.shadow(path, patch)).code).toBe(200);
    expect((await parent.manifest('configmaps-old-legacy'))['template']).toMatchObject({
      data: { k: 'new' },
    });
    expect((await post('/namespaces/old/configmaps', configMap('legacy'))).code).toBe(409);
  });

  it('are deleted together', async () => {
    await post('/namespaces/many/configmaps', configMap('a', { labels: { go: 'yes' } }));
    await post('/namespaces/many/configmaps', configMap('b'));
    const path = '/namespaces/many/configmaps';
    expect((await parent.shadow(`${path}?labelSelector=go=yes`, { method: 'DELETE' })).code).toBe(200);
    expect(namesOf(await parent.shadow(path))).toEqual(['b']);
  });

  it('show that they are being deleted while a finalizer of the Manifest keeps them', async () => {
    await post(MAPS, configMap('kept'));
    const manifests = '/apis/apps.clusternet.io/v1alpha1/namespaces/clusternet-reserved/manifests';
    const change = (metadata: JsonObject): Promise<Answer> =>
      parent.call(`${manifests}/configmaps.foo.kept`, {
        method: 'PATCH',
        contentType: MERGE,
        body: { metadata },
      });
    const annotations = { 'apps.clusternet.io/feed-protection': 'block deleting' };
    await change({ finalizers: ['apps.clusternet.io/feed-protection'], annotations });
    expect((await parent.shadow(`${MAPS}/kept`, { method: 'DELETE' })).code).toBe(200);
    const shown = metadataOf(await parent.shadow(`${MAPS}/kept`));
    expect(shown).toMatchObject({ deletionTimestamp: expect.any(String) as string, annotations });
    expect(shown).not.toHaveProperty('finalizers');
    const patch = { method: 'PATCH', contentType: MERGE, body: { data: { k: 'late' } } } as const;
    expect((await parent.shadow(`${MAPS}/kept`, patch)).body['data']).toEqual({ k: 'late' });
    await change({ finalizers: null });
    await settles(async () => (await parent.shadow(`${MAPS}/kept`)).code).toBe(404);
  });
});
