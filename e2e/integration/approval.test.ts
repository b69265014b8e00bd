import { randomUUID } from 'node:crypto';
import { API_VERSIONS } from '@clusternet/api-types';
import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { findCondition } from '@clusternet/controller-kit';
import type { FaultRequest } from '@clusternet/playground';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { kindsOf, startControllers, startParent } from './parent.ts';
import type { ParentKinds, TestPlane } from './parent.ts';

describe('approval', () => {
  const stack = new AsyncDisposableStack();
  let parent: TestPlane;
  let kinds: ParentKinds;
  beforeAll(async () => {
    parent = stack.use(await startParent());
    kinds = kindsOf(parent.client);
    stack.use(await startControllers(parent));
  });
  afterEach(() => {
    parent.gateway.intercept(undefined);
    parent.plane.faults.clear();
  });
  afterAll(() => stack.disposeAsync());

  type Spec = Partial<NonNullable<ClusterRegistrationRequest['spec']>>;
  const ask = (id: string, spec: Spec = {}) =>
    kinds.requests.create({
      apiVersion: API_VERSIONS.clusters,
      kind: 'ClusterRegistrationRequest',
      metadata: { name: `clusternet-${id}` },
      spec: { clusterId: id, clusterName: `c-${id.slice(0, 8)}`, ...spec },
    });
  const settled = (id: string, result: string) =>
    eventually(`the request to be ${result}`, async () => {
      const { status } = await kinds.requests.get({ name: `clusternet-${id}` });
      if (status?.result === result) return status;
      throw new Error(JSON.stringify(status));
    });
  const made = async (id: string) => {
    const labelSelector = `clusternet.io/created-by=clusternet-agent,clusters.clusternet.io/cluster-id=${id}`;
    const lists = await Promise.all(
      [kinds.namespaces, kinds.clusters, kinds.serviceAccounts].map((kind) => kind.list({ labelSelector })),
    );
    return lists.map(({ items }) => items.length);
  };

  it('A §11.1-4, -6, -7: interrupted at every write, finds what it made and makes nothing twice', async () => {
    const id = randomUUID();
    const lost = new Set<string>();
    const isFirstWrite = ({ method, path, user }: FaultRequest): boolean => {
      if (user !== 'gateway' || method !== 'POST' || path.endsWith('/events')) return false;
      if (lost.has(path)) return false;
      lost.add(path);
      return true;
    };
    parent.plane.faults.set({ requests: [{ match: isFirstWrite, fail: { kind: 'cut', when: 'after' } }] });
    await ask(id);
    const { dedicatedNamespace, token, caCertificate } = await settled(id, 'Approved');
    expect(lost.size).toBeGreaterThanOrEqual(8);
    expect(await made(id)).toEqual([1, 1, 1]);
    expect(dedicatedNamespace).toMatch(/^clusternet-/);
    expect(Buffer.from(token!, 'base64').toString()).toMatch(/^ey/);
    expect(Buffer.from(caCertificate!, 'base64').toString()).toContain('BEGIN CERTIFICATE');
  });

  it('A §11.1-8: a denied request that is corrected gets approved', async () => {
    const id = randomUUID();
    await ask(id, { clusterId: randomUUID() });
    const denied = await settled(id, 'Denied');
    expect(denied.errorMessage).toContain('it must be named');
    expect(findCondition(denied.conditions, 'Stalled')).toMatchObject({ status: 'True', reason: 'Denied' });
    expect(await made(id)).toEqual([0, 0, 0]);
    await kinds.requests.patch({ name: `clusternet-${id}` }, 'merge', { spec: { clusterId: id } });
    const approved = await settled(id, 'Approved');
    expect(findCondition(approved.conditions, 'Ready')?.status).toBe('True');
  });

  it('A §11.1-11: a namespace that exists unlabelled fails with a sentence, and labelling it is enough', async () => {
    const id = randomUUID();
    await kinds.namespaces.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'taken' } });
    await ask(id, { clusterNamespace: 'taken' });
    const { errorMessage } = await settled(id, 'Failed');
    expect(errorMessage).toBe(
      `the namespace taken exists and is not labelled for cluster ${id}; label it or ask for another`,
    );
    const labels = {
      'clusternet.io/created-by': 'clusternet-agent',
      'clusters.clusternet.io/cluster-id': id,
    };
    await kinds.namespaces.patch({ name: 'taken' }, 'merge', { metadata: { labels } });
    expect((await settled(id, 'Approved')).dedicatedNamespace).toBe('taken');
  });

  it('A §11.1-5: a token that is slow to appear is waited for, which the request says', async () => {
    const id = randomUUID();
    const withoutData = (body: string): string => {
      const { data: _data, ...rest } = JSON.parse(body) as Record<string, unknown>;
      return JSON.stringify(rest);
    };
    parent.gateway.intercept(({ method, path }) =>
      method === 'GET' && /\/secrets\/clusternet-/.test(path) ? withoutData : undefined,
    );
    await ask(id);
    await eventually('the request to wait', async () => {
      const { status } = await kinds.requests.get({ name: `clusternet-${id}` });
      expect(status?.result).toBeUndefined();
      return findCondition(status?.conditions, 'Reconciling')?.reason === 'TokenPending';
    });
    parent.gateway.intercept(undefined);
    await settled(id, 'Approved');
    expect(await made(id)).toEqual([1, 1, 1]);
  });
});
