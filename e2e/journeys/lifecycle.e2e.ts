import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { ManagedCluster } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import { findCondition } from '@clusternet/controller-kit';
import type { Condition, KubeObject } from '@clusternet/kube-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyToParent, exampleApplication } from '../harness/application.ts';
import { applyObjects } from '../harness/apply-files.ts';
import { describeDelivery } from '../harness/describe-delivery.ts';
import { eventually } from '../harness/eventually.ts';
import { startFleet } from '../harness/fleet.ts';
import type { Fleet } from '../harness/fleet.ts';
import { clustersOf, joinChild } from '../harness/join-child.ts';
import type { ChildSpec, FleetChild } from '../harness/join-child.ts';
import { core, deployments, on, subscriptions } from '../harness/journey.ts';
import { approveRequest, joinLate, requestName, requestOf, requestsOf } from '../harness/late-child.ts';
import type { Plane } from '../harness/plane.ts';
import { startHub } from '../harness/start-hub.ts';
import { startPlane } from '../harness/start-plane.ts';

const LABELS = { env: 'demo', region: 'eu' };
const ONE: ChildSpec = { name: 'one', syncMode: 'Push', isAppPusherEnabled: true, labels: LABELS };
const TWO: ChildSpec = { name: 'two', syncMode: 'Pull', isAppPusherEnabled: false, labels: { env: 'none' } };

const isGone = (get: Promise<unknown>): Promise<boolean> =>
  get.then(() => false).catch((error: unknown) => isApiError(error, 'NOT_FOUND'));

/** A Subscription that brings `settings` to every cluster, and that initialises them. */
function initSubscription(): KubeObject[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'default', name: 'settings' },
      data: { ready: 'yes' },
    },
    {
      apiVersion: 'apps.clusternet.io/v1alpha1',
      kind: 'Subscription',
      metadata: {
        namespace: 'default',
        name: 'init',
        annotations: { 'apps.clusternet.io/is-default-cluster-init': 'true' },
      },
      spec: {
        subscribers: [{ clusterAffinity: {} }],
        clusterTolerations: [{ key: 'clusters.clusternet.io/initialization', operator: 'Exists' }],
        feeds: [{ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'settings' }],
      },
    },
  ];
}

