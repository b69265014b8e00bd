import type { Description, FeedInventory, ManagedCluster, Subscription } from '@clusternet/api-types';
import { findCondition } from '@clusternet/controller-kit';
import type { Condition } from '@clusternet/kube-data';
import { hashSubscriptionSpec } from '@clusternet/scheduling';
import { describe, expect, it } from 'vitest';
import type { FeedProblem } from '../distribution/plan-description.ts';
import {
  cluster,
  CONFIG_FEED,
  deployment,
  description,
  inventory,
  ready,
  subscription,
  WEB_FEED,
} from '../parent/objects.fixture.ts';
import { planSubscriptionStatus } from './plan-subscription-status.ts';

const EAST = 'clusternet-aaaaa/east';
const WEST = 'clusternet-bbbbb/west';
const clusters = new Map<string, ManagedCluster>([
  [EAST, cluster()],
  [WEST, cluster({}, { clusterId: 'west-id' }, { name: 'west', namespace: 'clusternet-bbbbb' })],
]);
const bound = { specHash: 1, bindingClusters: [EAST, WEST] };
const deployed: Description['status'] = {
  phase: 'Success',
  observedGeneration: 1,
  conditions: [ready('True', 'Deployed')],
};
const waiting = (reason: string, message: string): Description['status'] => ({
  conditions: [ready('Unknown', reason, message)],
});
const inWest = { namespace: 'clusternet-bbbbb' };
const problem = (reason: FeedProblem['reason'], message: string, isFatal = true): FeedProblem => ({
  reason,
  message,
  isFatal,
});

function dividing(type: 'Dynamic' | 'Static', status: Subscription['status'] = {}): Subscription {
  const plain = subscription(status);
  return {
    ...plain,
    spec: { ...plain.spec, schedulingStrategy: 'Dividing', dividingScheduling: { type } },
  };
}

function plan(
  descriptions: readonly Description[],
  problems: readonly FeedProblem[] = [],
  given = subscription(bound),
  counted?: FeedInventory,
) {
  return planSubscriptionStatus({
    subscription: given,
    descriptions,
    problems,
    inventory: counted,
    getCluster: (key) => clusters.get(key),
  });
}

const states = (conditions: readonly unknown[]): string =>
  ['Ready', 'Reconciling', 'Stalled']
    .map((type) => findCondition(conditions as Condition[], type)!.status[0])
    .join('');
const reasonOf = (conditions: readonly unknown[]): string =>
  findCondition(conditions as Condition[], 'Ready')!.reason ?? '';
const messageOf = (conditions: readonly unknown[]): string =>
  findCondition(conditions as Condition[], 'Ready')!.message ?? '';

