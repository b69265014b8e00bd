import { createKubeClient, isApiError } from '@clusternet/client';
import { createTransport } from '@clusternet/client/undici';
import type { KubeObject } from '@clusternet/kube-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFleet } from '../harness/fleet.ts';
import type { Fleet } from '../harness/fleet.ts';
import { core, on, visit } from '../harness/journey.ts';

const configMap = (data: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'default', name: 'visited' },
  data,
});

describe(`visiting a child through the hub, on ${on} control planes`, () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet({
      on,
      children: [{ name: 'one', syncMode: 'Pull', isAppPusherEnabled: false }],
    });
  });
  afterAll(() => fleet[Symbol.asyncDispose]());

  it('creates, gets, lists, patches and deletes as if the child were local', async () => {
    const [one] = fleet.children;
    await using child = await visit(fleet, one!);
    const maps = core(child, 'ConfigMap', 'configmaps');
    await maps.create(configMap({ a: '1' }));
    const ref = { namespace: 'default', name: 'visited' };
    expect((await maps.get(ref))['data']).toEqual({ a: '1' });
    await maps.patch(ref, 'merge', { data: { b: '2' } });
    await maps.patch(ref, 'json', [{ op: 'remove', path: '/data/a' }]);
    const { items } = await maps.list({ namespace: 'default', fieldSelector: 'metadata.name=visited' });
    expect(items.map((item) => item['data'])).toEqual([{ b: '2' }]);
    const local = await core(one!.plane.client, 'ConfigMap', 'configmaps').get(ref);
    expect(local['data']).toEqual({ b: '2' });
    await maps.delete(ref);
    await expect(maps.get(ref)).rejects.toSatisfy((error) => isApiError(error, 'NOT_FOUND'));
  });

  it('watches', async () => {
    const [one] = fleet.children;
    await using child = await visit(fleet, one!);
    const maps = core(child, 'ConfigMap', 'configmaps');
    const { resourceVersion } = await maps.list({ namespace: 'default' });
    const events = await maps.watch({ namespace: 'default', resourceVersion, timeoutSeconds: 20 });
    const local = core(one!.plane.client, 'ConfigMap', 'configmaps');
    await local.create(configMap({ a: '1' }));
    await local.delete({ namespace: 'default', name: 'visited' });
    const seen: string[] = [];
    for await (const event of events) {
      if (event.type === 'BOOKMARK' || event.object.metadata.name !== 'visited') continue;
      seen.push(event.type);
      if (event.type === 'DELETED') break;
    }
    expect(seen).toEqual(['ADDED', 'DELETED']);
  });

  it('carries a large body whole', async () => {
    await using child = await visit(fleet, fleet.children[0]!);
    const maps = core(child, 'ConfigMap', 'configmaps');
    const text = 'x'.repeat(700_000);
    await maps.create(configMap({ text }));
    const ref = { namespace: 'default', name: 'visited' };
    expect((await maps.get(ref))['data']).toEqual({ text });
    await maps.delete(ref);
  });

  it('shows the child the credential it was given, and none without one', async () => {
    const { connection } = fleet.parent;
    const { clusterId } = fleet.children[0]!;
    const server = `${connection.server}/apis/proxies.clusternet.io/v1alpha1/sockets/${clusterId}/proxy/direct`;
    await using transport = createTransport({ ...connection, server });
    const anonymous = core(createKubeClient(transport), 'Secret', 'secrets').list({ namespace: 'default' });
    await expect(anonymous).rejects.toThrow(/system:anonymous/);
  });

  it('names the cluster that is not there', async () => {
    const { connection } = fleet.parent;
    const path =
      '/apis/proxies.clusternet.io/v1alpha1/sockets/00000000-0000-4000-8000-000000000000/proxy/direct/version';
    await using transport = createTransport(connection);
    const answer = createKubeClient(transport).rawJson({ method: 'GET', path, what: 'get version' });
    await expect(answer).rejects.toThrow(/00000000-0000-4000-8000-000000000000/);
  });

  it('refuses whoever may not use the proxy', async () => {
    const { server, caPem } = fleet.parent;
    await using transport = createTransport({ server, caPem });
    const path = `/apis/proxies.clusternet.io/v1alpha1/sockets/${fleet.children[0]!.clusterId}/proxy/direct/version`;
    const answer = createKubeClient(transport).rawJson({ method: 'GET', path, what: 'get version' });
    await expect(answer).rejects.toSatisfy((error) => isApiError(error, 'FORBIDDEN', 'UNAUTHORIZED'));
  });
});
