import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyToParent, exampleApplication } from '../../harness/application.ts';
import { eventually } from '../../harness/eventually.ts';
import { startFleet } from '../../harness/fleet.ts';
import { startHub } from '../../harness/start-hub.ts';
import type { Fleet } from '../../harness/fleet.ts';
import {
  deployments,
  descriptions,
  nginxReady,
  on,
  subscriptionCondition,
  subscriptions,
} from '../../harness/journey.ts';

describe(`delivering an application, on ${on} control planes`, () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet({
      on,
      children: [
        { name: 'pushed', syncMode: 'Push', isAppPusherEnabled: true, labels: { env: 'demo' } },
        { name: 'pulled', syncMode: 'Pull', isAppPusherEnabled: false, labels: { env: 'demo' } },
        { name: 'dual-pushed', syncMode: 'Dual', isAppPusherEnabled: true, labels: { env: 'demo' } },
        { name: 'dual-pulled', syncMode: 'Dual', isAppPusherEnabled: false, labels: { env: 'demo' } },
      ],
    });
    await applyToParent(fleet.parent.client, exampleApplication(fleet.children[0]!.namespace));
  });
  afterAll(() => fleet[Symbol.asyncDispose]());

  it('runs in every sync mode, with the overrides of its cluster', async () => {
    await nginxReady(fleet.child('pushed'), 3);
    await nginxReady(fleet.child('pulled'), 2);
    await nginxReady(fleet.child('dual-pushed'), 2);
    await nginxReady(fleet.child('dual-pulled'), 2);
  });

  it('marks what it delivered with its owner and the last applied configuration', async () => {
    const { metadata } = await nginxReady(fleet.child('pulled'), 2);
    const { items } = await descriptions(fleet).list({ namespace: fleet.child('pulled').namespace });
    const owner = `${items[0]?.metadata.namespace ?? ''}.${items[0]?.metadata.name ?? ''}`;
    expect(metadata.annotations?.['apps.clusternet.io/owned-by-description']).toBe(owner);
    const applied = metadata.annotations?.['clusternet.io/last-applied-configuration'] ?? '';
    expect(JSON.parse(applied)).toMatchObject({ kind: 'Deployment', spec: { replicas: 2 } });
    expect(metadata.labels?.['fleet']).toBe('demo');
  });

  it('sums the status up on the Subscription', async () => {
    await subscriptionCondition(fleet, 'Ready', ({ status }) => status === 'True');
    const status = await eventually('nine ready replicas in the summary', async () => {
      const live = await subscriptions(fleet).get({ namespace: 'default', name: 'app-demo' });
      const summary = live.status?.aggregatedStatuses?.find(
        ({ kind }) => kind === 'Deployment',
      )?.feedStatusSummary;
      return summary?.replicaStatus?.readyReplicas === 9 ? live.status : undefined;
    });
    expect(status.bindingClusters).toHaveLength(4);
    expect(status).toMatchObject({ desiredReleases: 4, completedReleases: 4 });
  });

  it('writes nothing when nothing changed, also after a restart of the hub', async () => {
    const state = async (): Promise<unknown> => ({
      descriptions: (await descriptions(fleet).list()).items.map(({ metadata }) => metadata.resourceVersion),
      subscription: (await subscriptions(fleet).get({ namespace: 'default', name: 'app-demo' })).metadata
        .resourceVersion,
      delivered: await Promise.all(
        fleet.children.map(async ({ plane }) => {
          const live = await deployments(plane.client).get({ namespace: 'foo', name: 'my-nginx' });
          return live.metadata.resourceVersion;
        }),
      ),
    });
    const before = await eventually('everything to be settled', async () => {
      const first = JSON.stringify(await state());
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return JSON.stringify(await state()) === first ? first : undefined;
    });
    await fleet.hub.stop();
    await using hub = await startHub(fleet.parent, fleet.folder);
    await eventually('the new hub to work', () => hub.tail().includes('aggregated api listening'));
    await new Promise((resolve) => setTimeout(resolve, 3000)); // time in which a needless write would happen
    expect(JSON.stringify(await state())).toBe(before);
  });
});
