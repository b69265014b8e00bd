import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settles } from './shadow-objects.ts';
import { startShadowParent } from './shadow-parent.ts';
import type { Answer, ShadowParent } from './shadow-parent.ts';

let parent: ShadowParent;
beforeAll(async () => {
  parent = await startShadowParent();
});
afterAll(async () => {
  await parent[Symbol.asyncDispose]();
});

const RBAC = 'rbac.authorization.k8s.io';
const MAPS = '/namespaces/foo/configmaps';

const namesOf = ({ body }: Answer): unknown[] =>
  (body['items'] as unknown as KubeObject[]).map(({ metadata }) => metadata.name);

function configMap(name: string): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } };
}

/** Gives a user rights in the parent, everywhere or in one namespace. */
async function grant(user: string, rules: JsonObject[], namespace?: string): Promise<void> {
  const scope = namespace === undefined ? '' : `/namespaces/${namespace}`;
  if (namespace !== undefined)
    await parent.call('/api/v1/namespaces', {
      method: 'POST',
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    });
  const [role, binding] =
    namespace === undefined ? ['ClusterRole', 'ClusterRoleBinding'] : ['Role', 'RoleBinding'];
  const name = `${user}-${crypto.randomUUID().slice(0, 8)}`;
  const post = async (kind: string, more: JsonObject): Promise<void> => {
    const path = `/apis/${RBAC}/v1${scope}/${kind.toLowerCase()}s`;
    const body = { apiVersion: `${RBAC}/v1`, kind, metadata: { name }, ...more };
    expect((await parent.call(path, { method: 'POST', body })).code).toBe(201);
  };
  await post(role, { rules });
  await post(binding, {
    roleRef: { apiGroup: RBAC, kind: role, name },
    subjects: [{ apiGroup: RBAC, kind: 'User', name: user }],
  });
}

describe('who may do what with templates', () => {
  it('is for RBAC to say, by verb and namespace', async () => {
    await grant(
      'jane',
      [{ apiGroups: ['shadow'], resources: ['configmaps'], verbs: ['create', 'get'] }],
      'foo',
    );
    const as = 'jane';
    expect((await parent.shadow(MAPS, { method: 'POST', body: configMap('janes'), as })).code).toBe(201);
    expect((await parent.shadow(`${MAPS}/janes`, { as })).code).toBe(200);
    expect((await parent.shadow(`${MAPS}/janes`, { method: 'DELETE', as })).code).toBe(403);
    expect((await parent.shadow(MAPS, { as })).code).toBe(403);
    expect(
      (await parent.shadow('/namespaces/bar/configmaps', { method: 'POST', body: configMap('x'), as })).code,
    ).toBe(403);
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } };
    expect((await parent.shadow('/namespaces/foo/secrets', { method: 'POST', body: secret, as })).code).toBe(
      403,
    );
  });

  it('B S-32: nobody grants by templates what he does not have', async () => {
    const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];
    await grant('joe', [
      { apiGroups: ['shadow'], resources: ['clusterroles', 'clusterrolebindings'], verbs: ['*'] },
      ...rules,
    ]);
    const role = (name: string, given: JsonObject[]): JsonObject => ({
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRole',
      metadata: { name },
      rules: given,
    });
    const binding = (name: string): JsonObject => ({
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: `to-${name}` },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name },
      subjects: [{ apiGroup: RBAC, kind: 'User', name: 'joe' }],
    });
    const post = (path: string, body: JsonObject): Promise<Answer> =>
      parent.shadow(path, { method: 'POST', body, as: 'joe' });
    expect((await post('/clusterroles', role('reader', rules))).code).toBe(201);
    expect(
      await post('/clusterroles', role('root', [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }])),
    ).toMatchObject({
      code: 403,
      body: {
        reason: 'Forbidden',
        message: expect.stringContaining('which the user does not have') as string,
      },
    });
    const annotations = { 'apps.clusternet.io/skip-validating': 'true' };
    const unchecked = {
      ...role('root', [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]),
      metadata: { name: 'root', annotations },
    };
    expect((await post('/clusterroles', unchecked)).code).toBe(403);
    const change = {
      method: 'PATCH',
      contentType: 'application/json-patch+json',
      body: [{ op: 'replace', path: '/rules/0/verbs', value: ['delete'] }],
      as: 'joe',
    } as const;
    expect((await parent.shadow('/clusterroles/reader', change)).code).toBe(403);
    expect((await post('/clusterrolebindings', binding('reader'))).code).toBe(201);
    expect((await post('/clusterrolebindings', binding('cluster-admin'))).code).toBe(403);
  });

  it('the hub says so where it may not try something out, and keeps it all the same', async () => {
    const hook = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'hook' },
      webhooks: [],
    };
    const created = await parent.shadow('/validatingwebhookconfigurations', { method: 'POST', body: hook });
    expect(created).toMatchObject({ code: 201 });
    expect(created.headers['warning']).toContain(
      'the hub lacks the right to create validatingwebhookconfigurations',
    );
  });
});

describe('B S-21: controllers of the parent that clean up', () => {
  it.each([
    'system:serviceaccount:kube-system:namespace-controller',
    'system:serviceaccount:kube-system:generic-garbage-collector',
    'system:kube-controller-manager',
  ])('%s finds nothing, and deletes nothing', async (as) => {
    await grant(as, [{ apiGroups: ['shadow'], resources: ['*'], verbs: ['*'] }]);
    const path = '/namespaces/ending/configmaps';
    await parent.shadow(path, { method: 'POST', body: configMap('outlives') });
    expect((await parent.shadow(path, { method: 'DELETE', as })).code).toBe(200);
    const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
    const listed = await parent.shadow(path, { accept, as });
    expect(listed).toMatchObject({ code: 200, body: { kind: 'PartialObjectMetadataList', items: [] } });
    expect((await parent.shadow(`${path}/outlives`, { method: 'DELETE', as })).code).toBe(404);
    expect((await parent.shadow(`${path}?watch=true&timeoutSeconds=1`, { as })).body).toEqual({ text: '' });
    expect(namesOf(await parent.shadow(path))).toEqual(['outlives']);
  });

  it('end a namespace of the parent that templates bear the name of', async () => {
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'passing' } };
    await parent.call('/api/v1/namespaces', { method: 'POST', body });
    await parent.shadow('/namespaces/passing/configmaps', { method: 'POST', body: configMap('stays') });
    await parent.call('/api/v1/namespaces/passing', { method: 'DELETE' });
    await settles(async () => (await parent.call('/api/v1/namespaces/passing')).code).toBe(404);
    expect(namesOf(await parent.shadow('/namespaces/passing/configmaps'))).toEqual(['stays']);
  });
});
