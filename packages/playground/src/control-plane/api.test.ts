import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectAt, objectsAt, textAt } from '../built-in/fields.ts';
import { createTestHttp, eventually } from '../testing/plane-http.fixture.ts';
import type { TestHttp } from '../testing/plane-http.fixture.ts';
import { readWatch } from '../testing/read-watch.fixture.ts';
import { startControlPlane } from './start-control-plane.ts';
import type { ControlPlane } from './start-control-plane.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';

function configMap(name: string, data: Record<string, string> = {}, metadata: Record<string, unknown> = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

describe('the API of a control plane', () => {
  let plane: ControlPlane;
  let http: TestHttp;

  beforeAll(async () => {
    plane = await startControlPlane({ historyLimit: 64 });
    http = await createTestHttp(plane);
  });

  afterAll(() => plane[Symbol.asyncDispose]());

  it('creates, and says so when the name is taken or made up', async () => {
    const { code, body } = await http.post(MAPS, configMap('once', { a: '1' }));
    expect([code, objectAt(body, 'metadata')]).toMatchObject([
      201,
      { name: 'once', namespace: 'default', uid: expect.any(String) },
    ]);
    expect((await http.post(MAPS, configMap('once'))).body).toMatchObject({
      reason: 'AlreadyExists',
      code: 409,
      message: 'configmaps "once" already exists',
      details: { name: 'once', kind: 'configmaps' },
    });
    const made = await http.post(MAPS, { metadata: { generateName: 'gen-' } });
    expect(textAt(objectAt(made.body, 'metadata'), 'name')).toMatch(/^gen-[a-z0-9]{5}$/);
  });

  it('answers in the words of kube-apiserver', async () => {
    expect(await http.get(`${MAPS}/none`)).toMatchObject({
      reason: 'NotFound',
      message: 'configmaps "none" not found',
    });
    expect((await http.post(MAPS, configMap('BAD'))).body).toMatchObject({
      reason: 'Invalid',
      code: 422,
      details: { causes: [{ reason: 'FieldValueInvalid', field: 'metadata.name' }] },
    });
    expect((await http.post('/api/v1/namespaces/none/configmaps', configMap('x'))).body).toMatchObject({
      reason: 'NotFound',
      message: 'namespaces "none" not found',
    });
    expect((await http.call(MAPS, { method: 'POST', body: 'x', contentType: 'text/plain' })).code).toBe(415);
    expect((await http.call(MAPS, { headers: { accept: 'application/vnd.kubernetes.protobuf' } })).code).toBe(
      406,
    );
  });

  it('guards updates by resource version, and leaves it alone when nothing changes', async () => {
    const { body } = await http.post(MAPS, configMap('guarded', { a: '1' }));
    const version = textAt(objectAt(body, 'metadata'), 'resourceVersion');
    const put = (data: Record<string, string>, resourceVersion: string) =>
      http.call(`${MAPS}/guarded`, { method: 'PUT', body: configMap('guarded', data, { resourceVersion }) });
    const changed = await put({ a: '2' }, version);
    expect(changed.code).toBe(200);
    expect((await put({ a: '3' }, version)).body).toMatchObject({
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on configmaps "guarded": the object has been modified; please apply your changes to the latest version and try again',
    });
    const now = textAt(objectAt(changed.body, 'metadata'), 'resourceVersion');
    expect(textAt(objectAt((await put({ a: '2' }, now)).body, 'metadata'), 'resourceVersion')).toBe(now);
  });

  it.each([
    ['application/merge-patch+json', { data: { a: null, b: '2' } }, { b: '2' }],
    ['application/json-patch+json', [{ op: 'replace', path: '/data/a', value: '3' }], { a: '3' }],
    ['application/strategic-merge-patch+json', { data: { b: '4' } }, { a: '1', b: '4' }],
    ['application/apply-patch+yaml', configMap('patched', { c: '5' }), { a: '1', c: '5' }],
  ])('patches by %s', async (contentType, body, want) => {
    await http.post(MAPS, configMap('patched', { a: '1' }));
    const answer = await http.call(`${MAPS}/patched?fieldManager=test`, {
      method: 'PATCH',
      body,
      contentType,
    });
    expect([answer.code, answer.body['data']]).toEqual([200, want]);
    await http.call(`${MAPS}/patched`, { method: 'DELETE' });
  });

  it('keeps to dryRun and fieldValidation', async () => {
    expect((await http.post(`${MAPS}?dryRun=All`, configMap('dry'))).code).toBe(201);
    expect((await http.call(`${MAPS}/dry`)).code).toBe(404);
    const odd = { ...configMap('odd'), extra: 1 };
    expect((await http.post(`${MAPS}?fieldValidation=Strict`, odd)).body).toMatchObject({
      message: expect.stringContaining('strict decoding error: unknown field "extra"'),
    });
    const { headers } = await http.post(`${MAPS}?fieldValidation=Warn`, odd);
    expect(headers['warning']).toBe('299 - "unknown field \\"extra\\""');
  });

  it('pages lists at one moment, and selects', async () => {
    for (const name of ['p1', 'p2', 'p3']) {
      await http.post(MAPS, configMap(name, {}, { labels: { page: name === 'p3' ? 'last' : 'first' } }));
    }
    const first = await http.get(`${MAPS}?limit=2&labelSelector=page`);
    const token = textAt(objectAt(first, 'metadata'), 'continue');
    expect(objectsAt(first, 'items').map((item) => textAt(objectAt(item, 'metadata'), 'name'))).toEqual([
      'p1',
      'p2',
    ]);
    await http.post(MAPS, configMap('p2b', {}, { labels: { page: 'late' } }));
    const rest = await http.get(`${MAPS}?limit=2&labelSelector=page&continue=${token}`);
    expect(objectsAt(rest, 'items').map((item) => textAt(objectAt(item, 'metadata'), 'name'))).toEqual([
      'p3',
    ]);
    const selected = await http.get(`${MAPS}?labelSelector=page%20in%20(last)`);
    expect(objectsAt(selected, 'items')).toHaveLength(1);
    expect(objectsAt(await http.get(`${MAPS}?fieldSelector=metadata.name%3Dp1`), 'items')).toHaveLength(1);
    expect((await http.call(`${MAPS}?fieldSelector=data.a%3D1`)).code).toBe(400);
  });

  it('shows tables and bare metadata', async () => {
    await http.post(MAPS, configMap('shown', { a: '1', b: '2' }));
    const table = await http.call(`${MAPS}/shown`, {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    });
    expect(objectsAt(table.body, 'rows')[0]?.['cells']).toEqual([
      'shown',
      2,
      expect.stringMatching(/^\d+s$/),
    ]);
    const meta = await http.call(`${MAPS}/shown`, {
      headers: { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' },
    });
    expect(meta.body).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'shown' } });
    expect(meta.body['data']).toBeUndefined();
  });

  it('watches from a resource version, in and out of a selection', async () => {
    const { body } = await http.post(MAPS, configMap('seen', {}, { labels: { watch: 'yes' } }));
    const version = textAt(objectAt(body, 'metadata'), 'resourceVersion');
    await using watch = await readWatch(
      http,
      `${MAPS}?watch=1&labelSelector=watch%3Dyes&resourceVersion=${String(Number(version) - 1)}`,
    );
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'seen' } } });
    const patch = (labels: Record<string, string>) =>
      http.call(`${MAPS}/seen`, {
        method: 'PATCH',
        contentType: 'application/merge-patch+json',
        body: { metadata: { labels } },
      });
    await patch({ more: '1' });
    expect(await watch.next()).toMatchObject({ type: 'MODIFIED' });
    await patch({ watch: 'no' });
    expect(await watch.next()).toMatchObject({
      type: 'DELETED',
      object: { metadata: { labels: { watch: 'yes' } } },
    });
    await patch({ watch: 'yes' });
    expect(await watch.next()).toMatchObject({ type: 'ADDED' });
  });

  it('sends the state first when a watch asks for it, and marks its end', async () => {
    const path = `${MAPS}?watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&fieldSelector=metadata.name%3Dkube-root-ca.crt`;
    await using watch = await readWatch(http, path);
    expect(await watch.next()).toMatchObject({
      type: 'ADDED',
      object: { metadata: { name: 'kube-root-ca.crt' } },
    });
    expect(await watch.next()).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'ConfigMap', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
  });

  it('gives 410 for what is forgotten', async () => {
    const { body } = await http.post(MAPS, configMap('old'));
    const version = textAt(objectAt(body, 'metadata'), 'resourceVersion');
    await http.post(MAPS, configMap('new'));
    plane.compact();
    await using watch = await readWatch(http, `${MAPS}?watch=1&resourceVersion=${version}`);
    expect(await watch.next()).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
  });

  it('lets finalizers hold a deletion', async () => {
    await http.post(MAPS, configMap('held', {}, { finalizers: ['example.com/hold'] }));
    expect((await http.call(`${MAPS}/held`, { method: 'DELETE' })).body).toMatchObject({
      kind: 'ConfigMap',
      metadata: { deletionTimestamp: expect.any(String), deletionGracePeriodSeconds: 0 },
    });
    const off = {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { metadata: { finalizers: null } },
    };
    expect((await http.call(`${MAPS}/held`, off)).code).toBe(200);
    expect((await http.call(`${MAPS}/held`)).code).toBe(404);
  });

  it('checks preconditions of a deletion', async () => {
    await http.post(MAPS, configMap('precious'));
    const wrong = { method: 'DELETE', body: { preconditions: { uid: 'other' } } };
    expect((await http.call(`${MAPS}/precious`, wrong)).body).toMatchObject({
      reason: 'Conflict',
      message: expect.stringContaining('the UID in the precondition (other)'),
    });
  });

  it('counts against quotas', async () => {
    await http.post('/api/v1/namespaces', { metadata: { name: 'few' } });
    const few = '/api/v1/namespaces/few';
    await eventually(async () =>
      (await http.call(`${few}/configmaps/kube-root-ca.crt`)).code === 200 ? true : undefined,
    );
    await http.post(`${few}/resourcequotas`, {
      metadata: { name: 'q' },
      spec: { hard: { 'count/configmaps': '2' } },
    });
    expect((await http.post(`${few}/configmaps`, configMap('one'))).code).toBe(201);
    expect((await http.post(`${few}/configmaps`, configMap('two'))).body['message']).toBe(
      'configmaps "two" is forbidden: exceeded quota: q, requested: count/configmaps=1, used: count/configmaps=2, limited: count/configmaps=2',
    );
  });

  it('scales through its subresource', async () => {
    const template = {
      metadata: { labels: { app: 's' } },
      spec: { containers: [{ name: 'c', image: 'i:1' }] },
    };
    const spec = { replicas: 1, selector: { matchLabels: { app: 's' } }, template };
    await http.post('/apis/apps/v1/namespaces/default/deployments', { metadata: { name: 's' }, spec });
    const path = '/apis/apps/v1/namespaces/default/deployments/s';
    const scaled = await http.call(`${path}/scale`, {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { spec: { replicas: 3 } },
    });
    expect(scaled.body).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 3 },
      status: { selector: 'app=s' },
    });
    expect(await http.get(path)).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 3 } });
  });

  it('describes itself: health, version, discovery, OpenAPI', async () => {
    expect((await http.call('/readyz?verbose')).text).toContain('readyz check passed');
    expect(await http.get('/version')).toMatchObject({
      major: '1',
      gitVersion: expect.stringMatching(/^v1\./),
    });
    const { body } = await http.call('/apis', {
      headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' },
    });
    expect(body).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' });
    const list = await http.get('/apis/apps/v1');
    expect(objectsAt(list, 'resources').map((item) => item['name'])).toContain('deployments/scale');
    const paths = objectAt(await http.get('/openapi/v3'), 'paths');
    expect(textAt(objectAt(paths, 'apis/apps/v1'), 'serverRelativeURL')).toMatch(
      /^\/openapi\/v3\/apis\/apps\/v1\?hash=/,
    );
    const document = await http.get('/openapi/v3/apis/apps/v1');
    expect(objectAt(objectAt(document, 'components'), 'schemas')).toHaveProperty([
      'io.k8s.api.apps.v1.Deployment',
    ]);
  });
});
