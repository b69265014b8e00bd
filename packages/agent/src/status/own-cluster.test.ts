import type { ManagedCluster } from '@clusternet/api-types';
import { clusternetRef, createKubeClient } from '@clusternet/client';
import { createFakeApi, statusAnswer } from '@clusternet/client/fakes';
import { silentLogger } from '@clusternet/runtime';
import { createFakeClock, createFakeRandom } from '@clusternet/runtime/fakes';
import { describe, expect, it } from 'vitest';
import type { Parent } from '../registration/register.ts';
import { createOwnCluster } from './own-cluster.ts';

const PATH = '/apis/clusters.clusternet.io/v1beta1/namespaces/clusternet-abc/managedclusters';
const own: ManagedCluster = {
  apiVersion: 'clusters.clusternet.io/v1beta1',
  kind: 'ManagedCluster',
  metadata: {
    name: 'east',
    namespace: 'clusternet-abc',
    labels: { 'clusters.clusternet.io/cluster-id': 'east-id' },
  },
};

function startOwnCluster() {
  const api = createFakeApi({ refs: [clusternetRef('ManagedCluster')] });
  api.store.put(`${PATH}/east`, own);
  const clock = createFakeClock();
  const parent = {
    client: createKubeClient(api.transport),
    credential: { namespace: 'clusternet-abc' },
    clusterId: 'east-id',
  } as unknown as Parent;
  const deps = { parent, clock, random: createFakeRandom(), log: silentLogger };
  const cluster = createOwnCluster(deps);
  const controller = new AbortController();
  const { signal } = controller;
  return {
    api,
    clock,
    cluster,
    signal,
    start: () => {
      const done = cluster.run(signal);
      return async () => {
        controller.abort();
        await done;
      };
    },
  };
}

/** As after the deletion of the dedicated namespace: first the roles go, soon the service account. */
const refuse = (status: 401 | 403) => (): ReturnType<typeof statusAnswer> =>
  statusAnswer(status, status === 401 ? 'Unauthorized' : 'Forbidden', 'no');

describe('createOwnCluster', () => {
  it('does not wait for ever when its rights go between the first look and the first list', async () => {
    const { api, clock, cluster, signal, start } = startOwnCluster();
    let looks = 0;
    api.intercept(() => {
      looks += 1;
      return looks === 1 ? undefined : refuse(403)();
    });
    const synced = cluster.synced(signal);
    const refused = expect(synced).rejects.toMatchObject({ code: 'NOT_REGISTERED' });
    await clock.advance(0);
    const stop = start();
    await clock.advance(5000);
    await refused;
    await stop();
  });

  it('says so when its rights go later, and does not trust what it knew', async () => {
    const { api, clock, cluster, signal, start } = startOwnCluster();
    const stop = start();
    await cluster.synced(signal);
    let told = 0;
    const end = cluster.onReplaced(() => {
      told += 1;
    });
    expect((await cluster.get(false, signal)).metadata.name).toBe('east');
    const allow = api.intercept(refuse(401));
    api.endWatches();
    await clock.advance(5000);
    expect(told).toBeGreaterThan(0);
    await expect(cluster.get(false, signal)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    allow();
    await clock.advance(60_000);
    expect((await cluster.get(false, signal)).metadata.name).toBe('east');
    end();
    await stop();
  });
});
