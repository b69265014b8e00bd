import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyToParent, exampleApplication } from '../../harness/application.ts';
import { eventually } from '../../harness/eventually.ts';
import { startFleet } from '../../harness/fleet.ts';
import type { Fleet } from '../../harness/fleet.ts';
import type { FleetChild } from '../../harness/join-child.ts';
import { core, deployments, nginxReady, on } from '../../harness/journey.ts';

const web = { namespace: 'foo', name: 'my-nginx' };

describe(`recovering what was delivered, on ${on} control planes`, () => {
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await startFleet({
      on,
      children: [
        { name: 'push', syncMode: 'Push', isAppPusherEnabled: true, labels: { env: 'demo' } },
        { name: 'pull', syncMode: 'Pull', isAppPusherEnabled: false, labels: { env: 'demo' } },
        {
          name: 'loose',
          syncMode: 'Pull',
          isAppPusherEnabled: false,
          labels: { env: 'demo' },
          flags: ['--feature-gates=Recovery=false'],
        },
      ],
    });
    await applyToParent(fleet.parent.client, exampleApplication(fleet.child('push').namespace));
    await Promise.all([nginxReady(fleet.child('push'), 3), nginxReady(fleet.child('pull'), 2)]);
  });
  afterAll(() => fleet[Symbol.asyncDispose]());

  /** Of the first container. */
  const imageOf = async ({ plane }: FleetChild): Promise<string> => {
    const { spec } = await deployments(plane.client).get(web);
    const { template } = spec as unknown as { template: { spec: { containers: { image: string }[] } } };
    return template.spec.containers[0]?.image ?? '';
  };
  const setImage = ({ plane }: FleetChild, image: string) =>
    deployments(plane.client).patch(
      web,
      'json',
      [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: image }],
      { fieldManager: 'somebody' },
    );

  describe.each(['push', 'pull'])('in a child in mode %s', (name) => {
    it('leaves alone what is as it was delivered', async () => {
      const { plane } = fleet.child(name);
      const services = core(plane.client, 'Service', 'services');
      const before = await services.get({ namespace: 'foo', name: 'my-nginx-svc' });
      await new Promise((resolve) => setTimeout(resolve, 3000));
      const after = await services.get({ namespace: 'foo', name: 'my-nginx-svc' });
      expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    });

    it('brings back a field that somebody changed, and says who', async () => {
      const child = fleet.child(name);
      const wanted = await imageOf(child);
      await setImage(child, 'example.invalid/other');
      await eventually('the image to be back', async () => (await imageOf(child)) === wanted);
      const events = core(fleet.parent.client, 'Event', 'events');
      await eventually('an event that says so', async () => {
        const { items } = await events.list({ namespace: child.namespace });
        return items.some(({ message }) => /my-nginx was changed by somebody \(/.test(String(message)));
      });
    });

    it('brings back what somebody deleted', async () => {
      const child = fleet.child(name);
      const { metadata } = await deployments(child.plane.client).get(web);
      await deployments(child.plane.client).delete(web);
      await eventually('another one to be there', async () => {
        const found = await deployments(child.plane.client).get(web);
        return found.metadata.uid !== metadata.uid;
      });
    });

    it('leaves what others add', async () => {
      const child = fleet.child(name);
      await deployments(child.plane.client).patch(web, 'merge', {
        metadata: { labels: { 'added-by': 'somebody' } },
      });
      await setImage(child, 'example.invalid/other');
      await eventually(
        'the image to be back',
        async () => (await imageOf(child)) !== 'example.invalid/other',
      );
      const { metadata } = await deployments(child.plane.client).get(web);
      expect(metadata.labels).toMatchObject({ 'added-by': 'somebody' });
    });
  });

  it('does nothing of this with Recovery switched off', async () => {
    const child = fleet.child('loose');
    await nginxReady(child, 2);
    await setImage(child, 'example.invalid/other');
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(await imageOf(child)).toBe('example.invalid/other');
  });
});
