import { clusternetRef } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyToParent, exampleApplication } from '../harness/application.ts';
import { startFleet } from '../harness/fleet.ts';
import type { Fleet } from '../harness/fleet.ts';
import { nginxReady, on, subscriptionCondition } from '../harness/journey.ts';

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

  it('rolls back when an override is deleted', async () => {
    await fleet.parent.client.resource(clusternetRef('Globalization')).delete({ name: 'higher' });
    await nginxReady(fleet.child('global'), 2);
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
