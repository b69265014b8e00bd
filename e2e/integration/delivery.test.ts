import { API_VERSIONS } from '@clusternet/api-types';
import type { Description } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import type { ResourceClient } from '@clusternet/client';
import { findCondition } from '@clusternet/controller-kit';
import type { KubeObject } from '@clusternet/kube-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyToParent } from '../harness/application.ts';
import { eventually } from '../harness/eventually.ts';
import { freePorts } from '../harness/ports.ts';
import { addCluster, encode, kindsOf, startControllers, startParent, startTestPlane } from './parent.ts';
import type { ParentKinds, RunningHub, TestPlane } from './parent.ts';

describe('delivery', () => {
  const stack = new AsyncDisposableStack();
  let parent: TestPlane;
  let child: TestPlane;
  let hub: RunningHub;
  let kinds: ParentKinds;
  let inChild: ResourceClient;
  let namespace: string;
  beforeAll(async () => {
    parent = stack.use(await startParent());
    child = stack.use(await startTestPlane('child'));
    kinds = kindsOf(parent.client);
    inChild = child.client.resource({
      group: '',
      version: 'v1',
      plural: 'configmaps',
      kind: 'ConfigMap',
      namespaced: true,
    });
    hub = await startControllers(parent);
    stack.defer(() => hub[Symbol.asyncDispose]());
    namespace = await addCluster(parent.client, { name: 'east', url: child.gateway.url });
  });
  afterAll(() => stack.disposeAsync());

  const subscribe = async (name: string, cluster: string): Promise<void> => {
    const metadata = { name, namespace: 'default' };
    await applyToParent(parent.client, [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { of: name } },
    ]);
    await kinds.subscriptions.create({
      apiVersion: API_VERSIONS.apps,
      kind: 'Subscription',
      metadata,
      spec: {
        subscribers: [{ clusterAffinity: { matchLabels: { cluster } } }],
        feeds: [{ apiVersion: 'v1', kind: 'ConfigMap', ...metadata }],
      },
    });
  };
  const ready = (name: string) =>
    eventually(`${name} to be delivered`, async () => {
      const { status } = await kinds.subscriptions.get({ namespace: 'default', name });
      if (findCondition(status?.conditions, 'Ready')?.status === 'True') return status;
      throw new Error(JSON.stringify(status?.conditions));
    });
  const isGone = (resource: ResourceClient, name: string, of: string) =>
    eventually(`${name} to be gone`, () =>
      resource.get({ namespace: of, name }).then(
        () => false,
        (error: unknown) => isApiError(error, 'NOT_FOUND'),
      ),
    );
  const only = async <T extends KubeObject>(resource: ResourceClient<T>, of = namespace): Promise<T> => {
    const { items } = await resource.list({ namespace: of });
    expect(items.map(({ metadata }) => metadata.name)).toHaveLength(1);
    return items[0]!;
  };
  const comesBack = async <T extends KubeObject>(resource: ResourceClient<T>): Promise<void> => {
    const { name = '', uid } = (await only(resource)).metadata;
    await resource.delete({ namespace, name });
    await eventually(`${name} to come back`, async () => {
      const again = await resource.get({ namespace, name });
      return again.metadata.uid !== uid && again.metadata.deletionTimestamp === undefined;
    });
    await ready('app');
    expect(await inChild.get({ namespace: 'default', name: 'app' })).toMatchObject({ data: { of: 'app' } });
  };
  const waiting = (cluster: string, reason: string): Promise<Description> =>
    eventually(`a Description of ${cluster} to say ${reason}`, async () => {
      const { items } = await kinds.descriptions.list({ namespace: `clusternet-${cluster}` });
      return items.find(({ status }) => findCondition(status?.conditions, 'Ready')?.reason === reason);
    });

  it('brings a feed to a cluster', async () => {
    await subscribe('app', 'east');
    expect(await ready('app')).toMatchObject({ completedReleases: 1, desiredReleases: 1 });
    expect(await inChild.get({ namespace: 'default', name: 'app' })).toMatchObject({ data: { of: 'app' } });
  });

  it('C §10 BUG-1: a Description that was deleted by hand comes back', () => comesBack(kinds.descriptions));

  it('a Base that was deleted by hand comes back', () => comesBack(kinds.bases));

  it('costs nothing to restart in sync: lists and watches, no other read and no write', async () => {
    await hub[Symbol.asyncDispose]();
    parent.gateway.clear();
    child.gateway.clear();
    hub = await startControllers(parent);
    const controllers = ['scheduler', 'clusterlifecycle', 'subscription', 'base', 'push', 'aggregatestatus'];
    await eventually('every controller to have looked', () =>
      controllers.every((name) => (hub.reconciled.get(name) ?? 0) > 0),
    );
    expect(child.gateway.seen).toEqual([]);
    const ofCollections = /^\/apis?(\/[a-z0-9.-]+){1,2}(\/namespaces\/clusternet-reserved)?\/[a-z]+$/;
    const others = parent.gateway.seen.filter(
      ({ method, path }) => method !== 'GET' || !ofCollections.test(path),
    );
    expect(others).toEqual([]);
    expect(parent.gateway.seen.length).toBeGreaterThan(0);
  });

  it('loses nothing when a Subscription is deleted while its child cannot be reached', async () => {
    const [closed = 0] = await freePorts(1);
    const secret = { namespace, name: 'child-cluster-deployer' };
    const moveTo = (url: string) =>
      kinds.secrets.patch(secret, 'merge', { data: { 'apiserver-advertise-url': encode(url) } });
    await moveTo(`http://127.0.0.1:${closed}`);
    const base = await only(kinds.bases);
    await kinds.subscriptions.delete({ namespace: 'default', name: 'app' });
    const held = await waiting('east', 'ClusterUnreachable');
    expect(held.metadata.deletionTimestamp).toBeDefined();
    expect(held.status?.reason).toContain('child cluster east');
    expect((await only(kinds.bases)).metadata.uid).toBe(base.metadata.uid);
    await kinds.subscriptions.get({ namespace: 'default', name: 'app' });
    await inChild.get({ namespace: 'default', name: 'app' });

    await moveTo(child.gateway.url);
    await isGone(inChild, 'app', 'default');
    await isGone(kinds.subscriptions, 'app', 'default');
    expect((await kinds.bases.list({ namespace })).items).toEqual([]);
  });

  it('says that the tunnel of a cluster is not connected', async () => {
    await addCluster(parent.client, { name: 'tunnelled', useSocket: true, url: child.gateway.url });
    await subscribe('tunnelled', 'tunnelled');
    const { status } = await waiting('tunnelled', 'ClusterUnreachable');
    expect(status?.reason).toBe('the tunnel of cluster tunnelled is not connected');
    await eventually('the Subscription to say so', async () => {
      const { status: of } = await kinds.subscriptions.get({ namespace: 'default', name: 'tunnelled' });
      return findCondition(of?.conditions, 'Reconciling')?.message?.includes('tunnel of cluster tunnelled');
    });
  });

  it('says that a Push cluster does not let the parent deploy', async () => {
    await addCluster(parent.client, { name: 'refusing', appPusher: false, url: child.gateway.url });
    await subscribe('refusing', 'refusing');
    const { status } = await waiting('refusing', 'AppPusherDisabled');
    expect(status?.reason).toContain('cluster refusing has sync mode Push');
  });

  it('A §11.1-22: says that a cluster has not sent its credential, an empty one included', async () => {
    await addCluster(parent.client, { name: 'silent' });
    await subscribe('silent', 'silent');
    const { status } = await waiting('silent', 'CredentialMissing');
    expect(status?.reason).toContain('Secret clusternet-silent/child-cluster-deployer');
    await kinds.secrets.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: 'clusternet-silent', name: 'child-cluster-deployer' },
      data: { token: '', 'apiserver-advertise-url': encode(child.gateway.url) },
    });
    await waiting('silent', 'CredentialMissing');
    const body = { data: { token: encode('token') } };
    await kinds.secrets.patch(
      { namespace: 'clusternet-silent', name: 'child-cluster-deployer' },
      'merge',
      body,
    );
    await ready('silent');
  });

  it('A §11.3-46: lets the credential of a child go when nothing needs it any more', async () => {
    const metadata = { finalizers: ['apps.clusternet.io/finalizer'] };
    const secret = { namespace: 'clusternet-silent', name: 'child-cluster-deployer' };
    await kinds.secrets.patch(secret, 'merge', { metadata });
    await kinds.secrets.delete(secret);
    expect((await kinds.secrets.get(secret)).metadata.finalizers).toEqual(metadata.finalizers);
    await kinds.subscriptions.delete({ namespace: 'default', name: 'silent' });
    await isGone(kinds.secrets, secret.name, secret.namespace);
    await isGone(inChild, 'silent', 'default');
  });
});
