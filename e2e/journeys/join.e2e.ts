import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { createKubeClient, isApiError } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import { createTransport } from '@clusternet/client/undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { startFleet } from '../harness/fleet.ts';
import { clustersOf } from '../harness/join-child.ts';
import type { FleetChild } from '../harness/join-child.ts';
import type { Fleet } from '../harness/fleet.ts';
import { core, on, visit } from '../harness/journey.ts';

describe(`joining, on ${on} control planes`, () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet({
      on,
      children: [
        { name: 'one', syncMode: 'Push', isAppPusherEnabled: true, labels: { region: 'eu' } },
        { name: 'two', syncMode: 'Pull', isAppPusherEnabled: false, registersWith: 'serviceaccount' },
      ],
    });
  });
  afterAll(() => fleet[Symbol.asyncDispose]());

  it('registers with a bootstrap token and with a service-account token, under the names that Go peers know', async () => {
    const { client } = fleet.parent;
    for (const { clusterId, namespace, spec } of fleet.children) {
      const labels = {
        'clusternet.io/created-by': 'clusternet-agent',
        'clusters.clusternet.io/cluster-id': clusterId,
      };
      const found = await core(client, 'Namespace', 'namespaces', false).get({ name: namespace });
      expect(found.metadata.labels).toMatchObject(labels);
      expect(namespace).toMatch(/^clusternet-[a-z0-9]{5}$/);
      const cluster = await clustersOf(client).get({ namespace, name: spec.name });
      expect(cluster.spec).toMatchObject({ clusterId, syncMode: spec.syncMode });
      expect(cluster.metadata.labels).toMatchObject({ ...labels, ...spec.labels });
      const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1' };
      const role = { ...rbac, plural: 'roles', kind: 'Role', namespaced: true };
      await client.resource(role).get({ namespace, name: 'clusternet-managedcluster-role' });
      const clusterRole = { ...rbac, plural: 'clusterroles', kind: 'ClusterRole', namespaced: false };
      await client.resource(clusterRole).get({ name: `clusternet-${clusterId}` });
    }
  });

  it('exchanges credentials in both directions', async () => {
    for (const { namespace, plane } of fleet.children) {
      const parentSecret = await core(plane.client, 'Secret', 'secrets').get({
        namespace: 'clusternet-system',
        name: 'parent-cluster',
      });
      expect(Object.keys(parentSecret['data'] as object).sort()).toEqual([
        'apiserver-advertise-url',
        'ca.crt',
        'namespace',
        'token',
      ]);
      const childSecret = await eventually('the child credential at the parent', () =>
        core(fleet.parent.client, 'Secret', 'secrets').get({ namespace, name: 'child-cluster-deployer' }),
      );
      expect(childSecret.metadata.finalizers).toEqual(['apps.clusternet.io/finalizer']);
    }
  });

  it('gives our agent a short-lived credential that only it can read', async () => {
    for (const { clusterId, plane } of fleet.children) {
      const request = (await fleet.parent.client.rawJson({
        method: 'GET',
        path: `/apis/clusters.clusternet.io/v1beta1/clusterregistrationrequests/clusternet-${clusterId}`,
        what: 'get the request',
      })) as unknown as ClusterRegistrationRequest;
      expect(request.status?.result).toBe('Approved');
      expect(request.status?.token ?? '').toBe('');
      const sealed = request.metadata.annotations?.['clusters.clusternet.io/sealed-credential'] ?? '';
      const secret = await core(plane.client, 'Secret', 'secrets').get({
        namespace: 'clusternet-system',
        name: 'parent-cluster',
      });
      const token = Buffer.from(
        (secret['data'] as Record<string, string>)['token'] ?? '',
        'base64',
      ).toString();
      expect(sealed).not.toContain(token);
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
        exp: number;
      };
      expect(claims.exp - Date.now() / 1000).toBeLessThanOrEqual(24 * 3600);
      expect(Date.parse((JSON.parse(sealed) as { expires: string }).expires)).toBe(claims.exp * 1000);
    }
  });

  it('reports status: version, nodes, addresses, health', async () => {
    const [one] = fleet.children;
    const cluster = await eventually('a ready node in the status', async () => {
      const live = await clustersOf(fleet.parent.client).get({ namespace: one!.namespace, name: 'one' });
      return live.status?.nodeStatistics?.readyNodes === 1 ? live : undefined;
    });
    expect(cluster.status).toMatchObject({
      apiserverURL: one!.plane.server,
      appPusher: true,
      useSocket: true,
      readyz: true,
      livez: true,
      heartbeatFrequencySeconds: 180,
      capacity: { cpu: '8', memory: '16Gi' },
    });
    expect(cluster.status?.k8sVersion).toMatch(/^v1\.\d+/);
  });

  it('lets a child reach nothing of another child', async () => {
    const [one, two] = fleet.children;
    await using child = await asChild(fleet, one!);
    const refused: (() => Promise<unknown>)[] = [
      () =>
        core(child, 'Secret', 'secrets').get({ namespace: two!.namespace, name: 'child-cluster-deployer' }),
      () => core(child, 'Secret', 'secrets').list({ namespace: one!.namespace }),
      () => clustersOf(child).list({ namespace: two!.namespace }),
      () =>
        child.rawJson({
          method: 'GET',
          path: `/apis/clusters.clusternet.io/v1beta1/clusterregistrationrequests/clusternet-${two!.clusterId}`,
          what: "get the other's request",
        }),
      () =>
        child.rawJson({
          method: 'GET',
          path: `/apis/proxies.clusternet.io/v1alpha1/sockets/${two!.clusterId}`,
          what: "open the other's tunnel",
        }),
    ];
    for (const attempt of refused) {
      await expect(attempt()).rejects.toSatisfy((error) => isApiError(error, 'FORBIDDEN'));
    }
  });

  it('A §11.1: gives a child the rights it needs, by name, and no other in any namespace', async () => {
    const [one, two] = fleet.children;
    await using child = await asChild(fleet, one!);
    const everywhere = [
      'create clusterregistrationrequests',
      `get clusterregistrationrequests (clusternet-${one!.clusterId})`,
      `get sockets (${one!.clusterId})`,
    ];
    for (const namespace of [two!.namespace, 'kube-system', 'default']) {
      expect(await rightsIn(child, namespace), namespace).toEqual(everywhere);
    }
    const system = await rightsIn(child, 'clusternet-system');
    expect(system.filter((right) => !everywhere.includes(right))).toEqual([
      'get configmaps (clusternet-hub-address)',
    ]);
    const own = await rightsIn(child, one!.namespace);
    expect(own).toEqual(expect.arrayContaining(everywhere));
    expect(own.filter((right) => right.includes('secrets'))).toEqual([
      'create secrets',
      'get secrets (child-cluster-deployer,child-cluster-visitors)',
      'patch secrets (child-cluster-deployer,child-cluster-visitors)',
      'update secrets (child-cluster-deployer,child-cluster-visitors)',
    ]);
    expect(
      own.filter((right) => /\*|roles|bindings|serviceaccounts|pods|bases|localizations/.test(right)),
    ).toEqual([]);
  });

  it('A §11.1: does not take a child for another one whose labels and id it puts on', async () => {
    const [one, two] = fleet.children;
    await using child = await asChild(fleet, one!);
    const ref = { namespace: one!.namespace, name: 'one' };
    const pose = {
      metadata: { labels: { 'clusters.clusternet.io/cluster-id': two!.clusterId } },
      spec: { clusterId: two!.clusterId },
    };
    await clustersOf(child).patch(ref, 'merge', pose);
    await core(two!.plane.client, 'ConfigMap', 'configmaps').create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'default', name: 'of-two' },
    });
    await using visited = await visit(fleet, two!);
    await core(visited, 'ConfigMap', 'configmaps').get({ namespace: 'default', name: 'of-two' });
    const { items } = await clustersOf(fleet.parent.client).list({ namespace: two!.namespace });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['two']);
    const honest = {
      metadata: { labels: { 'clusters.clusternet.io/cluster-id': one!.clusterId } },
      spec: { clusterId: one!.clusterId },
    };
    await clustersOf(fleet.parent.client).patch(ref, 'merge', honest);
  });

  it('keeps its identity over a restart of the agent', async () => {
    const [one] = fleet.children;
    await one!.agent.stop();
    await one!.startAgent();
    await eventually('the restarted agent to be connected', async () => {
      const live = await clustersOf(fleet.parent.client).get({ namespace: one!.namespace, name: 'one' });
      return live.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    });
    const { items } = await clustersOf(fleet.parent.client).list();
    expect(items.map(({ metadata }) => metadata.name).sort()).toEqual(['one', 'two']);
  });
});

