import type { FeedInventory, Localization, Subscription } from '@clusternet/api-types';
import { clusternetRef } from '@clusternet/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyToParent } from '../../harness/application.ts';
import { readObjects } from '../../harness/apply-files.ts';
import { eventually } from '../../harness/eventually.ts';
import { startFleet } from '../../harness/fleet.ts';
import type { Fleet } from '../../harness/fleet.ts';
import type { FleetChild } from '../../harness/join-child.ts';
import { deployments, on, subscriptions } from '../../harness/journey.ts';

const DEMO = { namespace: 'default', name: 'static-dividing-demo' };
const WEB = { namespace: 'bar', name: 'my-nginx' };
const WEB_KEY = 'apps/v1/Deployment/bar/my-nginx';

describe(`dividing replicas, on ${on} control planes`, () => {
  let fleet: Fleet;
  const stop = new AbortController();
  /** Every replica count that any cluster ever saw, by cluster. */
  const seen = new Map<string, Set<number>>();
  const watches: Promise<void>[] = [];

  beforeAll(async () => {
    fleet = await startFleet({
      on,
      children: [
        { name: 'small', syncMode: 'Push', isAppPusherEnabled: true, labels: { env: 'demo', size: 's' } },
        { name: 'large', syncMode: 'Pull', isAppPusherEnabled: false, labels: { env: 'demo', size: 'l' } },
      ],
    });
    for (const child of fleet.children) watches.push(follow(child));
    await applyToParent(fleet.parent.client, readObjects('examples/scheduling/static-dividing'));
  });
  afterAll(async () => {
    stop.abort();
    await Promise.all(watches);
    await fleet[Symbol.asyncDispose]();
  });

  /** Notes what a cluster is told, until the end. */
  async function follow({ plane, spec }: FleetChild): Promise<void> {
    const counts = new Set<number>();
    seen.set(spec.name, counts);
    const resource = deployments(plane.client);
    const { resourceVersion } = await resource.list({ namespace: WEB.namespace });
    const options = { namespace: WEB.namespace, resourceVersion };
    try {
      for await (const event of await resource.watch(options, stop.signal)) {
        const replicas = 'object' in event ? event.object.spec.replicas : undefined;
        if (replicas !== undefined) counts.add(replicas);
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    }
  }

  const replicasIn = async (name: string): Promise<number | undefined> => {
    const { spec, status } = await deployments(fleet.child(name).plane.client).get(WEB);
    return status?.readyReplicas === spec.replicas || spec.replicas === 0 ? spec.replicas : undefined;
  };
  const divided = (small: number, large: number) =>
    eventually(`${small} and ${large} replicas`, async () => {
      const counts = [await replicasIn('small'), await replicasIn('large')];
      if (counts[0] === small && counts[1] === large) return true;
      throw new Error(`they are ${JSON.stringify(counts)}`);
    });
  const scale = async (replicas: number): Promise<void> => {
    const web = readObjects('examples/scheduling/static-dividing').find(({ kind }) => kind === 'Deployment');
    if (web === undefined) throw new Error('the example has no Deployment');
    const spec = { ...(web['spec'] as object), replicas };
    await applyToParent(fleet.parent.client, [{ ...web, spec }]);
  };
  const change = (spec: Partial<Subscription['spec']>) => subscriptions(fleet).patch(DEMO, 'merge', { spec });
  const condition = (type: string, isWanted: (found: { status: string; reason?: string }) => boolean) =>
    eventually(`condition ${type}`, async () => {
      const { status } = await subscriptions(fleet).get(DEMO);
      const found = status?.conditions?.find((entry) => entry.type === type);
      if (found !== undefined && isWanted(found)) return found;
      throw new Error(JSON.stringify(status?.conditions));
    });

  it('counts what is asked for, and gives each cluster its part', async () => {
    await divided(2, 4);
    const inventories = fleet.parent.client.resource<FeedInventory>(clusternetRef('FeedInventory'));
    const { spec } = await inventories.get(DEMO);
    expect(spec.feeds.map(({ kind, desiredReplicas }) => [kind, desiredReplicas])).toEqual([
      ['Namespace', undefined],
      ['Service', undefined],
      ['Deployment', 6],
    ]);
    const { status } = await subscriptions(fleet).get(DEMO);
    expect(status?.replicas?.[WEB_KEY]?.toSorted()).toEqual([2, 4]);
    await condition('Ready', (found) => found.status === 'True');
  });

  it('has never told any cluster to run all of them', () => {
    expect(Object.fromEntries([...seen].map(([name, counts]) => [name, [...counts]]))).toEqual({
      small: [2],
      large: [4],
    });
  });

  it('divides anew when the template is scaled', async () => {
    await scale(9);
    await divided(3, 6);
    await scale(6);
    await divided(2, 4);
    expect([...(seen.get('small') ?? [])].toSorted()).toEqual([2, 3]);
    expect([...(seen.get('large') ?? [])].toSorted()).toEqual([4, 6]);
  });

  it('brings back a share that somebody changed or deleted', async () => {
    const localizations = fleet.parent.client.resource<Localization>(clusternetRef('Localization'));
    const { namespace } = fleet.child('small');
    const shareOf = async (): Promise<Localization> => {
      const { items } = await localizations.list({ namespace });
      const [share] = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      if (share === undefined) throw new Error('there is none');
      return share;
    };
    const { metadata, spec } = await shareOf();
    await localizations.delete({ namespace, name: metadata.name ?? '' });
    await eventually('another share', async () => {
      const again = await shareOf();
      return again.metadata.uid !== metadata.uid && JSON.stringify(again.spec) === JSON.stringify(spec);
    });
    const value = '[{"path":"/spec/replicas","value":6,"op":"replace"}]';
    const overrides = [{ ...spec.overrides?.[0], value }];
    const { name = '' } = (await shareOf()).metadata;
    await localizations.patch({ namespace, name }, 'merge', { spec: { overrides } });
    await eventually('the share as it was', async () => {
      return JSON.stringify((await shareOf()).spec) === JSON.stringify(spec);
    });
    await condition('Ready', (found) => found.status === 'True');
    await divided(2, 4);
    expect([...(seen.get('small') ?? [])]).not.toContain(6);
  });

  it('gives the part of a cluster that leaves to the others, and back', async () => {
    const { name } = fleet.child('large').spec;
    const at = { namespace: fleet.child('large').namespace, name };
    await fleet.clusters.patch(at, 'merge', { metadata: { labels: { env: 'out' } } });
    await eventually('all of them in one cluster', async () => (await replicasIn('small')) === 6);
    await fleet.clusters.patch(at, 'merge', { metadata: { labels: { env: 'demo' } } });
    await divided(2, 4);
  });

  it('lets clusters count alike where no weights are given', async () => {
    await change({ subscribers: [{ clusterAffinity: { matchLabels: { env: 'demo' } } }] });
    await divided(3, 3);
  });

  it('runs everything everywhere when it divides no more', async () => {
    await change({ schedulingStrategy: 'Replication' });
    await divided(6, 6);
    await condition('Ready', (found) => found.status === 'True');
  });

  it('says so when dynamic dividing is asked for, and leaves alone what runs', async () => {
    await change({
      schedulingStrategy: 'Dividing',
      dividingScheduling: { type: 'Dynamic', dynamicDividing: { strategy: 'Spread' } },
    });
    const stalled = await condition('Stalled', (found) => found.status === 'True');
    expect(stalled.reason).toBe('DividingNotSupported');
    await divided(6, 6);
  });
});
