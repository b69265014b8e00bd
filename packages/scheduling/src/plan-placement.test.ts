import type { FeedInventory, ManagedCluster, Subscription } from '@clusternet/api-types';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divideByAvailability, divideByWeight } from './divide-replicas.ts';
import { planPlacement } from './plan-placement.ts';
import { isInventoryOf } from './plan-replicas.ts';
import { isTolerated } from './taint-toleration.ts';

type Taint = NonNullable<NonNullable<ManagedCluster['spec']>['taints']>[number];

function cluster(
  key: string,
  options: { labels?: Record<string, string>; taints?: Taint[]; deleted?: boolean } = {},
): ManagedCluster {
  const [namespace, name] = key.split('/') as [string, string];
  return {
    apiVersion: 'clusters.clusternet.io/v1beta1',
    kind: 'ManagedCluster',
    metadata: {
      namespace,
      name,
      labels: options.labels ?? {},
      ...(options.deleted === true ? { deletionTimestamp: '2024-01-01T00:00:00Z' } : {}),
    },
    spec: {
      clusterId: 'x',
      syncMode: 'Dual',
      ...(options.taints === undefined ? {} : { taints: options.taints }),
    },
  };
}

function subscription(spec: Partial<Subscription['spec']> = {}): Subscription {
  return {
    apiVersion: 'apps.clusternet.io/v1alpha1',
    kind: 'Subscription',
    metadata: { namespace: 'n', name: 's' },
    spec: { subscribers: [{ clusterAffinity: {} }], feeds: [], ...spec },
  };
}

const match = (label: string): { clusterAffinity: { matchLabels: Record<string, string> } } => ({
  clusterAffinity: { matchLabels: { [label]: '1' } },
});
const down: Taint = {
  key: 'clusters.clusternet.io/unschedulable',
  value: 'ClusterStatusUnknown',
  effect: 'NoSchedule',
};
const UNTOLERATED =
  "clusters(s) had taint {clusters.clusternet.io/unschedulable: ClusterStatusUnknown}, that the subscription didn't tolerate";

