import { clusternetRef, isApiError } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyToParent, exampleApplication } from '../../harness/application.ts';
import { eventually } from '../../harness/eventually.ts';
import { startFleet } from '../../harness/fleet.ts';
import type { Fleet } from '../../harness/fleet.ts';
import { deployments, nginxReady, on, subscriptionCondition } from '../../harness/journey.ts';

const feed = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'foo', name: 'my-nginx' };

const globalization = (name: string, priority: number, overrides: readonly unknown[]): KubeObject => ({
  apiVersion: 'apps.clusternet.io/v1alpha1',
  kind: 'Globalization',
  metadata: { name },
  spec: { overridePolicy: 'ApplyNow', priority, feed, overrides },
});

const replicas = (count: number): unknown => ({
  name: 'replicas',
  type: 'JSONPatch',
  value: JSON.stringify([{ op: 'replace', path: '/spec/replicas', value: count }]),
});

describe(`overriding, on ${on} control planes`, () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet({
      on,
      children: [
        { name: 'local', syncMode: 'Push', isAppPusherEnabled: true, labels: { env: 'demo' } },
        { name: 'global', syncMode: 'Pull', isAppPusherEnabled: false, labels: { env: 'demo' } },
      ],
    });
    await applyToParent(fleet.parent.client, exampleApplication(fleet.child('local').namespace));
    await nginxReady(fleet.child('local'), 3);
    await nginxReady(fleet.child('global'), 2);
  });
  afterAll(() => fleet[Symbol.asyncDispose]());

  it('lets the higher Globalization win, and any Localization over it', async () => {
    await applyToParent(fleet.parent.client, [globalization('higher', 900, [replicas(4)])]);
    await nginxReady(fleet.child('global'), 4);
    await nginxReady(fleet.child('local'), 3);
  });

  it('renders anew when a label of a cluster changes: for who is chosen by it, and for who takes its value', async () => {
    const { parent } = fleet;
    const child = fleet.child('global');
    const chosen = globalization('chosen', 950, [replicas(5)]);
    Object.assign(chosen['spec'] as object, { clusterAffinity: { matchLabels: { tier: 'five' } } });
    const value = `metadata: {labels: {tier: '\${{ cluster.labels.tier ?? "none" }}'}}`;
    const taken = globalization('taken', 951, [{ name: 'tier', type: 'MergePatch', value }]);
    taken.metadata.annotations = { 'apps.clusternet.io/override-templates': 'true' };
    await applyToParent(parent.client, [chosen, taken]);
    const tierIs = (tier: string) =>
      eventually(`my-nginx of tier ${tier}`, async () => {
        const { metadata } = await deployments(child.plane.client).get({
          namespace: 'foo',
          name: 'my-nginx',
        });
        return metadata.labels?.['tier'] === tier;
      });
    const label = (tier: string | null) =>
      fleet.clusters.patch({ namespace: child.namespace, name: 'global' }, 'merge', {
        metadata: { labels: { tier } },
      });
    await tierIs('none');
    await nginxReady(child, 4); // of the test before
    await label('five');
    await tierIs('five');
    await nginxReady(child, 5);
    await label(null);
    await tierIs('none');
    await nginxReady(child, 4);
    for (const name of ['chosen', 'taken']) {
      await parent.client.resource(clusternetRef('Globalization')).delete({ name });
    }
  });

  it('rolls back when an override is deleted', async () => {
    await fleet.parent.client.resource(clusternetRef('Globalization')).delete({ name: 'higher' });
    await nginxReady(fleet.child('global'), 2);
  });

  it('lets deleted overrides go that a Go hub had put its finalizer on', async () => {
    const { client } = fleet.parent;
    const finalizers = ['apps.clusternet.io/finalizer'];
    const { namespace } = fleet.child('local');
    const global = globalization('held', 1, [replicas(3)]);
    const local = { ...global, kind: 'Localization', metadata: { namespace, name: 'held' } };
    for (const override of [global, local]) {
      Object.assign(override.metadata, { finalizers });
      await applyToParent(client, [override]);
      const resource = client.resource(clusternetRef(override.kind as 'Globalization' | 'Localization'));
      const ref = override === global ? { name: 'held' } : { namespace, name: 'held' };
      await resource.delete(ref);
      await eventually(`the ${override.kind} to go`, () =>
        resource.get(ref).then(
          () => false,
          (error: unknown) => isApiError(error, 'NOT_FOUND'),
        ),
      );
    }
  });

  it('discards an entry whose path is missing, and says so', async () => {
    const missing = { name: 'nowhere', type: 'JSONPatch', value: '[{"op":"remove","path":"/spec/nowhere"}]' };
    await applyToParent(fleet.parent.client, [globalization('notice', 900, [missing, replicas(5)])]);
    await nginxReady(fleet.child('global'), 5);
    const ready = await subscriptionCondition(
      fleet,
      'Ready',
      ({ reason }) => reason === 'DeliveredWithNotices',
    );
    expect(ready.message).toContain('/spec/nowhere');
    expect(ready.message).toContain('Globalization notice');
    await fleet.parent.client.resource(clusternetRef('Globalization')).delete({ name: 'notice' });
    await nginxReady(fleet.child('global'), 2);
  });

  it('keeps what runs when an override cannot be applied, and says which and where', async () => {
    const broken = { name: 'broken', type: 'MergePatch', value: '{not: [valid' };
    await applyToParent(fleet.parent.client, [globalization('broken', 900, [broken])]);
    const stalled = await subscriptionCondition(fleet, 'Stalled', ({ status }) => status === 'True');
    expect(stalled.reason).toBe('FailedApplyingOverrides');
    expect(stalled.message).toContain('Globalization broken');
    expect(stalled.message).toContain('Deployment foo/my-nginx');
    await nginxReady(fleet.child('global'), 2);
    await fleet.parent.client.resource(clusternetRef('Globalization')).delete({ name: 'broken' });
    await subscriptionCondition(fleet, 'Ready', ({ status }) => status === 'True');
  });
});