describe('planSubscriptionStatus: conditions', () => {
  it.each([
    { why: 'not scheduled yet', given: plan([], [], subscription({})), want: 'UTF', reason: 'Scheduling' },
    {
      why: 'dynamic dividing, which we do not do',
      given: plan([], [], dividing('Dynamic')),
      want: 'FFT',
      reason: 'DividingNotSupported',
    },
    {
      why: 'dynamic dividing that another scheduler did',
      given: plan(
        [],
        [],
        dividing('Dynamic', { ...bound, specHash: hashSubscriptionSpec(dividing('Dynamic').spec) }),
      ),
      want: 'FTF',
      reason: 'Delivering',
    },
    {
      why: 'static dividing of what nobody has counted yet',
      given: plan([], [], dividing('Static')),
      want: 'UTF',
      reason: 'FeedInventoryMissing',
    },
    {
      why: 'static dividing that the scheduler has not done yet',
      given: plan([], [], dividing('Static'), inventory(CONFIG_FEED)),
      want: 'UTF',
      reason: 'Scheduling',
    },
    {
      why: 'a share that is on its way',
      given: plan([], [problem('ReplicasNotDivided', 'the replicas of Deployment foo/web')]),
      want: 'FTF',
      reason: 'ReplicasNotDivided',
    },
    {
      why: 'nothing matches',
      given: plan([], [], subscription({ specHash: 1, bindingClusters: [] })),
      want: 'FTF',
      reason: 'NoClusterMatches',
    },
    {
      why: 'bound to a cluster that is gone',
      given: plan([], [], subscription({ specHash: 1, bindingClusters: ['gone/gone'] })),
      want: 'FTF',
      reason: 'ClusterNotFound',
    },
    { why: 'no Description yet', given: plan([]), want: 'FTF', reason: 'Delivering' },
    {
      why: 'delivered to all',
      given: plan([description([], deployed), description([], deployed, inWest)]),
      want: 'TFF',
      reason: 'Delivered',
    },
    {
      why: 'a spec that came after the last delivery',
      given: plan([description([], deployed, { generation: 2 }), description([], deployed, inWest)]),
      want: 'FTF',
      reason: 'Delivering',
    },
    {
      why: 'one child is away',
      given: plan([
        description([], deployed),
        description([], waiting('ClusterUnreachable', 'the tunnel is not connected'), inWest),
      ]),
      want: 'FTF',
      reason: 'ClusterUnreachable',
    },
    {
      why: 'one failed: that comes before one that waits',
      given: plan([
        description([], waiting('ClusterUnreachable', 'away')),
        description(
          [],
          {
            phase: 'Failure',
            conditions: [ready('False', 'DeployFailed', 'no')],
          },
          inWest,
        ),
      ]),
      want: 'FTF',
      reason: 'DeployFailed',
    },
    {
      why: 'a feed that may still come',
      given: plan([], [problem('FeedNotFound', 'ConfigMap foo/a'), problem('FailedApplyingOverrides', 'x')]),
      want: 'FTF',
      reason: 'FeedNotFound',
    },
    {
      why: 'an override that somebody must correct',
      given: plan([], [problem('FailedApplyingOverrides', 'x')]),
      want: 'FFT',
      reason: 'FailedApplyingOverrides',
    },
    {
      why: 'a notice does not hold anything up',
      given: plan(
        [description([], deployed), description([], deployed, inWest)],
        [problem('OverrideDiscarded', 'discarded', false)],
      ),
      want: 'TFF',
      reason: 'DeliveredWithNotices',
    },
  ])('$why', ({ given, want, reason }) => {
    expect(states(given.conditions)).toBe(want);
    expect(reasonOf(given.conditions)).toBe(reason);
    for (const { observedGeneration } of given.conditions) expect(observedGeneration).toBe(3);
  });

  it('names clusters and says each thing once', () => {
    const away = waiting('ClusterUnreachable', 'away');
    expect(messageOf(plan([description([], away), description([], away, inWest)]).conditions)).toBe(
      'east: away; west: away',
    );
    const twice = problem('FeedNotFound', 'ConfigMap foo/a');
    expect(messageOf(plan([], [twice, { ...twice }]).conditions)).toBe('ConfigMap foo/a');
  });

  it('cuts what would not fit a condition', () => {
    const many = Array.from({ length: 500 }, (_, index) => problem('FeedNotFound', `ConfigMap foo/${index}`));
    expect(messageOf(plan([], many).conditions).length).toBeLessThanOrEqual(2000);
  });
});

