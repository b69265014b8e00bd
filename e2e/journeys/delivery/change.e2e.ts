import { isApiError } from '@clusternet/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyToParent, exampleApplication } from '../../harness/application.ts';
import { readObjects } from '../../harness/apply-files.ts';
import { eventually } from '../../harness/eventually.ts';
import { startFleet } from '../../harness/fleet.ts';
import type { Fleet } from '../../harness/fleet.ts';
import { core, nginxReady, on, subscriptionCondition, subscriptions } from '../../harness/journey.ts';

describe(`changing an application, on ${on} control planes`, () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet({
      on,
      children: [
        { name: 'pushed', syncMode: 'Dual', isAppPusherEnabled: true, labels: { env: 'demo' } },
        { name: 'pulled', syncMode: 'Dual', isAppPusherEnabled: false, labels: { env: 'demo' } },
      ],
    });
    await applyToParent(fleet.parent.client, exampleApplication(fleet.child('pushed').namespace));
    await nginxReady(fleet.child('pushed'), 3);
    await nginxReady(fleet.child('pulled'), 2);
  });
  afterAll(() => fleet[Symbol.asyncDispose]());

  it('delivers an edited feed, and takes away what the edit removed', async () => {
    const [deployment] = readObjects('examples/applications/deployment.yaml');
    delete deployment!.metadata.labels;
    deployment!.metadata.annotations = { edited: 'yes' };
    await applyToParent(fleet.parent.client, [deployment!]);
    for (const child of fleet.children) {
      await eventually(`the edit on ${child.spec.name}`, async () => {
        const { metadata } = await nginxReady(child, child.spec.name === 'pushed' ? 3 : 2);
        return metadata.annotations?.['edited'] === 'yes' && metadata.labels?.['app'] === undefined;
      });
    }
  });

  it('waits for a feed that does not exist, names it, and delivers the others', async () => {
    const ref = { namespace: 'default', name: 'app-demo' };
    const { spec } = await subscriptions(fleet).get(ref);
    const late = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'foo', name: 'late' };
    await subscriptions(fleet).patch(ref, 'merge', { spec: { feeds: [...spec.feeds, late] } });
    const waiting = await subscriptionCondition(
      fleet,
      'Reconciling',
      ({ reason }) => reason === 'FeedNotFound',
    );
    expect(waiting.message).toContain('ConfigMap foo/late');
    await nginxReady(fleet.child('pushed'), 3);

    const { apiVersion, kind, name, namespace } = late;
    const metadata = { name, namespace };
    await applyToParent(fleet.parent.client, [{ apiVersion, kind, metadata, data: { came: 'late' } }]);
    for (const { plane } of fleet.children) {
      await eventually('the late feed', () =>
        core(plane.client, 'ConfigMap', 'configmaps').get({ namespace, name }),
      );
    }
    await subscriptionCondition(fleet, 'Ready', ({ status }) => status === 'True');
  });

  it('prunes a feed that left the Subscription, and nothing else', async () => {
    const ref = { namespace: 'default', name: 'app-demo' };
    const { spec } = await subscriptions(fleet).get(ref);
    const feeds = spec.feeds.filter(({ name }) => name !== 'late');
    await subscriptions(fleet).patch(ref, 'merge', { spec: { feeds } });
    for (const child of fleet.children) {
      await eventually('the pruned feed to be gone', () =>
        core(child.plane.client, 'ConfigMap', 'configmaps')
          .get({ namespace: 'foo', name: 'late' })
          .then(() => false)
          .catch((error: unknown) => isApiError(error, 'NOT_FOUND')),
      );
      await nginxReady(child, child.spec.name === 'pushed' ? 3 : 2);
    }
  });

  it('leaves a cluster that no longer matches', async () => {
    const { namespace, plane } = fleet.child('pulled');
    await fleet.clusters.patch({ namespace, name: 'pulled' }, 'merge', {
      metadata: { labels: { env: 'other' } },
    });
    await eventually('the application to be gone from pulled', () =>
      core(plane.client, 'Namespace', 'namespaces', false)
        .get({ name: 'foo' })
        .then(() => false)
        .catch((error: unknown) => isApiError(error, 'NOT_FOUND')),
    );
    await nginxReady(fleet.child('pushed'), 3);
  });
});