describe(`clusters that join, live and leave, on ${on} control planes`, () => {
  const stack = new AsyncDisposableStack();
  let fleet: Fleet;
  let planes: Plane[];
  let one: FleetChild;
  /** Of `one`, in the parent; it gets others on the way. */
  let namespace: string;

  beforeAll(async () => {
    planes = await Promise.all(['one', 'two'].map(async (name) => stack.use(await startPlane(on, name))));
    fleet = await startFleet({
      on,
      children: [],
      startHub: (parent, folder) =>
        startHub(parent, folder, ['--approval=manual', '--feature-gates=ClusterInit=true']),
    });
  });
  afterAll(async () => {
    await stack.disposeAsync();
    await fleet[Symbol.asyncDispose]();
  });

  const live = async (name: string): Promise<ManagedCluster> => {
    const { items } = await clustersOf(fleet.parent.client).list();
    const found = items.find(({ metadata }) => metadata.name === name);
    if (found === undefined) throw new Error(`there is no cluster ${name}`);
    return found;
  };
  const condition = (name: string, type: string, isWanted: (condition: Condition) => boolean) =>
    eventually(`condition ${type} of ${name}`, async () => {
      const found = findCondition((await live(name)).status?.conditions, type);
      if (found !== undefined && isWanted(found)) return found;
      throw new Error(`it is ${JSON.stringify(found)}`);
    });
  const hasTaint = async (key: string): Promise<boolean> =>
    (await live('one')).spec?.taints?.some((taint) => taint.key === key) === true;

  it('waits for an operator, names the command, and is not fooled by a word that came along', async () => {
    const joining = joinChild(fleet.parent, planes[0]!, ONE, fleet.folder);
    joining.catch(() => undefined); // judged below
    const request = await requestOf(fleet, 'one');
    const waits = await eventually('the request to wait', async () => {
      const { status } = await requestsOf(fleet).get({ name: request.metadata.name ?? '' });
      return findCondition(status?.conditions, 'Reconciling');
    });
    expect(waits.reason).toBe('WaitingForApproval');
    expect(waits.message).toContain(`clusters.clusternet.io/approval=${request.metadata.uid ?? ''}`);
    await approveRequest(fleet, request, 'approved');
    await eventually('the wrong word to be noticed', async () => {
      const { status } = await requestsOf(fleet).get({ name: request.metadata.name ?? '' });
      return findCondition(status?.conditions, 'Reconciling')?.message?.includes('says "approved"');
    });
    expect((await clustersOf(fleet.parent.client).list()).items).toEqual([]);
    await approveRequest(fleet, request);
    const joined = await joining;
    stack.defer(() => joined.stop());
    one = joined.fleetChild;
    namespace = one.namespace;
    expect((await live('one')).spec).toMatchObject({ clusterId: one.clusterId, syncMode: 'Push' });
  });

  it('A §11.3-36: takes nothing until its initialisation is deployed', async () => {
    const application = exampleApplication(namespace).filter(({ kind }) => kind !== 'HelmChart');
    await applyToParent(fleet.parent.client, application);
    const waits = await condition('one', 'ClusterInit', ({ status }) => status === 'False');
    expect(waits.reason).toBe('ClusterInitWaiting');
    expect(await hasTaint('clusters.clusternet.io/initialization')).toBe(true);
    await expect(deployments(one.plane.client).get({ namespace: 'foo', name: 'my-nginx' })).rejects.toSatisfy(
      (error) => isApiError(error, 'NOT_FOUND'),
    );

    await applyToParent(fleet.parent.client, initSubscription());
    const done = await condition('one', 'ClusterInit', ({ status }) => status === 'True');
    expect(done.reason).toBe('ClusterInitDone');
    const maps = core(one.plane.client, 'ConfigMap', 'configmaps');
    expect((await maps.get({ namespace: 'default', name: 'settings' }))['data']).toEqual({ ready: 'yes' });
    await eventually(
      'the taint to go',
      async () => !(await hasTaint('clusters.clusternet.io/initialization')),
    );
    await eventually('the application', () =>
      deployments(one.plane.client).get({ namespace: 'foo', name: 'my-nginx' }),
    );
    expect((await live('one')).spec?.clusterInitBaseName).toMatch(/^init-/);
  });

  it('A §5.8: carries changed labels, name and sync mode of the agent to the parent', async () => {
    const before = await live('one');
    await one.agent.stop();
    await one.startAgent({ name: 'renamed', syncMode: 'Dual', labels: { env: 'demo', zone: 'a' } });
    const after = await eventually('the changed flags at the parent', async () => {
      const cluster = await live('one');
      return cluster.spec?.syncMode === 'Dual' ? cluster : undefined;
    });
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(after.metadata.labels).toMatchObject({
      env: 'demo',
      zone: 'a',
      'clusters.clusternet.io/cluster-name': 'renamed',
      'clusters.clusternet.io/cluster-id': one.clusterId,
    });
    expect(after.metadata.labels).not.toHaveProperty('region');
    await one.agent.stop();
    await one.startAgent();
    await eventually('the former flags', async () => (await live('one')).spec?.syncMode === 'Push');
  });

  it('A §5.8: makes a deleted ManagedCluster anew, in its namespace', async () => {
    const { uid } = (await live('one')).metadata;
    await clustersOf(fleet.parent.client).delete({ namespace, name: 'one' });
    const again = await eventually('the cluster to be back', async () => {
      const cluster = await live('one');
      return cluster.metadata.uid === uid ? undefined : cluster;
    });
    expect(again.metadata.namespace).toBe(namespace);
    await condition('one', 'Ready', ({ status }) => status === 'True');
    await nginxOn();
  });

  it('A §5.8: makes everything anew when the dedicated namespace was deleted', async () => {
    await core(fleet.parent.client, 'Namespace', 'namespaces', false).delete({ name: namespace });
    const again = await eventually(
      'the cluster in another namespace',
      async () => {
        const cluster = await live('one');
        return cluster.metadata.namespace === namespace ? undefined : cluster;
      },
      { timeoutMs: 60_000 },
    );
    await condition('one', 'Ready', ({ status }) => status === 'True');
    namespace = again.metadata.namespace ?? '';
    await nginxOn();
  });

  it('notices that a copy of a cluster reports with the same id, and names both', async () => {
    const copy = stack.use(await startPlane(on, 'copy'));
    await copyIdentity(one.plane, copy, one.clusterId);
    await one.agent.stop();
    // Reports three times as far apart count as silence, and would move what runs there while agents start.
    const flags = ['--cluster-status-update-frequency=4s'];
    await one.startAgent({ flags });
    const folder = mkdtempSync(join(fleet.folder, 'copy-'));
    const copied = await joinChild(fleet.parent, copy, { ...ONE, flags }, folder);
    try {
      const duplicated = await condition('one', 'Duplicated', ({ status }) => status === 'True');
      expect(duplicated.reason).toBe('TwoAgents');
      expect(duplicated.message).toContain(copy.server);
      expect(duplicated.message).toContain(one.plane.server);
    } finally {
      await copied.stop();
    }
    await condition('one', 'Duplicated', ({ status }) => status === 'False');
    await one.agent.stop();
    await one.startAgent();
  });

  it('loses its tunnel at once when it is denied, and is back when it is approved again', async () => {
    await eventually('its usual heartbeat, not that of the test before', async () => {
      return (await live('one')).status?.heartbeatFrequencySeconds !== 4;
    });
    await eventually('its tunnel to open', () => one.agent.tail().includes('"tunnel open"'));
    await condition('one', 'Ready', ({ status }) => status === 'True');
    const nginx = { namespace: 'foo', name: 'my-nginx' };
    const before = await eventually('the application', () => deployments(one.plane.client).get(nginx));
    await approveRequest(fleet, await requestOf(fleet, 'one'), 'denied');
    await eventually('the tunnel to be closed', () =>
      fleet.hub.tail().includes('tunnel of a denied cluster closed'),
    );
    await condition('one', 'Ready', ({ reason }) => reason === 'ClusterDenied');
    await approveRequest(fleet, await requestOf(fleet, 'one'));
    await condition('one', 'Ready', ({ status }) => status === 'True');
    const after = await deployments(one.plane.client).get(nginx);
    expect(after.metadata.uid).toBe(before.metadata.uid);
  });

  it('leaves the fleet and keeps what was delivered, when that is asked for', async () => {
    await detach('one', 'Keep');
    const { status } = await eventually('the request to be denied', async () => {
      const request = await requestsOf(fleet).get({ name: requestName(one) });
      return request.status?.result === 'Denied' ? request : undefined;
    });
    expect(status?.errorMessage).toContain('delete this request to let it join again');
    const namespaces = core(fleet.parent.client, 'Namespace', 'namespaces', false);
    await eventually('its namespace to go', () => isGone(namespaces.get({ name: namespace })));
    const kept = await deployments(one.plane.client).get({ namespace: 'foo', name: 'my-nginx' });
    expect(kept.metadata.annotations ?? {}).not.toHaveProperty('apps.clusternet.io/owned-by-description');
    await eventually('the agent to say so', () => one.agent.tail().includes('has left the fleet'));
    expect((await clustersOf(fleet.parent.client).list()).items).toEqual([]);
  });

  it('joins again when its request is deleted, and takes over what was kept', async () => {
    await requestsOf(fleet).delete({ name: requestName(one) });
    const request = await eventually('it to ask anew', async () => {
      const found = await requestOf(fleet, 'one');
      return found.status?.result === 'Denied' ? undefined : found;
    });
    await approveRequest(fleet, request);
    const cluster = await eventually('the cluster to be back', () => live('one'));
    namespace = cluster.metadata.namespace ?? '';
    await condition('one', 'Ready', ({ status }) => status === 'True');
    const adopted = await eventually('the application to be ours again', async () => {
      const found = await deployments(one.plane.client).get({ namespace: 'foo', name: 'my-nginx' });
      const owner = found.metadata.annotations?.['apps.clusternet.io/owned-by-description'];
      return owner?.startsWith(`${namespace}.`) === true ? found : undefined;
    });
    expect(adopted.metadata.deletionTimestamp).toBeUndefined();
  });

  it('a hub can be its own child', async () => {
    await using own = new AsyncDisposableStack();
    const self = await joinLate(fleet, fleet.parent, { ...TWO, name: 'self' }, own);
    const reported = await live('self');
    expect(reported.status?.apiserverURL).toBe(fleet.parent.server);
    expect(reported.metadata.namespace).toBe(self.namespace);
    await condition('self', 'ClusterInit', ({ status }) => status === 'True');
    await detach('self', 'Remove');
    const clusters = clustersOf(fleet.parent.client);
    await eventually('it to leave again', () =>
      isGone(clusters.get({ namespace: self.namespace, name: 'self' })),
    );
  });

  it('leaves the fleet and takes away what was delivered', async () => {
    const two = await joinLate(fleet, planes[1]!, TWO, stack);
    await condition('two', 'ClusterInit', ({ status }) => status === 'True');
    const maps = core(two.plane.client, 'ConfigMap', 'configmaps');
    await maps.get({ namespace: 'default', name: 'settings' });
    await detach('two', 'Remove');
    await eventually('what was delivered to go', () =>
      isGone(maps.get({ namespace: 'default', name: 'settings' })),
    );
    const clusters = clustersOf(fleet.parent.client);
    await eventually('the cluster to go', () =>
      isGone(clusters.get({ namespace: two.namespace, name: 'two' })),
    );
    const { items } = await subscriptions(fleet).list();
    for (const { status } of items) {
      await eventually('nobody to be bound to it', () =>
        Promise.resolve(status?.bindingClusters?.includes(`${two.namespace}/two`) !== true),
      );
    }
  });

  it('A §11.3-45: a child that is gone for good holds its departure up, until it is forced', async () => {
    await nginxOn();
    await one.agent.stop('SIGKILL');
    await detach('one', 'Remove');
    const stuck = await condition(
      'one',
      'Detaching',
      ({ status, message }) => status === 'True' && message?.includes('Descriptions are left') === true,
    );
    expect(stuck.message).toContain('clusters.clusternet.io/detach=Force');
    await detach('one', 'Force');
    const clusters = clustersOf(fleet.parent.client);
    await eventually('the cluster to go', () => isGone(clusters.get({ namespace, name: 'one' })));
    await deployments(one.plane.client).get({ namespace: 'foo', name: 'my-nginx' });
  });

  it('joins again after that, and takes over what was left behind', async () => {
    await requestsOf(fleet).delete({ name: requestName(one) });
    await one.startAgent();
    await approveRequest(fleet, await requestOf(fleet, 'one'));
    const cluster = await eventually('the cluster to be back', () => live('one'));
    namespace = cluster.metadata.namespace ?? '';
    await nginxOn();
  });

  async function nginxOn(): Promise<void> {
    const isOurs = async (): Promise<boolean> => {
      const found = await deployments(one.plane.client).get({ namespace: 'foo', name: 'my-nginx' });
      const owner = found.metadata.annotations?.['apps.clusternet.io/owned-by-description'];
      return owner?.startsWith(`${namespace}.`) === true;
    };
    const explain = (): Promise<string> => describeDelivery(fleet);
    await eventually('my-nginx of the present registration', isOurs, { explain });
  }

  async function detach(name: string, policy: string): Promise<void> {
    const { metadata } = await live(name);
    const ref = { namespace: metadata.namespace ?? '', name };
    const annotations = { 'clusters.clusternet.io/detach': policy };
    await clustersOf(fleet.parent.client).patch(ref, 'merge', { metadata: { annotations } });
  }
});

/** What a backup of one cluster brings into another: the Lease that the id comes from, and the agent's Secrets. */
async function copyIdentity(from: Plane, to: Plane, clusterId: string): Promise<void> {
  const metadata = { namespace: 'clusternet-system' };
  await applyObjects(to.client, [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'clusternet-system' } },
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { ...metadata, name: 'clusternet-agent', annotations: { 'legacy-cluster-id': clusterId } },
    },
  ]);
  for (const name of ['parent-cluster', 'clusternet-agent-credential-key']) {
    const { data, type } = await core(from.client, 'Secret', 'secrets').get({ ...metadata, name });
    await applyObjects(to.client, [
      { apiVersion: 'v1', kind: 'Secret', metadata: { ...metadata, name }, data, type },
    ]);
  }
}
