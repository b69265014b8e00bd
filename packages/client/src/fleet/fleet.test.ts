import { describe, expect, it } from 'vitest';
import { json, statusAnswer } from '../fakes/index.ts';
import { createFakeFleet, idOf } from '../testing/fleet.fixture.ts';

const configMap = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'ns', name },
  data: { a: '1' },
});

describe('a fleet', () => {
  it('has typed clients for our kinds, which are not asked for, and for any other, which are once', async () => {
    const { fleet, parent } = createFakeFleet(['east']);
    const [cluster] = (await fleet.parent.kind('ManagedCluster').list()).items;
    expect(cluster?.spec?.clusterId).toBe(idOf(0));
    const leases = fleet.parent.kind('coordination.k8s.io/v1/Lease');
    await leases.create({ ...configMap('a'), apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' });
    expect((await leases.get({ namespace: 'ns', name: 'a' }))['data']).toEqual({ a: '1' });
    await fleet.parent.kind('v1/ConfigMap').list(); // every Kubernetes has those
    expect(parent.takeLog()).toEqual([
      'GET /apis/clusters.clusternet.io/v1beta1/managedclusters',
      'GET /apis/coordination.k8s.io/v1',
      'POST /apis/coordination.k8s.io/v1/namespaces/ns/leases',
      'GET /apis/coordination.k8s.io/v1/namespaces/ns/leases/a',
      'GET /api/v1/configmaps',
    ]);
  });

  it('says who writes, unless the call does', async () => {
    const { fleet, parent } = createFakeFleet([], { fieldManager: 'me' });
    await fleet.parent.apply(configMap('a'));
    expect(parent.requests.at(-1)?.query.get('fieldManager')).toBe('me');
    await fleet.parent.apply(configMap('a'), { fieldManager: 'other', force: true });
    expect(parent.requests.at(-1)?.query.get('fieldManager')).toBe('other');
    await fleet.parent.kind('v1/ConfigMap').update(configMap('a'));
    expect(parent.requests.at(-1)?.query.get('fieldManager')).toBe('me');
  });

  it('gives all objects, page by page', async () => {
    const { fleet, parent } = createFakeFleet([]);
    for (const name of ['a', 'b', 'c']) await fleet.parent.apply(configMap(name));
    parent.takeLog();
    const names: (string | undefined)[] = [];
    for await (const { metadata } of fleet.parent.kind('v1/ConfigMap').items({ limit: 2 }))
      names.push(metadata.name);
    expect(names).toEqual(['a', 'b', 'c']);
    expect(parent.takeLog()).toHaveLength(2);
  });
});

describe('templates', () => {
  it('are reached with the same calls: objects elsewhere, discovery and our own kinds where they are', async () => {
    const { fleet, parent } = createFakeFleet(['east']);
    parent.intercept(({ path }) =>
      path.startsWith('/apis/shadow/') ? json(200, configMap('kept')) : undefined,
    );
    const template = await fleet.templates.kind('v1/ConfigMap').get({ namespace: 'ns', name: 'a' });
    expect(template.metadata.name).toBe('kept');
    await fleet.templates.kind('coordination.k8s.io/v1/Lease').get({ namespace: 'ns', name: 'a' });
    await fleet.templates.kind('ManagedCluster').list();
    expect(parent.takeLog()).toEqual([
      'GET /apis/shadow/v1alpha1/namespaces/ns/configmaps/a',
      'GET /apis/coordination.k8s.io/v1',
      'GET /apis/shadow/v1alpha1/namespaces/ns/leases/a',
      'GET /apis/clusters.clusternet.io/v1beta1/managedclusters',
    ]);
  });

  it('tells a template that is not there from a hub that has none', async () => {
    const { fleet, parent } = createFakeFleet([]);
    const read = () => fleet.templates.kind('v1/ConfigMap').get({ namespace: 'ns', name: 'a' });
    await expect(read()).rejects.toMatchObject({
      code: 'UNKNOWN_KIND',
      message: expect.stringMatching(/feature gate ShadowAPI/) as string,
    });
    parent.intercept(({ path }) =>
      path.startsWith('/apis/shadow/')
        ? json(404, { kind: 'Status', reason: 'NotFound', message: 'no a', details: { name: 'a' } })
        : undefined,
    );
    await expect(read()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a cluster of a fleet', () => {
  it('is found by name once, and by id without asking', async () => {
    const { fleet, parent, child } = createFakeFleet(['east', 'west']);
    const west = fleet.cluster('west').kind('v1/ConfigMap');
    await west.create(configMap('a'));
    expect(child('west').store.get('/api/v1/namespaces/ns/configmaps/a')).toBeDefined();
    expect(child('east').store.get('/api/v1/namespaces/ns/configmaps/a')).toBeUndefined();
    await west.list();
    const isLookUp = (line: string): boolean => line.endsWith('/managedclusters');
    expect(parent.takeLog().filter(isLookUp)).toHaveLength(1);
    await fleet.cluster(idOf(1)).kind('v1/ConfigMap').list();
    expect(parent.takeLog().filter(isLookUp)).toEqual([]);
  });

  it('is visited with a credential of its own, from the call or from the fleet', async () => {
    const { fleet, parent } = createFakeFleet(['east'], {
      credential: (id) => ({ token: `token of ${id}` }),
    });
    await fleet.cluster('east').kind('v1/ConfigMap').list();
    expect(parent.requests.at(-1)?.headers).toMatchObject({
      'impersonate-user': 'clusternet',
      'impersonate-extra-clusternet-token': `token of ${idOf(0)}`,
    });
    const as = { user: 'jane', groups: ['a', 'b'] };
    const own = fleet.cluster('east', { certPem: 'cert', keyPem: 'key', as });
    await own.kind('v1/ConfigMap').list();
    expect(parent.requests.at(-1)?.headers).toMatchObject({
      'impersonate-extra-clusternet-certificate': 'Y2VydA==',
      'impersonate-extra-clusternet-privatekey': 'a2V5',
      'impersonate-extra-clusternet-impersonate-user': 'jane',
      'impersonate-extra-clusternet-impersonate-group': ['a', 'b'],
    });
    const { server, getHeaders } = await own.getConnection();
    expect(server).toMatch(`/sockets/${idOf(0)}/proxy/direct`);
    expect(await getHeaders?.()).toMatchObject({ 'impersonate-user': 'clusternet' });
  });

  it('is not visited with a credential by who is somebody else already', async () => {
    const getHeaders = () => Promise.resolve({ 'impersonate-user': 'jane' });
    const { fleet } = createFakeFleet(['east'], { connection: { getHeaders } });
    const visit = fleet.cluster('east', { token: 't' }).kind('v1/ConfigMap').list();
    await expect(visit).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    await expect(fleet.cluster('east').kind('v1/ConfigMap').list()).resolves.toBeDefined();
  });

  it('is told apart from the way to it when something fails', async () => {
    const { fleet, offline, child } = createFakeFleet(['east']);
    const list = (name: string) => fleet.cluster(name).kind('v1/ConfigMap').list();
    await expect(list('north')).rejects.toMatchObject({ code: 'UNKNOWN_CLUSTER' });
    await expect(list(idOf(9))).rejects.toMatchObject({ code: 'UNKNOWN_CLUSTER', hop: 'hub behind parent' });
    offline.add(idOf(0));
    await expect(list('east')).rejects.toMatchObject({
      code: 'CLUSTER_OFFLINE',
      hop: 'hub behind parent',
      message: expect.stringMatching(
        /^cluster east is offline: the hub behind parent has no tunnel/,
      ) as string,
    });
    offline.clear();
    child('east').intercept(() => statusAnswer(403, 'Forbidden', 'configmaps is forbidden'));
    await expect(list('east')).rejects.toMatchObject({
      code: 'FORBIDDEN',
      hop: 'cluster east through parent',
    });
  });

  it('is looked up again once its id is not known any more', async () => {
    const { fleet, reregister } = createFakeFleet(['east']);
    const maps = fleet.cluster('east').kind('v1/ConfigMap');
    await maps.list();
    reregister('east', idOf(7));
    await expect(maps.list()).rejects.toMatchObject({ code: 'UNKNOWN_CLUSTER' });
    await expect(maps.list()).resolves.toBeDefined();
  });
});
