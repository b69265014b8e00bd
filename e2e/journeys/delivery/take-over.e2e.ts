import { createKubeClient } from '@clusternet/client';
import { createTransport } from '@clusternet/client/undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyToParent, exampleApplication } from '../../harness/application.ts';
import { eventually } from '../../harness/eventually.ts';
import { startFleet } from '../../harness/fleet.ts';
import type { Fleet } from '../../harness/fleet.ts';
import { core, deployments, on } from '../../harness/journey.ts';

describe(`taking over from a Go deployer, on ${on} control planes`, () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet({
      on,
      children: [{ name: 'one', syncMode: 'Pull', isAppPusherEnabled: false, labels: { env: 'demo' } }],
    });
  });
  afterAll(() => fleet[Symbol.asyncDispose]());

  it('removes a field that the Go deployer applied and the feed no longer has', async () => {
    const { plane, namespace } = fleet.child('one');
    await using transport = createTransport({ ...plane.connection, userAgent: 'clusternet-agent/v0.18.0' });
    const goAgent = createKubeClient(transport);
    const spec = {
      replicas: 1,
      minReadySeconds: 7,
      selector: { matchLabels: { app: 'my-nginx' } },
      template: {
        metadata: { labels: { app: 'my-nginx' } },
        spec: { containers: [{ name: 'nginx', image: 'nginx:1.27.0' }] },
      },
    };
    const metadata = {
      name: 'my-nginx',
      namespace: 'foo',
      labels: { left: 'behind' },
      annotations: { 'clusternet.io/last-applied-configuration': '{}' },
    };
    await core(goAgent, 'Namespace', 'namespaces', false).create({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'foo' },
    });
    await deployments(goAgent).create({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec });

    await applyToParent(fleet.parent.client, exampleApplication(namespace));
    const live = await eventually('our delivery over what Go left', async () => {
      const found = await deployments(plane.client).get({ namespace: 'foo', name: 'my-nginx' });
      return found.spec.replicas === 3 ? found : undefined;
    });
    expect(live.spec['minReadySeconds'] ?? 0).toBe(0);
    expect(live.metadata.labels?.['left']).toBeUndefined();
  });
});
