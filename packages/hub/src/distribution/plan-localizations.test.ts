import type { Base, Localization, Subscription } from '@clusternet/api-types';
import { describe, expect, it } from 'vitest';
import { base, CONFIG_FEED, inventory, subscription, WEB_FEED } from '../parent/objects.fixture.ts';
import { planLocalizations } from './plan-localizations.ts';

const EAST = 'clusternet-aaaaa/east';
const WEST = 'clusternet-bbbbb/west';
const FEEDS = [CONFIG_FEED, WEB_FEED];
const WEB = 'apps/v1/Deployment/foo/web';

function divided(shares: number[], spec: Partial<Subscription['spec']> = {}): Subscription {
  const plain = subscription(
    {
      specHash: 1,
      bindingClusters: [EAST, WEST],
      replicas: { [WEB]: shares, 'v1/ConfigMap/foo/settings': [] },
    },
    {},
    FEEDS,
  );
  return { ...plain, spec: { ...plain.spec, schedulingStrategy: 'Dividing', ...spec } };
}

const counted = inventory(CONFIG_FEED, {
  ...WEB_FEED,
  desiredReplicas: 6,
  replicaJsonPath: '/spec/replicas',
});
const bases = new Map<string, Base>([
  [EAST, base({ name: 'app-e', uid: 'e' })],
  [WEST, base({ name: 'app-w', uid: 'w', namespace: 'clusternet-bbbbb' })],
]);
const plan = (of: Subscription, existing: readonly Localization[] = []) =>
  planLocalizations({ subscription: of, inventory: counted, bases, existing });
const asGiven = (localizations: readonly Localization[]) =>
  localizations.map(({ metadata, spec }) => [metadata.namespace, spec.overrides?.[0]?.value]);

describe('planLocalizations', () => {
  it('C §8.2: gives each cluster its share in the words of the Go controllers', () => {
    const { create, update, remove } = plan(divided([2, 4]));
    expect(asGiven(create)).toEqual([
      ['clusternet-aaaaa', '[{"path":"/spec/replicas","value":2,"op":"replace"}]'],
      ['clusternet-bbbbb', '[{"path":"/spec/replicas","value":4,"op":"replace"}]'],
    ]);
    expect(create[0]).toMatchObject({
      metadata: {
        name: expect.stringMatching(/^app-e-[bcdfghjklmnpqrstvwxz2456789]{5}$/) as unknown,
        labels: { 'clusternet.io/created-by': 'clusternet-controller-manager', 'sub-uid': 'Subscription' },
        ownerReferences: [{ kind: 'Base', name: 'app-e', uid: 'e', controller: true }],
      },
      spec: {
        overridePolicy: 'ApplyNow',
        priority: 1000,
        feed: WEB_FEED,
        overrides: [{ name: 'dividing scheduling replicas', type: 'JSONPatch' }],
      },
    });
    expect([update, remove]).toEqual([[], []]);
  });

  it('plans nothing about what is as it should be, and derives names', () => {
    const { create } = plan(divided([2, 4]));
    expect(plan(divided([2, 4]), create)).toEqual({ create: [], update: [], remove: [] });
    expect(plan(divided([1, 5])).create.map(({ metadata }) => metadata.name)).toEqual(
      create.map(({ metadata }) => metadata.name),
    );
  });

  it('updates a share that changed or was changed by hand', () => {
    const { create } = plan(divided([2, 4]));
    const { update } = plan(divided([3, 4]), create);
    expect(
      update.map(({ localization, spec }) => [localization.metadata.namespace, spec.overrides?.[0]?.value]),
    ).toEqual([['clusternet-aaaaa', '[{"path":"/spec/replicas","value":3,"op":"replace"}]']]);
    const byHand = create.map((one) => ({ ...one, spec: { ...one.spec, priority: 1 } }));
    expect(plan(divided([2, 4]), byHand).update).toHaveLength(2);
  });

  it.each([
    { why: 'nothing is divided any more', of: divided([2, 4], { schedulingStrategy: 'Replication' }) },
    { why: 'the feed is gone', of: divided([2, 4], { feeds: [CONFIG_FEED] }) },
    { why: 'the feed has no replicas any more', of: divided([]) },
  ])('removes shares when $why', ({ of }) => {
    const { create } = plan(divided([2, 4]));
    expect(plan(of, create)).toEqual({ create: [], update: [], remove: create });
  });

  it('leaves those of Bases that go to go with them, and those that somebody else made', () => {
    const { create } = plan(divided([2, 4]));
    const orphan = create.map((one) => ({
      ...one,
      metadata: { ...one.metadata, ownerReferences: [] },
    }));
    const foreign = create.map((one) => ({ ...one, metadata: { ...one.metadata, labels: {} } }));
    const whole = divided([2, 4], { schedulingStrategy: 'Replication' });
    expect(plan(whole, [...orphan, ...foreign]).remove).toEqual([]);
  });

  it('gives a share of none too', () => {
    expect(asGiven(plan(divided([0, 6])).create)[0]?.[1]).toContain('"value":0');
  });
});
