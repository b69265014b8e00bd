import { LABELS } from '@clusternet/api-types';
import type { ManagedCluster } from '@clusternet/api-types';
import { createStore } from '@clusternet/controller-kit';
import type { IndexFunction } from '@clusternet/controller-kit';
import type { KubeObject } from '@clusternet/kube-data';
import { silentLogger } from '@clusternet/runtime';
import { describe, expect, it } from 'vitest';
import { INDEX } from '../parent/caches.ts';
import { cluster } from '../parent/objects.fixture.ts';
import { createGetClusterTarget } from './get-cluster-target.ts';

const byNamespace = ({ metadata }: KubeObject) => [metadata.namespace ?? ''];

function cacheOf<T extends KubeObject>(objects: T[], indexes: Record<string, IndexFunction<T>>) {
  const store = createStore<T>(silentLogger, { indexes });
  store.replace(objects);
  return { store };
}

function namespace(name: string, clusterId: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { [LABELS.clusterId]: clusterId } },
  };
}

function getTarget(clusters: ManagedCluster[], namespaces: KubeObject[], secrets: KubeObject[] = []) {
  const caches = {
    clusters: cacheOf(clusters, { [INDEX.namespace]: byNamespace }),
    childSecrets: cacheOf<KubeObject>([], { [INDEX.namespace]: byNamespace }),
    visitorSecrets: cacheOf<KubeObject>(secrets, { [INDEX.namespace]: byNamespace }),
    namespaces: cacheOf(namespaces, {
      [INDEX.clusterId]: ({ metadata }) => [metadata.labels?.[LABELS.clusterId] ?? ''],
    }),
  };
  const get = createGetClusterTarget(caches as unknown as Parameters<typeof createGetClusterTarget>[0]);
  return async (clusterId: string) => get(clusterId, AbortSignal.timeout(1000));
}

const east = cluster({ useSocket: true, apiserverURL: 'https://10.0.0.1' }, { clusterId: 'east-id' });

describe('createGetClusterTarget', () => {
  it('finds a cluster by the label of its namespace', async () => {
    const get = getTarget([east], [namespace('clusternet-aaaaa', 'east-id')]);
    expect(await get('east-id')).toEqual({
      namespace: 'clusternet-aaaaa',
      useSocket: true,
      apiserverUrl: 'https://10.0.0.1',
    });
    expect(await get('west-id')).toBeUndefined();
  });

  it.each([
    { why: 'what its agent shares', grant: '{"users":["jane"],"groups":"*"}', token: 'abc', isShared: true },
    { why: 'nothing once it is taken back', grant: '', token: '', isShared: false },
    { why: 'nothing that does not parse', grant: '{"users":', token: 'abc', isShared: false },
    {
      why: 'no token that is not one',
      grant: '{"users":"*","groups":"*"}',
      token: 'a\r\nb: c',
      isShared: false,
    },
  ])('knows of the visitors of a cluster $why', async ({ grant, token, isShared }) => {
    const data = Object.fromEntries(
      Object.entries({ grant, token }).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    );
    const metadata = { name: 'child-cluster-visitors', namespace: 'clusternet-aaaaa' };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata, data };
    const get = getTarget([east], [namespace('clusternet-aaaaa', 'east-id')], [secret]);
    const visitors = isShared ? { token: 'abc', grant: { users: ['jane'], groups: '*' } } : undefined;
    expect((await get('east-id'))?.visitors).toEqual(visitors);
  });

  it('A §11.1-13: a child that claims the id of another takes nothing from it', async () => {
    const thief = cluster(
      { useSocket: true, apiserverURL: 'https://thief' },
      { clusterId: 'east-id' },
      { name: 'thief', namespace: 'clusternet-bbbbb', labels: { [LABELS.clusterId]: 'east-id' } },
    );
    const get = getTarget(
      [thief, east],
      [namespace('clusternet-bbbbb', 'thief-id'), namespace('clusternet-aaaaa', 'east-id')],
    );
    expect((await get('east-id'))?.apiserverUrl).toBe('https://10.0.0.1');
    expect((await get('thief-id'))?.apiserverUrl).toBe('https://thief');
  });

  it('an id on two namespaces belongs to neither', async () => {
    const both = [namespace('clusternet-aaaaa', 'east-id'), namespace('clusternet-bbbbb', 'east-id')];
    expect(await getTarget([east], both)('east-id')).toBeUndefined();
  });

  it('a namespace on its way out has no say beside the one that the cluster got since', async () => {
    const former = namespace('clusternet-bbbbb', 'east-id');
    former.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    const both = [former, namespace('clusternet-aaaaa', 'east-id')];
    expect((await getTarget([east], both)('east-id'))?.namespace).toBe('clusternet-aaaaa');
  });
});
