import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectAt, objectsAt, textAt } from '../built-in/fields.ts';
import { createTestHttp, eventually } from '../testing/plane-http.fixture.ts';
import type { TestHttp } from '../testing/plane-http.fixture.ts';
import { startControlPlane } from './start-control-plane.ts';
import type { ControlPlane } from './start-control-plane.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';

describe('access to a control plane', () => {
  let plane: ControlPlane;
  let http: TestHttp;
  const whoAmI = async (who: TestHttp) =>
    objectAt(
      objectAt((await who.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {})).body, 'status'),
      'userInfo',
    );

  beforeAll(async () => {
    plane = await startControlPlane();
    http = await createTestHttp(plane);
    await eventually(async () =>
      (await http.call('/api/v1/namespaces/default/serviceaccounts/default')).code === 200 ? true : undefined,
    );
  });

  afterAll(() => plane[Symbol.asyncDispose]());

  it('knows users by certificate, and lets nobody in who has not been let in', async () => {
    const jane = await createTestHttp(
      plane,
      await plane.issueClientCertificate({ name: 'jane', groups: ['team'] }),
    );
    expect(await whoAmI(jane)).toMatchObject({ username: 'jane', groups: ['team', 'system:authenticated'] });
    expect((await jane.call('/api/v1/pods')).body).toMatchObject({
      code: 403,
      message:
        'pods is forbidden: User "jane" cannot list resource "pods" in API group "" at the cluster scope',
    });
    expect((await jane.call('/version')).code).toBe(200);
  });

  it('takes callers without a credential for nobody', async () => {
    const nobody = await createTestHttp(plane, {});
    expect((await nobody.call('/healthz')).code).toBe(200);
    expect((await nobody.call('/api/v1/pods')).body['message']).toContain('User "system:anonymous"');
    const liar = await createTestHttp(plane, { token: 'wrong' });
    expect((await liar.call('/api/v1/pods')).code).toBe(401);
  });

  it('lets nobody pose as the front proxy', async () => {
    const jane = await createTestHttp(
      plane,
      await plane.issueClientCertificate({ name: 'front-proxy-client' }),
    );
    const { body } = await jane.call('/api/v1/pods', {
      headers: { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters' },
    });
    expect(body['message']).toContain('User "front-proxy-client"');
  });

  it('issues and reviews tokens of service accounts', async () => {
    const asked = { spec: { expirationSeconds: 600 } };
    const { body } = await http.post('/api/v1/namespaces/default/serviceaccounts/default/token', asked);
    const token = textAt(objectAt(body, 'status'), 'token');
    const account = await createTestHttp(plane, { token });
    expect(await whoAmI(account)).toMatchObject({
      username: 'system:serviceaccount:default:default',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
    });
    const review = await http.post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token } });
    expect(review.body['status']).toMatchObject({
      authenticated: true,
      user: { username: 'system:serviceaccount:default:default' },
    });
    const wrong = await http.post('/apis/authentication.k8s.io/v1/tokenreviews', {
      spec: { token: `${token}x` },
    });
    expect(objectAt(wrong.body, 'status')?.['authenticated']).toBeUndefined();
    const other = await http.post('/apis/authentication.k8s.io/v1/tokenreviews', {
      spec: { token, audiences: ['elsewhere'] },
    });
    expect(objectAt(other.body, 'status')?.['authenticated']).toBeUndefined();
  });

  it('fills token secrets, and forgets their token with them', async () => {
    await http.post('/api/v1/namespaces/default/secrets', {
      type: 'kubernetes.io/service-account-token',
      metadata: { name: 'legacy', annotations: { 'kubernetes.io/service-account.name': 'default' } },
    });
    const data = await eventually(async () => {
      const found = objectAt(await http.get('/api/v1/namespaces/default/secrets/legacy'), 'data');
      return textAt(found, 'token') === '' ? undefined : found;
    });
    const decode = (key: string) => Buffer.from(textAt(data, key), 'base64').toString();
    expect([decode('namespace'), decode('ca.crt')]).toEqual(['default', plane.caPem]);
    const account = await createTestHttp(plane, { token: decode('token') });
    expect(await whoAmI(account)).toMatchObject({ username: 'system:serviceaccount:default:default' });
    await http.call('/api/v1/namespaces/default/secrets/legacy', { method: 'DELETE' });
    expect((await account.call('/version')).code).toBe(401);
  });

  it('knows bootstrap tokens while they last', async () => {
    const secret = (id: string, expiration: string) => ({
      type: 'bootstrap.kubernetes.io/token',
      metadata: { name: `bootstrap-token-${id}` },
      stringData: {
        'token-id': id,
        'token-secret': '0123456789abcdef',
        'usage-bootstrap-authentication': 'true',
        'auth-extra-groups': 'system:bootstrappers:clusternet:register-cluster-token',
        expiration,
      },
    });
    await http.post('/api/v1/namespaces/kube-system/secrets', secret('abcdef', '2999-01-01T00:00:00Z'));
    await http.post('/api/v1/namespaces/kube-system/secrets', secret('expird', '2001-01-01T00:00:00Z'));
    const good = await createTestHttp(plane, { token: 'abcdef.0123456789abcdef' });
    expect(await whoAmI(good)).toMatchObject({
      username: 'system:bootstrap:abcdef',
      groups: [
        'system:bootstrappers',
        'system:bootstrappers:clusternet:register-cluster-token',
        'system:authenticated',
      ],
    });
    const late = await createTestHttp(plane, { token: 'expird.0123456789abcdef' });
    expect((await late.call('/version')).code).toBe(401);
  });

  it('follows roles and bindings at once', async () => {
    const joe = await createTestHttp(plane, await plane.issueClientCertificate({ name: 'joe' }));
    const roles = `${RBAC}/namespaces/default`;
    await http.post(`${roles}/roles`, {
      metadata: { name: 'reader' },
      rules: [
        { apiGroups: [''], resources: ['configmaps'], resourceNames: ['kube-root-ca.crt'], verbs: ['get'] },
      ],
    });
    await http.post(`${roles}/rolebindings`, {
      metadata: { name: 'reader' },
      roleRef: { kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'User', name: 'joe' }],
    });
    expect((await joe.call('/api/v1/namespaces/default/configmaps/kube-root-ca.crt')).code).toBe(200);
    expect((await joe.call('/api/v1/namespaces/default/configmaps/other')).code).toBe(403);
    expect((await joe.call('/api/v1/namespaces/kube-system/configmaps/kube-root-ca.crt')).code).toBe(403);
    await http.call(`${roles}/rolebindings/reader`, { method: 'DELETE' });
    expect((await joe.call('/api/v1/namespaces/default/configmaps/kube-root-ca.crt')).code).toBe(403);
  });

  it('collects the rules of aggregated roles', async () => {
    const rules = await eventually(async () => {
      const found = objectsAt(await http.get(`${RBAC}/clusterroles/edit`), 'rules');
      return found.length > 0 ? found : undefined;
    });
    expect(rules.length).toBeGreaterThan(5);
  });

  it('lets nobody hand out more than they hold', async () => {
    await http.post(`${RBAC}/clusterrolebindings`, {
      metadata: { name: 'rbac-editor' },
      roleRef: { kind: 'ClusterRole', name: 'admin' },
      subjects: [{ kind: 'User', name: 'kim' }],
    });
    const kim = await createTestHttp(plane, await plane.issueClientCertificate({ name: 'kim' }));
    await eventually(async () => ((await kim.call('/api/v1/pods')).code === 200 ? true : undefined));
    const roles = `${RBAC}/namespaces/default/roles`;
    const role = (resource: string) => ({
      metadata: { name: `r-${resource}` },
      rules: [{ apiGroups: [''], resources: [resource], verbs: ['get'] }],
    });
    expect((await kim.post(roles, role('configmaps'))).code).toBe(201);
    expect((await kim.post(roles, role('nodes'))).body['message']).toContain(
      'is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["nodes"], Verbs:["get"]}',
    );
  });

  it("answers access reviews, one's own and those of others", async () => {
    const spec = {
      user: 'jane',
      resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'default' },
    };
    const review = await http.post('/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec });
    expect(review.body['status']).toMatchObject({ allowed: false });
    const own = await http.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      spec: { nonResourceAttributes: { verb: 'get', path: '/metrics' } },
    });
    expect(own.body['status']).toMatchObject({ allowed: true });
  });

  it('lets those impersonate who may', async () => {
    const headers = { 'impersonate-user': 'system:serviceaccount:default:default' };
    const { body } = await http.call('/api/v1/secrets', { headers });
    expect(body['message']).toContain('User "system:serviceaccount:default:default"');
    const jane = await createTestHttp(plane, await plane.issueClientCertificate({ name: 'jane' }));
    const refused = await jane.call('/version', { headers: { 'impersonate-user': 'admin' } });
    expect(refused.body['message']).toBe(
      'users "admin" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
  });

  it('writes kubeconfigs', async () => {
    expect(await plane.kubeconfig()).toContain('kubernetes-admin@playground');
    expect(await plane.kubeconfig({ name: 'bot', token: 't' })).toContain('token: t');
  });
});