/** The parent, as the service account of a child has it. */
async function asChild(fleet: Fleet, { plane }: FleetChild): Promise<KubeClient & AsyncDisposable> {
  const secret = await core(plane.client, 'Secret', 'secrets').get({
    namespace: 'clusternet-system',
    name: 'parent-cluster',
  });
  const token = Buffer.from((secret['data'] as Record<string, string>)['token'] ?? '', 'base64').toString();
  const { server, caPem } = fleet.parent;
  const getHeaders = () => Promise.resolve({ authorization: `Bearer ${token}` });
  const transport = createTransport({ server, caPem, getHeaders });
  return Object.assign(createKubeClient(transport), {
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  });
}

interface ResourceRule {
  readonly verbs: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** What somebody may do in a namespace beyond looking at himself, which everybody may. */
async function rightsIn(client: KubeClient, namespace: string): Promise<string[]> {
  const answer = await client.rawJson({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
    what: 'review rules',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace },
    },
  });
  const { status } = answer as unknown as { status: { resourceRules: readonly ResourceRule[] } };
  const rights = status.resourceRules.flatMap(({ verbs, resources = [], resourceNames = [] }) =>
    resources.flatMap((resource) =>
      verbs.map(
        (verb) => `${verb} ${resource}${resourceNames.length > 0 ? ` (${resourceNames.join()})` : ''}`,
      ),
    ),
  );
  return [...new Set(rights)].filter((right) => !/ selfsubject\w+$/.test(right)).sort();
}
