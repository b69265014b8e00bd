import { describe, expect, it } from 'vitest';
import { CONFIG_FEED, configMap, deployment, subscription, WEB_FEED } from '../parent/objects.fixture.ts';
import { createInventory, planInventory, replicasOf } from './plan-inventory.ts';

const { namespace: _namespace, ...WEB_ANYWHERE } = WEB_FEED;
const REPLICAS = { desiredReplicas: 6, replicaJsonPath: '/spec/replicas' };
const nothing = { resources: {} };

describe('planInventory', () => {
  it('C §8.2: sums up what containers ask for, and lists what has no replicas too', () => {
    const container = {
      resources: { requests: { cpu: '500m', memory: '128Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
    };
    const plan = planInventory([
      { feed: CONFIG_FEED, templates: [configMap('settings')] },
      { feed: WEB_FEED, templates: [deployment(6, { containers: [container, container] })] },
    ]);
    expect(plan).toEqual({
      problems: [],
      feeds: [
        { ...CONFIG_FEED, replicaRequirements: nothing },
        {
          ...WEB_FEED,
          ...REPLICAS,
          replicaRequirements: {
            resources: {
              limits: { cpu: '1', memory: '512Mi' },
              requests: { cpu: '1', memory: '256Mi' },
            },
          },
        },
      ],
    });
  });

  it.each([
    {
      why: 'a request that is missing is the limit',
      podSpec: {
        containers: [{ resources: { limits: { cpu: 2 } } }, { resources: { requests: { cpu: '1' } } }],
      },
      want: { resources: { limits: { cpu: '2' }, requests: { cpu: '3' } } },
    },
    {
      why: 'one init container counts where it needs more than all containers',
      podSpec: {
        containers: [{ resources: { requests: { cpu: '1', memory: '1Gi' } } }],
        initContainers: [
          { resources: { requests: { cpu: '4' } } },
          { resources: { requests: { cpu: '2' } } },
        ],
      },
      want: { resources: { requests: { cpu: '4', memory: '1Gi' } } },
    },
    {
      why: 'what decides about nodes goes with it',
      podSpec: {
        containers: [{}],
        nodeSelector: { disk: 'ssd' },
        tolerations: [{ operator: 'Exists' }],
        affinity: { podAffinity: {} },
      },
      want: {
        resources: {},
        nodeSelector: { disk: 'ssd' },
        tolerations: [{ operator: 'Exists' }],
        affinity: { podAffinity: {} },
      },
    },
  ])('$why', ({ podSpec, want }) => {
    const [order] = planInventory([{ feed: WEB_FEED, templates: [deployment(6, podSpec)] }]).feeds;
    expect(order?.replicaRequirements).toEqual(want);
  });

  it.each([
    { why: 'is not there yet', feed: WEB_FEED, templates: [], want: 'Deployment foo/web is not there' },
    {
      why: 'means several objects that differ',
      feed: WEB_ANYWHERE,
      templates: [deployment(1), deployment(2, {}, 'bar')],
      want: 'Deployment web means objects of several namespaces with different replicas; name a namespace',
    },
    {
      why: 'asks for what is no quantity',
      feed: WEB_FEED,
      templates: [deployment(1, { containers: [{ resources: { limits: { cpu: 'much' } } }] })],
      want: expect.stringContaining('Deployment foo/web: ') as unknown,
    },
  ])('lists a feed without a count that $why, and says so; others go on', ({ feed, templates, want }) => {
    const plan = planInventory([
      { feed, templates },
      { feed: WEB_FEED, templates: [deployment(6)] },
    ]);
    expect(plan.problems).toEqual([want]);
    expect(plan.feeds[0]).toEqual(feed);
    expect(plan.feeds[1]).toMatchObject(REPLICAS);
  });

  it('C BUG-12: a chart holds up nobody', () => {
    const chart = { apiVersion: 'apps.clusternet.io/v1alpha1', kind: 'HelmChart', namespace: 'a', name: 'b' };
    expect(planInventory([{ feed: chart, templates: [] }])).toEqual({ feeds: [chart], problems: [] });
  });

  it('takes objects of several namespaces that ask for the same', () => {
    const plan = planInventory([
      { feed: WEB_ANYWHERE, templates: [deployment(6), deployment(6, {}, 'bar')] },
    ]);
    expect(plan).toMatchObject({ feeds: [REPLICAS], problems: [] });
  });
});

describe('replicasOf', () => {
  it.each([
    ['apps/v1', 'Deployment', 3],
    ['apps/v1beta2', 'StatefulSet', 3],
    ['extensions/v1beta1', 'ReplicaSet', 3],
    ['apps/v1beta1', 'ReplicaSet', undefined],
    ['example.com/v1', 'Deployment', undefined],
    ['v1', 'ReplicationController', undefined],
  ])('%s %s: %s', (apiVersion, kind, want) => {
    expect(replicasOf({ ...deployment(3), apiVersion, kind })).toBe(want);
  });

  it('leaves alone what an autoscaler counts', () => {
    expect(replicasOf(deployment(undefined))).toBeUndefined();
  });
});

describe('createInventory', () => {
  it('is named and owned by its Subscription', () => {
    const { metadata } = createInventory(subscription(), []);
    expect(metadata).toMatchObject({
      name: 'app',
      namespace: 'default',
      labels: { 'apps.clusternet.io/subs.uid': 'sub-uid', 'apps.clusternet.io/subs.name': 'app' },
      ownerReferences: [{ kind: 'Subscription', uid: 'sub-uid', controller: true }],
    });
  });
});
