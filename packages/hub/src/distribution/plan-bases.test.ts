import { describe, expect, it } from 'vitest';
import { base, cluster, CLUSTER_ID, CONFIG_FEED, subscription } from '../parent/objects.fixture.ts';
import { planBases } from './plan-bases.ts';

const WEST = 'clusternet-bbbbb/west';
const EAST = 'clusternet-aaaaa/east';
const clusters = new Map([
  [EAST, cluster()],
  [WEST, cluster({}, { clusterId: 'w' }, { name: 'west', namespace: 'clusternet-bbbbb', labels: {} })],
]);
const getCluster = (key: string) => clusters.get(key);
const bound = (...bindingClusters: string[]) => ({ specHash: 1, bindingClusters });

describe('planBases', () => {
  it('makes one Base in the namespace of each bound cluster, with what Go peers look for', () => {
    const plan = planBases(subscription(bound(EAST, WEST)), [], getCluster);
    expect(plan.create.map(({ metadata }) => metadata.namespace)).toEqual([
      'clusternet-aaaaa',
      'clusternet-bbbbb',
    ]);
    const [first] = plan.create;
    expect(first!.metadata.name).toMatch(/^app-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(first!.metadata.finalizers).toEqual(['apps.clusternet.io/finalizer']);
    expect(first!.metadata.labels).toEqual({
      'clusternet.io/created-by': 'clusternet-controller-manager',
      'apps.clusternet.io/config.kind': 'Subscription',
      'apps.clusternet.io/config.namespace': 'default',
      'apps.clusternet.io/config.uid': 'sub-uid',
      'apps.clusternet.io/config.name': 'app',
      'apps.clusternet.io/subs.name': 'app',
      'apps.clusternet.io/subs.namespace': 'default',
      'apps.clusternet.io/subs.uid': 'sub-uid',
      'clusters.clusternet.io/cluster-id': CLUSTER_ID,
      'clusters.clusternet.io/cluster-name': 'east',
    });
    expect(first!.spec.feeds).toEqual([CONFIG_FEED]);
  });

  it('derives names: the same each time, others for another cluster and for a Subscription made anew', () => {
    const nameOf = (uid: string, binding: string) =>
      planBases(subscription(bound(binding), { uid }), [], getCluster).create[0]!.metadata.name;
    expect(nameOf('one', EAST)).toBe(nameOf('one', EAST));
    expect(nameOf('one', EAST)).not.toBe(nameOf('one', WEST));
    expect(nameOf('one', EAST)).not.toBe(nameOf('two', EAST));
  });

  it.each([
    { length: 57, isLabelled: true },
    { length: 58, isLabelled: false },
  ])(
    'C §1.1: labels with a Subscription name of $length characters: $isLabelled',
    ({ length, isLabelled }) => {
      const name = 'a'.repeat(length);
      const [created] = planBases(subscription(bound(EAST), { name }), [], getCluster).create;
      const labels = created!.metadata.labels!;
      expect(labels['apps.clusternet.io/config.name']).toBe(isLabelled ? name : undefined);
      expect(labels['apps.clusternet.io/subs.name']).toBe(isLabelled ? name : undefined);
      expect(labels['apps.clusternet.io/subs.uid']).toBe('sub-uid');
    },
  );

  it.each(['a'.repeat(253), `${'a'.repeat(238)}.${'b'.repeat(14)}`])(
    'leaves room in the name of a Base for what its Descriptions add (%#)',
    (name) => {
      const [created] = planBases(subscription(bound(EAST), { name }), [], getCluster).create;
      expect(`${created!.metadata.name!}-generic`.length).toBeLessThanOrEqual(253);
      expect(created!.metadata.name).toMatch(/[a-z0-9]-[a-z0-9]{5}$/);
    },
  );

  it('keeps a Base that a Go peer made, under its name', () => {
    const [made] = planBases(subscription(), [], getCluster).create;
    const go = base({ ...made!.metadata, name: 'app-q7wxz' });
    expect(planBases(subscription(), [go], getCluster)).toEqual({
      keep: [go],
      create: [],
      update: [],
      remove: [],
      unknownClusters: [],
    });
  });

  it('C §10 BUG-4: of several Bases in one namespace the oldest stays, by date and not by second of the minute', () => {
    const older = base({ name: 'older', creationTimestamp: '2026-01-01T00:00:59Z' });
    const newer = base({ name: 'newer', creationTimestamp: '2026-01-01T00:01:01Z' });
    const plan = planBases(subscription(), [newer, older], getCluster);
    expect(plan.update.map((entry) => entry.base.metadata.name)).toEqual(['older']);
    expect(plan.remove).toEqual([newer]);
    expect(plan.create).toEqual([]);
  });

  it('updates only what differs', () => {
    const [made] = planBases(subscription(), [], getCluster).create;
    const feeds = [CONFIG_FEED, { ...CONFIG_FEED, name: 'more' }];
    const plan = planBases(subscription(undefined, {}, feeds), [base(made!.metadata)], getCluster);
    expect(plan.update).toMatchObject([{ feeds }]);
  });

  it('removes the Base of a cluster that is no longer bound, and does not count one that is going already', () => {
    const going = base({ name: 'going', deletionTimestamp: '2026-01-02T00:00:00Z' });
    const left = base({ name: 'left', namespace: 'clusternet-bbbbb' });
    const plan = planBases(subscription(bound(EAST)), [going, left], getCluster);
    expect(plan.remove).toEqual([left]);
    expect(plan.create).toHaveLength(1);
  });

  it('names bindings to clusters that are not there', () => {
    expect(planBases(subscription(bound('gone/gone')), [], getCluster)).toMatchObject({
      create: [],
      unknownClusters: ['gone/gone'],
    });
  });

  it('takes nothing away while the Subscription is not scheduled, as after a restore without status', () => {
    expect(planBases(subscription({}), [base()], getCluster).remove).toEqual([]);
    expect(planBases(subscription({ specHash: 1 }), [base()], getCluster).remove).toHaveLength(1);
  });
});