describe('planSubscriptionStatus: aggregated status', () => {
  const feed = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'foo', name: 'web' };
  const observed = (replicas: number, generation: number, namespace = 'foo') => ({
    ...feed,
    namespace,
    observedStatus: { observedGeneration: generation, replicas, readyReplicas: replicas, extra: 'x' },
  });

  it('C §2.12: sums replicas, takes the highest generation, and is available when it is everywhere', () => {
    const { aggregatedStatuses, completedReleases } = plan(
      [
        description([], { ...deployed, manifestStatuses: [observed(2, 4)] }),
        description([], { ...deployed, manifestStatuses: [observed(3, 1)] }, inWest),
      ],
      [],
      subscription(bound, {}, [feed]),
    );
    expect(completedReleases).toBe(2);
    expect(aggregatedStatuses).toMatchObject([
      {
        ...feed,
        feedStatusSummary: {
          available: true,
          replicaStatus: { observedGeneration: 4, replicas: 5, readyReplicas: 5 },
        },
        feedStatusDetails: [
          { clusterName: 'east', available: true, replicaStatus: { replicas: 2 } },
          { clusterId: 'west-id', clusterName: 'west', available: true, replicaStatus: { replicas: 3 } },
        ],
      },
    ]);
    expect(JSON.stringify(aggregatedStatuses)).not.toContain('extra');
  });

  describe('health', () => {
    const web = { ...WEB_FEED, observedStatus: { replicas: 2, updatedReplicas: 2, availableReplicas: 2 } };
    const healthOf = (east: object, west: object | undefined = web) => {
      const given = (entry: object | undefined) =>
        ({ ...deployed, manifestStatuses: entry === undefined ? [] : [entry] }) as Description['status'];
      const { conditions, aggregatedStatuses } = plan(
        [description([deployment(2)], given(east)), description([deployment(2)], given(west), inWest)],
        [],
        subscription(bound, {}, [WEB_FEED]),
      );
      const { status, reason, message } = findCondition(conditions, 'Healthy')!;
      const { feedStatusSummary, feedStatusDetails } = aggregatedStatuses[0]!;
      const details = feedStatusDetails!.map(({ health }) => health!.state);
      return { ready: states(conditions), status, reason, message, details, all: feedStatusSummary!.health };
    };

    it('is that of the worst cluster, which it names; Ready does not mind', () => {
      const sick = { ...web, health: { state: 'Unhealthy', message: 'the pods crash' } };
      expect(healthOf(sick)).toEqual({
        ready: 'TFF',
        status: 'False',
        reason: 'Unhealthy',
        message: 'east: Deployment foo/web: the pods crash',
        details: ['Unhealthy', 'Healthy'],
        all: { state: 'Unhealthy' },
      });
    });

    it('is judged by the hub where the agent does not: a Go agent, or CRDs of before', () => {
      const starting = { ...web, observedStatus: { replicas: 2, updatedReplicas: 2, availableReplicas: 1 } };
      expect(healthOf(starting)).toMatchObject({
        status: 'Unknown',
        message: 'east: Deployment foo/web: 1 of 2 replicas are available',
      });
      expect(healthOf(web)).toMatchObject({ status: 'True', reason: 'Healthy', message: '' });
    });

    it('is not known of what is not there', () => {
      const { conditions } = plan([], [], subscription(bound, {}, [WEB_FEED]));
      expect(findCondition(conditions as Condition[], 'Healthy')).toMatchObject({
        status: 'Unknown',
        reason: 'Progressing',
        message: 'east: Deployment foo/web: it is not there; west: Deployment foo/web: it is not there',
      });
      expect(
        findCondition(plan([], [], subscription({})).conditions as Condition[], 'Healthy'),
      ).toMatchObject({
        status: 'Unknown',
        reason: 'NothingDelivered',
      });
    });
  });

  describe('C §9.3: of what a Go agent delivers', () => {
    const pulled = new Map([[EAST, cluster({}, { syncMode: 'Pull' })]]);
    const planPulled = (status: Description['status'], known = pulled) =>
      planSubscriptionStatus({
        subscription: subscription({ specHash: 1, bindingClusters: [EAST] }),
        descriptions: [description([], status, { generation: 4 })],
        problems: [],
        getCluster: (key) => known.get(key),
      });

    it('its phase is what there is to go by', () => {
      const { conditions, completedReleases } = planPulled({ phase: 'Success', reason: '' });
      expect([states(conditions), completedReleases]).toEqual(['TFF', 1]);
    });

    it('its reason tells why it failed', () => {
      const { conditions } = planPulled({ phase: 'Failure', reason: 'no such kind' });
      expect(reasonOf(conditions)).toBe('DeployFailed');
      expect(messageOf(conditions)).toBe('east: no such kind');
    });

    it.each([
      { why: 'ours has said of an older generation', status: deployed, known: pulled },
      {
        why: 'our hub is to deliver it and has not yet',
        status: { phase: 'Success', reason: '' } as const,
        known: new Map([[EAST, cluster({ appPusher: true })]]),
      },
    ])('its phase does not count when $why', ({ status, known }) => {
      expect(states(planPulled(status, known).conditions)).toBe('FTF');
    });
  });

  it('is not available while one cluster lacks it', () => {
    const { aggregatedStatuses } = plan(
      [description([], { ...deployed, manifestStatuses: [observed(2, 1)] })],
      [],
      subscription(bound, {}, [feed]),
    );
    expect(aggregatedStatuses[0]!.feedStatusSummary).toMatchObject({ available: false });
    expect(aggregatedStatuses[0]!.feedStatusDetails).toMatchObject([
      { available: true },
      { available: false },
    ]);
  });

  it('sums over namespaces for a feed without one', () => {
    const { namespace: _namespace, ...anywhere } = feed;
    const { aggregatedStatuses } = plan(
      [description([], { manifestStatuses: [observed(2, 1), observed(3, 1, 'bar')] })],
      [],
      subscription({ specHash: 1, bindingClusters: [EAST] }, {}, [anywhere]),
    );
    expect(aggregatedStatuses[0]!.feedStatusSummary).toMatchObject({
      available: true,
      replicaStatus: { replicas: 5 },
    });
  });
});
