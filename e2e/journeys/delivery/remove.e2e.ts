import { isApiError } from '@clusternet/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyToParent, exampleApplication } from '../../harness/application.ts';
import { applyObjects } from '../../harness/apply-files.ts';
import { eventually } from '../../harness/eventually.ts';
import { startFleet } from '../../harness/fleet.ts';
import type { Fleet } from '../../harness/fleet.ts';
import { core, descriptions, nginxReady, on, subscriptions } from '../../harness/journey.ts';

const isGone = (get: Promise<unknown>): Promise<boolean> =>
  get.then(() => false).catch((error: unknown) => isApiError(error, 'NOT_FOUND'));

describe(`removing an application, on ${on} control planes`, () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet({
      on,
      children: [
        { name: 'pushed', syncMode: 'Push', isAppPusherEnabled: true, labels: { env: 'demo' } },
        { name: 'pulled', syncMode: 'Pull', isAppPusherEnabled: false, labels: { env: 'demo' } },
      ],
    });
    await applyToParent(fleet.parent.client, exampleApplication(fleet.child('pushed').namespace));
    await nginxReady(fleet.child('pushed'), 3);
    await nginxReady(fleet.child('pulled'), 2);
  });
  afterAll(() => fleet[Symbol.asyncDispose]());

  it('takes away exactly what it delivered, and then itself', async () => {
    const bystander = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'default', name: 'bystander' },
    };
    for (const { plane } of fleet.children) await applyObjects(plane.client, [bystander]);
    const ref = { namespace: 'default', name: 'app-demo' };
    await subscriptions(fleet).delete(ref);
    for (const { plane } of fleet.children) {
      const namespaces = core(plane.client, 'Namespace', 'namespaces', false);
      await eventually('the namespace to be gone', () => isGone(namespaces.get({ name: 'foo' })));
      await core(plane.client, 'ConfigMap', 'configmaps').get({ namespace: 'default', name: 'bystander' });
    }
    await eventually('the Subscription to be gone', () => isGone(subscriptions(fleet).get(ref)));
    expect((await descriptions(fleet).list()).items).toEqual([]);
  });

  it('leaves the feeds and the clusters in place', async () => {
    const { items } = await fleet.clusters.list();
    expect(items.map(({ metadata }) => metadata.name).sort()).toEqual(['pulled', 'pushed']);
  });
});