describe('planPlacement', () => {
  it.each([
    {
      why: 'an empty affinity selects every cluster, in order of namespace and name',
      spec: {},
      clusters: [cluster('b/a'), cluster('a/b'), cluster('a/a')],
      want: ['a/a', 'a/b', 'b/a'],
    },
    {
      why: 'subscribers add up, each cluster once',
      spec: { subscribers: [match('x'), match('y')] },
      clusters: [
        cluster('a/a', { labels: { x: '1', y: '1' } }),
        cluster('b/b', { labels: { y: '1' } }),
        cluster('c/c'),
      ],
      want: ['a/a', 'b/b'],
    },
    {
      why: 'clusters that are being deleted are left out',
      spec: {},
      clusters: [cluster('a/a', { deleted: true }), cluster('b/b')],
      want: ['b/b'],
    },
    {
      why: 'a NoSchedule taint that is not tolerated keeps out, and evicts',
      spec: {},
      clusters: [cluster('a/a', { taints: [down] }), cluster('b/b')],
      want: ['b/b'],
    },
    {
      why: 'a tolerated taint does not',
      spec: { clusterTolerations: [{ key: down.key, operator: 'Exists' }] },
      clusters: [cluster('a/a', { taints: [down] })],
      want: ['a/a'],
    },
    {
      why: 'PreferNoSchedule keeps nobody out',
      spec: {},
      clusters: [cluster('a/a', { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] })],
      want: ['a/a'],
    },
    {
      why: 'subgroups take the best of each group; a cluster in two groups counts once',
      spec: {
        schedulingBySubGroup: true,
        subscribers: [
          { ...match('shanghai'), subGroupStrategy: { minClusters: 2 } },
          { ...match('beijing'), subGroupStrategy: { minClusters: 1 } },
        ],
      },
      clusters: [
        cluster('a/a', { labels: { shanghai: '1' }, taints: [{ key: 'k', effect: 'PreferNoSchedule' }] }),
        cluster('b/b', { labels: { shanghai: '1' } }),
        cluster('c/c', { labels: { shanghai: '1', beijing: '1' } }),
        cluster('d/d', { labels: { beijing: '1' } }),
      ],
      want: ['b/b', 'c/c'],
    },
  ])('$why', ({ spec, clusters, want }) => {
    const plan = planPlacement({ subscription: subscription(spec), clusters });
    expect(plan).toMatchObject({
      kind: 'scheduled',
      bindingClusters: want,
      replicas: undefined,
      message: undefined,
    });
  });

  it('says of each selected cluster why it is not used', () => {
    const plan = planPlacement({
      subscription: subscription({ subscribers: [match('x')] }),
      clusters: [
        cluster('a/a', { labels: { x: '1' }, taints: [down] }),
        cluster('b/b', { labels: { x: '1' }, taints: [down] }),
        cluster('c/c'),
      ],
    });
    expect(plan).toEqual({
      kind: 'unfit',
      bindingClusters: [],
      replicas: undefined,
      unschedulableReasons: [
        { cluster: 'a/a', plugin: 'TaintToleration', reason: UNTOLERATED },
        { cluster: 'b/b', plugin: 'TaintToleration', reason: UNTOLERATED },
      ],
      message: `0/3 clusters are available: 2 ${UNTOLERATED}.`,
    });
  });

  it.each([
    { why: 'nothing is selected', spec: { subscribers: [match('x')] } },
    { why: 'the affinity is null', spec: { subscribers: [{ clusterAffinity: null as never }] } },
    { why: 'there are no subscribers', spec: { subscribers: [] } },
  ])('is unfit when $why', ({ spec }) => {
    const plan = planPlacement({ subscription: subscription(spec), clusters: [cluster('a/a')] });
    expect(plan).toMatchObject({
      kind: 'unfit',
      bindingClusters: [],
      message: '0/1 clusters are available: .',
    });
  });

  it('changes nothing while no cluster is registered', () => {
    const plan = planPlacement({ subscription: subscription(), clusters: [] });
    expect(plan).toMatchObject({
      kind: 'no-clusters',
      message: 'no clusters available to schedule subscriptions',
    });
  });

  it.each([
    {
      spec: { subscribers: [{ clusterAffinity: { matchExpressions: [{ key: 'a', operator: 'Near' }] } }] },
      want: 'INVALID_SELECTOR',
    },
    { spec: { schedulingBySubGroup: true }, want: 'MISSING_SUBGROUP_STRATEGY' },
    {
      spec: { schedulingBySubGroup: true, subscribers: [{ clusterAffinity: {}, subGroupStrategy: {} }] },
      want: 'EMPTY_SUBGROUPS',
    },
    { spec: { schedulingStrategy: 'Dividing' as const }, want: 'MISSING_INVENTORY' },
  ])('refuses with $want', ({ spec, want }) => {
    expect(() => planPlacement({ subscription: subscription(spec), clusters: [cluster('a/a')] })).toThrow(
      expect.objectContaining({ code: want }),
    );
  });

  it('does not depend on the order of the clusters', () => {
    const clusters = ['a/a', 'a/b', 'b/a', 'c/c'].map((key) => cluster(key));
    fc.assert(
      fc.property(fc.shuffledSubarray(clusters, { minLength: clusters.length }), (shuffled) => {
        expect(planPlacement({ subscription: subscription(), clusters: shuffled })).toEqual(
          planPlacement({ subscription: subscription(), clusters }),
        );
      }),
    );
  });

  it('takes other plug-ins', () => {
    const only = {
      name: 'Only',
      filter: (_: unknown, { metadata }: ManagedCluster) => (metadata.name === 'b' ? undefined : 'no'),
    };
    const plan = planPlacement({
      subscription: subscription(),
      clusters: [cluster('n/a'), cluster('n/b')],
      profile: { filters: [only], scores: [] },
    });
    expect(plan.bindingClusters).toEqual(['n/b']);
    expect(plan.unschedulableReasons).toEqual([{ cluster: 'n/a', plugin: 'Only', reason: 'no' }]);
  });
});

