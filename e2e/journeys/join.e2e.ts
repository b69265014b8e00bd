import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { createKubeClient, isApiError } from '@clusternet/client';
import { createTransport } from '@clusternet/client/undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { startFleet } from '../harness/fleet.ts';
import { clustersOf } from '../harness/join-child.ts';
import type { Fleet } from '../harness/fleet.ts';
import { core, on } from '../harness/journey.ts';

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
    const secret = await core(one!.plane.client, 'Secret', 'secrets').get({
      namespace: 'clusternet-system',
      name: 'parent-cluster',
    });
    const token = Buffer.from((secret['data'] as Record<string, string>)['token'] ?? '', 'base64').toString();
    const { server, caPem } = fleet.parent;
    const getHeaders = () => Promise.resolve({ authorization: `Bearer ${token}` });
    await using transport = createTransport({ server, caPem, getHeaders });
    const child = createKubeClient(transport);
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
