import type { Description, ManagedCluster, Subscription } from '@clusternet/api-types';
import { describe, expect, it } from 'vitest';
import { formatStatus } from './format-status.ts';
import { planStatus } from './plan-status.ts';

const AT = '2026-01-01T00:00:00Z';
const AT_MS = Date.parse(AT);

const condition = (status: string, message = '') => ({
  type: 'Ready',
  status,
  reason: 'x',
  message,
  lastTransitionTime: AT,
});
const cluster = (name: string, status = 'True', message = ''): ManagedCluster =>
  ({
    metadata: { name, namespace: `clusternet-${name}` },
    spec: { clusterId: `id-${name}` },
    status: { conditions: [condition(status, message)] },
  }) as unknown as ManagedCluster;
const description = (name: string, status: string, message = '', observedGeneration = 2): Description =>
  ({
    metadata: {
      namespace: `clusternet-${name}`,
      generation: 2,
      labels: { 'apps.clusternet.io/subs.uid': 'uid' },
    },
    status: { observedGeneration, conditions: [condition(status, message)] },
  }) as unknown as Description;

const feed = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'foo', name: 'web' };
const subscription = (names: readonly string[], available?: boolean): Subscription =>
  ({
    metadata: { namespace: 'default', name: 'app', uid: 'uid' },
    spec: { feeds: [feed], subscribers: [] },
    status: {
      bindingClusters: names.map((name) => `clusternet-${name}/${name}`),
      conditions: [condition('False', '1 of 2 clusters')],
      aggregatedStatuses:
        available === undefined
          ? []
          : [
              {
                ...feed,
                feedStatusDetails: [
                  {
                    clusterId: 'id-a',
                    available,
                    replicaStatus: { replicas: 3, readyReplicas: available ? 3 : 1 },
                  },
                ],
              },
            ],
    },
  }) as unknown as Subscription;

describe('planStatus', () => {
  it.each([
    {
      state: 'Healthy',
      replicas: '3/3',
      of: [cluster('a')],
      is: [description('a', 'True')],
      available: true,
    },
    {
      state: 'Progressing',
      replicas: '1/3',
      of: [cluster('a')],
      is: [description('a', 'True')],
      available: false,
    },
    { state: 'Applied', of: [cluster('a')], is: [description('a', 'True')] },
    { state: 'Failed', of: [cluster('a')], is: [description('a', 'False', 'quota')], reason: 'quota' },
    { state: 'Waiting', of: [cluster('a')], is: [description('a', 'Unknown', 'no way')], reason: 'no way' },
    {
      state: 'OutOfDate',
      of: [cluster('a')],
      is: [description('a', 'True', '', 1)],
      reason: 'a change is on its way',
    },
    { state: 'Pending', of: [cluster('a')], is: [], reason: 'not delivered yet' },
    {
      state: 'Unreachable',
      of: [cluster('a', 'Unknown', 'silent')],
      is: [description('a', 'True')],
      reason: 'silent',
    },
    { state: 'Gone', of: [], is: [], reason: 'there is no such cluster' },
  ])('$state', ({ state, replicas = '', of, is, available, reason = '' }) => {
    const [row] = planStatus({
      subscription: subscription(['a'], available),
      descriptions: is,
      clusters: of,
    });
    expect(row).toMatchObject({ cluster: 'a', object: 'Deployment foo/web', state, replicas, reason });
  });

  it('does not take the Description of another Subscription for its own', () => {
    const other = { ...description('a', 'True'), metadata: { namespace: 'clusternet-a', labels: {} } };
    const [row] = planStatus({
      subscription: subscription(['a']),
      descriptions: [other],
      clusters: [cluster('a')],
    });
    expect(row?.state).toBe('Pending');
  });
});

describe('formatStatus', () => {
  it('is a table that a person can read', () => {
    const app = subscription(['a', 'longer'], true);
    const rows = planStatus({
      subscription: app,
      descriptions: [description('a', 'True'), description('longer', 'False', 'exceeded quota')],
      clusters: [cluster('a'), cluster('longer')],
    });
    expect(formatStatus(app, rows, AT_MS + 5 * 60_000))
      .toBe(`Subscription default/app is not ready: 1 of 2 clusters

CLUSTER   OBJECT               STATE     REPLICAS   SINCE   REASON
a         Deployment foo/web   Healthy   3/3        5m
longer    Deployment foo/web   Failed    -          5m      exceeded quota
`);
  });

  it('needs no table for what goes nowhere', () => {
    expect(formatStatus(subscription([]), [], AT_MS)).toBe(
      'Subscription default/app is not ready: 1 of 2 clusters\n',
    );
  });
});
