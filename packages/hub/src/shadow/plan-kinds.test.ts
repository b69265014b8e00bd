import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { planKinds } from './plan-kinds.ts';
import type { ListedGroup, ListedResource, ParentView } from './plan-kinds.ts';

const STORED = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

function listed(name: string, kind: string, more: Partial<ListedResource> = {}): ListedResource {
  return { name, kind, singularName: '', namespaced: true, verbs: STORED, ...more };
}

function group(
  name: string,
  versions: Record<string, readonly ListedResource[]>,
  preferredVersion?: string,
): ListedGroup {
  const [first = ''] = Object.keys(versions);
  return {
    group: name,
    preferredVersion: preferredVersion ?? first,
    versions: Object.entries(versions).map(([version, resources]) => ({ version, resources })),
  };
}

function crd(
  group: string,
  plural: string,
  more: { spec?: object; metadata?: object; status?: object } = {},
): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, ...more.metadata },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, kind: 'Thing' },
      versions: [{ name: 'v1', served: true, storage: true }],
      ...more.spec,
    },
    status: { conditions: [{ type: 'Established', status: 'True' }], ...more.status },
  };
}

function plan(view: Partial<ParentView>): Record<string, string> {
  const planned = planKinds({ groups: [], crds: [], priorities: new Map(), ...view });
  return Object.fromEntries([...planned].map(([name, kind]) => [name, `${kind.group}/${kind.version}`]));
}

describe('planKinds', () => {
  it('takes the preferred version, or the best one where that does not serve a resource', () => {
    const autoscaling = group(
      'autoscaling',
      {
        v1: [listed('horizontalpodautoscalers', 'HorizontalPodAutoscaler')],
        v2: [listed('horizontalpodautoscalers', 'HorizontalPodAutoscaler')],
        v1beta1: [listed('old', 'Old')],
        v1alpha1: [listed('old', 'Old')],
      },
      'v2',
    );
    expect(plan({ groups: [autoscaling] })).toEqual({
      horizontalpodautoscalers: 'autoscaling/v2',
      old: 'autoscaling/v1beta1',
    });
  });

  it('leaves out what is ours, what is measured, what registers APIs and what is not stored', () => {
    const groups = [
      group('apps.clusternet.io', { v1: [listed('subscriptions', 'Subscription')] }),
      group('shadow', { v1alpha1: [listed('pods', 'Pod')] }),
      group('metrics.k8s.io', { v1: [listed('nodes', 'NodeMetrics')] }),
      group('apiregistration.k8s.io', { v1: [listed('apiservices', 'APIService')] }),
      group('authentication.k8s.io', { v1: [listed('tokenreviews', 'TokenReview', { verbs: ['create'] })] }),
      group('', { v1: [listed('componentstatuses', 'ComponentStatus', { verbs: ['get', 'list'] })] }),
    ];
    expect(plan({ groups, crds: [crd('clusters.clusternet.io', 'managedclusters')] })).toEqual({});
  });

  it('gives a plural to the group that ranks highest, whatever the order they come in', () => {
    const core = group('', { v1: [listed('events', 'Event')] });
    const events = group('events.k8s.io', { v1: [listed('events', 'Event')] });
    const priorities = new Map([
      ['v1.', 18_000],
      ['v1.events.k8s.io', 17_750],
    ]);
    for (const groups of [
      [core, events],
      [events, core],
    ])
      expect(plan({ groups, priorities })).toEqual({ events: '/v1' });
  });

  it('B S-15: a custom resource takes nothing away from a built-in one of the same plural', () => {
    const groups = [group('', { v1: [listed('services', 'Service')] })];
    const crds = [
      crd('serving.example.com', 'services'),
      crd('example.com', 'foobars'),
      crd('example.com', 'foo'),
    ];
    const priorities = new Map([['v1.', 18_000]]);
    expect(plan({ groups, crds, priorities })).toEqual({
      services: '/v1',
      foo: 'example.com/v1',
      foobars: 'example.com/v1',
    });
  });

  it('B S-23: a group with a custom resource keeps its other ones', () => {
    const groups = [group('example.com', { v1: [listed('things', 'Thing'), listed('natives', 'Native')] })];
    const planned = planKinds({ groups, crds: [crd('example.com', 'things')], priorities: new Map() });
    expect([...planned.keys()].toSorted()).toEqual(['natives', 'things']);
    expect(planned.get('things')?.crd).toBeDefined();
  });

  it.each([
    { why: 'is going', change: { metadata: { deletionTimestamp: 'now' } } },
    { why: 'is not established', change: { status: { conditions: [] } } },
    { why: 'serves nothing', change: { spec: { versions: [{ name: 'v1', served: false, storage: true }] } } },
  ])('waits with a definition that $why', ({ change }) => {
    expect(plan({ crds: [crd('example.com', 'things', change)] })).toEqual({});
  });

  it('takes the storage version of a custom resource, or the best one that is served', () => {
    const versions = [
      { name: 'v1', served: true, storage: false },
      { name: 'v1beta1', served: true, storage: true },
      { name: 'v2', served: true, storage: false },
    ];
    expect(plan({ crds: [crd('example.com', 'things', { spec: { versions } })] })).toEqual({
      things: 'example.com/v1beta1',
    });
    const other = versions.map((version) => ({ ...version, served: !version.storage }));
    expect(plan({ crds: [crd('example.com', 'things', { spec: { versions: other } })] })).toEqual({
      things: 'example.com/v2',
    });
  });

  it('knows which can be scaled', () => {
    const apps = group('apps', {
      v1: [
        listed('deployments', 'Deployment'),
        listed('deployments/scale', 'Scale'),
        listed('daemonsets', 'DaemonSet'),
      ],
    });
    const scaled = crd('example.com', 'things', {
      spec: { versions: [{ name: 'v1', served: true, storage: true, subresources: { scale: {} } }] },
    });
    const planned = planKinds({ groups: [apps], crds: [scaled], priorities: new Map() });
    expect([...planned.values()].filter(({ hasScale }) => hasScale).map(({ resource }) => resource)).toEqual([
      'things',
      'deployments',
    ]);
  });
});
