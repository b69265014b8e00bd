import { clusternetRef, createKubeClient } from '@clusternet/client';
import { createFakeApi, statusAnswer } from '@clusternet/client/fakes';
import { createFakeClock } from '@clusternet/runtime/fakes';
import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { changeTaints } from './change-taints.ts';
import { readTaintOrder } from './read-taint-order.ts';
import { readUnjoinRequest, unjoin } from './unjoin.ts';

const signal = new AbortController().signal;
const EAST = { namespace: 'n', name: 'east' };

/** A parent with cluster east, to which Subscription app is bound. */
async function start() {
  const api = createFakeApi({ refs: [clusternetRef('ManagedCluster'), clusternetRef('Subscription')] });
  const client = createKubeClient(api.transport);
  const clusters = client.resource<KubeObject & { spec?: unknown }>(clusternetRef('ManagedCluster'));
  await clusters.create({
    apiVersion: 'clusters.clusternet.io/v1beta1',
    kind: 'ManagedCluster',
    metadata: EAST,
    spec: { clusterId: 'id', syncMode: 'Pull' },
  });
  await client.resource(clusternetRef('Subscription')).create({
    apiVersion: 'apps.clusternet.io/v1alpha1',
    kind: 'Subscription',
    metadata: { namespace: 'default', name: 'app' },
    spec: { feeds: [], subscribers: [] },
    status: { bindingClusters: ['n/east'] },
  });
  return { api, client, clusters };
}

describe('changeTaints', () => {
  it('refuses what would take away what is delivered, and does it when told so, once', async () => {
    const { client, clusters } = await start();
    const run = (...words: string[]) => changeTaints(client, readTaintOrder('cordon', words), signal);
    await expect(run('east')).rejects.toMatchObject({
      code: 'WOULD_EVICT',
      message: expect.stringContaining('what default/app delivered to east would be taken away') as string,
    });
    expect((await clusters.get(EAST)).spec).not.toHaveProperty('taints');
    expect(await run('east', '--evict')).toBe('managedcluster.clusters.clusternet.io/east cordoned\n');
    expect((await clusters.get(EAST)).spec).toMatchObject({
      taints: [{ key: 'clusters.clusternet.io/cordoned', effect: 'NoSchedule' }],
    });
    expect(await run('east')).toBe('managedcluster.clusters.clusternet.io/east already cordoned\n');
    expect(await changeTaints(client, readTaintOrder('uncordon', ['east']), signal)).toContain(
      'east uncordoned',
    );
    expect((await clusters.get(EAST)).spec).toMatchObject({ taints: [] });
  });

  it('lets whoever wrote at the same moment be, and tries again', async () => {
    const { api, client, clusters } = await start();
    let isFirst = true;
    api.intercept(({ method }) => {
      if (method !== 'PATCH' || !isFirst) return undefined;
      isFirst = false;
      return statusAnswer(409, 'Conflict', 'somebody else wrote');
    });
    const order = readTaintOrder('taint', ['east', 'a=b:PreferNoSchedule']);
    expect(await changeTaints(client, order, signal)).toContain('east tainted');
    expect((await clusters.get(EAST)).spec).toMatchObject({ taints: [{ key: 'a', value: 'b' }] });
  });

  it.each([
    ['cordon', '', 'cordon takes one cluster'],
    ['cordon', 'a b', 'cordon takes one cluster'],
    ['uncordon', 'a --hard', 'uncordon takes one cluster'],
    ['taint', 'a', 'taint takes one cluster and KEY=VALUE:EFFECT'],
  ])('%s %s makes no sense', (command, words, want) => {
    expect(() =>
      readTaintOrder(
        command,
        words.split(' ').filter((word) => word !== ''),
      ),
    ).toThrow(want);
  });
});

describe('unjoin', () => {
  it('says how far a departure is, and when it is over', async () => {
    const { client, clusters } = await start();
    const clock = createFakeClock();
    const said: string[] = [];
    const done = unjoin(
      client,
      readUnjoinRequest(['east', '--delivered=remove']),
      (text) => said.push(text),
      signal,
      clock,
    );
    await expect
      .poll(async () => (await clusters.get(EAST)).metadata.annotations)
      .toEqual({
        'clusters.clusternet.io/detach': 'Remove',
      });
    const conditions = [{ type: 'Detaching', status: 'True', message: '1 Bases are left: app' }];
    await clusters.patch(EAST, 'merge', { status: { conditions } }, { subresource: 'status' });
    await expect.poll(() => clock.advance(1000).then(() => said)).toContain('  1 Bases are left: app\n');
    await clusters.delete(EAST);
    await expect.poll(() => clock.advance(1000).then(() => said.at(-1))).toContain('east has left');
    await done;
    expect(said[0]).toBe('managedcluster.clusters.clusternet.io/east is leaving\n');
    expect(said.filter((text) => text.includes('are left'))).toHaveLength(1);
  });

  it('does not wait for ever', async () => {
    const { client } = await start();
    const clock = createFakeClock();
    const request = readUnjoinRequest(['east', '--delivered=Keep', '--timeout=1s']);
    const done = unjoin(client, request, () => undefined, signal, clock).catch((error: unknown) => error);
    let settled: unknown;
    void done.then((error) => (settled = error));
    await expect
      .poll(() => clock.advance(1000).then(() => settled))
      .toMatchObject({
        code: 'TIMED_OUT',
        message: 'east has not left within 1s, and goes on leaving: the hub has not begun',
      });
  });

  it('can be taken back', async () => {
    const { client, clusters } = await start();
    const said: string[] = [];
    const run = (...words: string[]) =>
      unjoin(client, readUnjoinRequest(words), (text) => said.push(text), signal);
    await run('east', '--delivered=Keep', '--wait=false');
    await run('east', '--cancel');
    expect((await clusters.get(EAST)).metadata.annotations).toEqual({});
    expect(said.at(-1)).toBe('managedcluster.clusters.clusternet.io/east stays\n');
  });

  it.each([
    'east',
    '--delivered=Keep',
    'east --delivered=all',
    'east --cancel --delivered=Keep',
    'east --delivered=Keep --wait=soon',
  ])('%s makes no sense', (line) => {
    expect(() => readUnjoinRequest(line.split(' '))).toThrow(
      'unjoin takes one cluster and --delivered Remove',
    );
  });
});
