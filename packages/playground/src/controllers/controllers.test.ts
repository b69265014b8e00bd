import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectAt, objectsAt, textAt } from '../built-in/fields.ts';
import { startControlPlane } from '../control-plane/start-control-plane.ts';
import type { ControlPlane } from '../control-plane/start-control-plane.ts';
import { createTestHttp, eventually } from '../testing/plane-http.fixture.ts';
import type { TestHttp } from '../testing/plane-http.fixture.ts';
import type { JsonObject } from '@clusternet/kube-data';

const PODS = '/api/v1/namespaces/default/pods';
const APPS = '/apis/apps/v1/namespaces/default';

describe('the controllers of a control plane', () => {
  let plane: ControlPlane;
  let http: TestHttp;

  beforeAll(async () => {
    plane = await startControlPlane();
    http = await createTestHttp(plane);
  });

  afterAll(() => plane[Symbol.asyncDispose]());

  const list = async (path: string): Promise<JsonObject[]> => objectsAt(await http.get(path), 'items');
  const nameOf = (object: unknown): string => textAt(objectAt(object, 'metadata'), 'name');
  const podsOf = (app: string): Promise<JsonObject[]> => list(`${PODS}?labelSelector=app%3D${app}`);
  const template = (app: string, image = 'i:1') => ({
    metadata: { labels: { app } },
    spec: { containers: [{ name: 'c', image, ports: [{ containerPort: 80 }] }] },
  });
  const workload = (kind: string, app: string, spec: object = {}) =>
    http.post(`${APPS}/${kind}`, {
      metadata: { name: app },
      spec: { selector: { matchLabels: { app } }, template: template(app), ...spec },
    });
  const makeReady = (pod: JsonObject) =>
    http.call(`${PODS}/${nameOf(pod)}/status`, {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: {
        status: { phase: 'Running', podIP: '10.0.0.9', conditions: [{ type: 'Ready', status: 'True' }] },
      },
    });
  const count = async (path: string, wanted: number) =>
    eventually(async () => ((await list(path)).length === wanted ? true : undefined));

  it('roll a deployment out, never below what has to be available', async () => {
    await workload('deployments', 'web', { replicas: 2 });
    await count(`${PODS}?labelSelector=app%3Dweb`, 2);
    for (const pod of await podsOf('web')) await makeReady(pod);
    await eventually(async () => {
      const status = objectAt(await http.get(`${APPS}/deployments/web`), 'status');
      return status?.['availableReplicas'] === 2 ? true : undefined;
    });
    const change = { spec: { template: template('web', 'i:2') } };
    await http.call(`${APPS}/deployments/web`, {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: change,
    });
    await eventually(async () => {
      for (const pod of await podsOf('web')) {
        const isReady = objectsAt(objectAt(pod, 'status'), 'conditions').length > 0;
        if (!isReady) await makeReady(pod);
      }
      const found = await http.get(`${APPS}/deployments/web`);
      const status = objectAt(found, 'status');
      const progress = objectsAt(status, 'conditions').find((item) => item['type'] === 'Progressing');
      expect(Number(status?.['availableReplicas'] ?? 0)).toBeGreaterThanOrEqual(2);
      return status?.['updatedReplicas'] === 2 && progress?.['reason'] === 'NewReplicaSetAvailable'
        ? true
        : undefined;
    });
    expect(await list(`${APPS}/replicasets?labelSelector=app%3Dweb`)).toHaveLength(2);
  });

  it('collect what belongs to what is gone', async () => {
    await workload('deployments', 'gone', { replicas: 1 });
    await count(`${PODS}?labelSelector=app%3Dgone`, 1);
    await http.call(`${APPS}/deployments/gone`, { method: 'DELETE' });
    await count(`${PODS}?labelSelector=app%3Dgone`, 0);
    await count(`${APPS}/replicasets?labelSelector=app%3Dgone`, 0);
  });

  it('wait for dependents in the foreground, and let go of them when told', async () => {
    await workload('replicasets', 'fore', { replicas: 1 });
    await count(`${PODS}?labelSelector=app%3Dfore`, 1);
    const [pod] = await podsOf('fore');
    const hold = { metadata: { finalizers: ['example.com/hold'] } };
    const patch = (body: unknown) =>
      http.call(`${PODS}/${nameOf(pod)}`, {
        method: 'PATCH',
        contentType: 'application/merge-patch+json',
        body,
      });
    await patch(hold);
    await http.call(`${APPS}/replicasets/fore?propagationPolicy=Foreground`, { method: 'DELETE' });
    await eventually(async () =>
      textAt(objectAt((await podsOf('fore'))[0], 'metadata'), 'deletionTimestamp') === '' ? undefined : true,
    );
    expect((await http.call(`${APPS}/replicasets/fore`)).code).toBe(200);
    await patch({ metadata: { finalizers: null } });
    await eventually(async () =>
      (await http.call(`${APPS}/replicasets/fore`)).code === 404 ? true : undefined,
    );

    await workload('replicasets', 'orphan', { replicas: 1 });
    await count(`${PODS}?labelSelector=app%3Dorphan`, 1);
    await http.call(`${APPS}/replicasets/orphan?propagationPolicy=Orphan`, { method: 'DELETE' });
    await eventually(async () =>
      (await http.call(`${APPS}/replicasets/orphan`)).code === 404 ? true : undefined,
    );
    const [left] = await podsOf('orphan');
    expect(objectAt(left, 'metadata')?.['ownerReferences']).toBeUndefined();
  });

  it('number the pods of a stateful set, one after the other', async () => {
    await workload('statefulsets', 'db', { replicas: 2, serviceName: 'db' });
    await count(`${PODS}?labelSelector=app%3Ddb`, 1);
    const [first] = await podsOf('db');
    expect(nameOf(first)).toBe('db-0');
    await makeReady(first ?? {});
    await count(`${PODS}?labelSelector=app%3Ddb`, 2);
  });

  it('place a daemon set on every node', async () => {
    for (const name of ['n1', 'n2']) await http.post('/api/v1/nodes', { metadata: { name } });
    await workload('daemonsets', 'agent');
    await count(`${PODS}?labelSelector=app%3Dagent`, 2);
    expect((await podsOf('agent')).map((pod) => textAt(objectAt(pod, 'spec'), 'nodeName')).sort()).toEqual([
      'n1',
      'n2',
    ]);
  });

  it('finish a job', async () => {
    await http.post('/apis/batch/v1/namespaces/default/jobs', {
      metadata: { name: 'once' },
      spec: {
        completions: 2,
        template: {
          metadata: { labels: { app: 'once' } },
          spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i:1' }] },
        },
      },
    });
    await eventually(async () => {
      for (const pod of await podsOf('once')) {
        const body = { status: { phase: 'Succeeded' } };
        await http.call(`${PODS}/${nameOf(pod)}/status`, {
          method: 'PATCH',
          contentType: 'application/merge-patch+json',
          body,
        });
      }
      const status = objectAt(await http.get('/apis/batch/v1/namespaces/default/jobs/once'), 'status');
      return objectsAt(status, 'conditions').some((item) => item['type'] === 'Complete') ? true : undefined;
    });
  });

  it('list the pods behind a service', async () => {
    await workload('replicasets', 'svc', { replicas: 1 });
    await http.post('/api/v1/namespaces/default/services', {
      metadata: { name: 'svc' },
      spec: { selector: { app: 'svc' }, ports: [{ port: 8080, targetPort: 80 }] },
    });
    await count(`${PODS}?labelSelector=app%3Dsvc`, 1);
    for (const pod of await podsOf('svc')) await makeReady(pod);
    const subset = await eventually(
      async () => objectsAt(await http.get('/api/v1/namespaces/default/endpoints/svc'), 'subsets')[0],
    );
    expect(subset).toMatchObject({ ports: [{ port: 80, protocol: 'TCP' }] });
    const slices = await list(
      '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dsvc',
    );
    expect(slices).toHaveLength(1);
  });

  it('empty a namespace before it goes', async () => {
    await http.post('/api/v1/namespaces', { metadata: { name: 'away' } });
    await eventually(async () =>
      (await http.call('/api/v1/namespaces/away/serviceaccounts/default')).code === 200 ? true : undefined,
    );
    await http.post('/api/v1/namespaces/away/configmaps', {
      metadata: { name: 'x', finalizers: ['example.com/hold'] },
    });
    expect((await http.call('/api/v1/namespaces/away', { method: 'DELETE' })).body['status']).toEqual({
      phase: 'Terminating',
    });
    expect(
      (await http.post('/api/v1/namespaces/away/configmaps', { metadata: { name: 'y' } })).body,
    ).toMatchObject({
      code: 403,
      message: expect.stringContaining('because it is being terminated'),
    });
    const off = {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { metadata: { finalizers: null } },
    };
    await http.call('/api/v1/namespaces/away/configmaps/x', off);
    await eventually(async () =>
      (await http.call('/api/v1/namespaces/away')).code === 404 ? true : undefined,
    );
  });
});