describe('static dividing', () => {
  const inventory = (replicas: number): FeedInventory => ({
    apiVersion: 'apps.clusternet.io/v1alpha1',
    kind: 'FeedInventory',
    metadata: { namespace: 'n', name: 's' },
    spec: {
      feeds: [
        { apiVersion: 'v1', kind: 'Namespace', name: 'bar' },
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name: 'my-nginx',
          namespace: 'bar',
          desiredReplicas: replicas,
        },
      ],
    },
  });
  const dividing = { schedulingStrategy: 'Dividing', dividingScheduling: { type: 'Static' } } as const;
  const clusters = [cluster('k/b', { labels: { b: '1' } }), cluster('c/a', { labels: { a: '1' } })];

  it('gives every feed a list by the order of the bindings', () => {
    const spec = {
      ...dividing,
      subscribers: [
        { ...match('a'), weight: 1 },
        { ...match('b'), weight: 2 },
      ],
    };
    expect(
      planPlacement({ subscription: subscription(spec), clusters, inventory: inventory(6) }),
    ).toMatchObject({
      bindingClusters: ['c/a', 'k/b'],
      replicas: { 'apps/v1/Deployment/bar/my-nginx': [2, 4], 'v1/Namespace/bar': [] },
    });
  });

  it('adds up the weights of all subscribers that select a cluster', () => {
    const spec = {
      ...dividing,
      subscribers: [
        { clusterAffinity: {}, weight: 1 },
        { ...match('b'), weight: 1 },
      ],
    };
    const plan = planPlacement({ subscription: subscription(spec), clusters, inventory: inventory(9) });
    expect(plan.replicas?.['apps/v1/Deployment/bar/my-nginx']).toEqual([3, 6]);
  });

  it('C BUG-32: without weights clusters count alike, instead of each running everything', () => {
    const plan = planPlacement({ subscription: subscription(dividing), clusters, inventory: inventory(7) });
    expect(plan.replicas).toEqual({ 'apps/v1/Deployment/bar/my-nginx': [4, 3], 'v1/Namespace/bar': [] });
  });

  it('refuses dynamic dividing, with or without an inventory', () => {
    const dynamic = { ...dividing, dividingScheduling: { type: 'Dynamic' } } as const;
    const input = { subscription: subscription(dynamic), clusters };
    for (const counted of [undefined, inventory(6)]) {
      expect(() => planPlacement({ ...input, inventory: counted })).toThrow(
        expect.objectContaining({ code: 'UNSUPPORTED_DIVIDING' }),
      );
    }
  });

  it.each([
    { why: 'the same feeds in the same order', feeds: inventory(6).spec.feeds, want: true },
    { why: 'another order', feeds: inventory(6).spec.feeds.toReversed(), want: false },
    { why: 'a feed more', feeds: [...inventory(6).spec.feeds, inventory(6).spec.feeds[0]!], want: false },
  ])('an inventory belongs to a Subscription with $why: $want', ({ feeds, want }) => {
    const spec = {
      feeds: feeds.map(({ apiVersion, kind, name, namespace }) => ({
        apiVersion,
        kind,
        name,
        ...(namespace === undefined ? {} : { namespace }),
      })),
    };
    expect(isInventoryOf(inventory(6), subscription(spec))).toBe(want);
  });
});

describe('divideByWeight', () => {
  it.each([
    [6, [2, 1, 0, 2], [3, 1, 0, 2]],
    [5, [5, 1, 0, 2], [4, 0, 0, 1]],
    [6, [1, 2], [2, 4]],
    [12, [1, 2, 1], [3, 6, 3]],
    [10, [3, 3, 1], [5, 4, 1]],
    [3, [0, 0], undefined],
    [2_000_000_000, [2_000_000_000, 2_000_000_000], [1_000_000_000, 1_000_000_000]],
  ])('%i by %j is %j', (desired, weights, want) => {
    expect(divideByWeight(desired, weights)).toEqual(want);
  });

  it('always gives out everything', () => {
    const weights = fc
      .array(fc.nat(1000), { minLength: 1, maxLength: 20 })
      .filter((list) => list.some((weight) => weight > 0));
    fc.assert(
      fc.property(fc.nat(100_000), weights, (desired, list) => {
        const shares = divideByWeight(desired, list) ?? [];
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(desired);
        expect(shares.every((share, index) => share >= 0 && (list[index]! > 0 || share === 0))).toBe(true);
      }),
    );
  });
});

describe('divideByAvailability', () => {
  it.each([
    [6, [3, 6, 9], [1, 2, 3]],
    [2, [3, 6, 9], [0, 1, 1]],
    [3, [3, 6, 9], [1, 1, 1]],
    [6, [1, 2, 2], [1, 2, 2]],
    [3, [0, 0, 0], [0, 0, 0]],
    [-6, [3, 6, 9], [-1, -2, -3]],
    [-2, [3, 6, 9], [0, -1, -1]],
    [4, [10, 10, 10], [2, 1, 1]],
    [6, [12, 30], [2, 4]],
    [-3, [2, 4], [-1, -2]],
  ])('%i by %j is %j', (count, available, want) => {
    expect(divideByAvailability(count, available)).toEqual(want);
  });
});

describe('isTolerated', () => {
  it.each([
    [{}, false],
    [{ operator: 'Exists' }, true],
    [{ key: 'k', operator: 'Exists' }, true],
    [{ key: 'k', value: 'v' }, true],
    [{ key: 'k', operator: 'Equal', value: 'w' }, false],
    [{ key: 'k', value: 'v', effect: 'NoExecute' }, false],
    [{ key: 'other', operator: 'Exists' }, false],
    [{ key: 'k', operator: 'Like', value: 'v' }, false],
  ])('%j: %s', (toleration, want) => {
    expect(isTolerated({ key: 'k', value: 'v', effect: 'NoSchedule' }, toleration)).toBe(want);
  });
});
