import { describe, expect, it } from 'vitest';
import type { ManagedCluster } from '@clusternet/api-types';
import { createDeclaration, planDeclaration } from './plan-declaration.ts';
import type { Declaration } from './plan-declaration.ts';

const registered: Declaration = {
  clusterName: 'east',
  clusterType: 'StandardCluster',
  syncMode: 'Pull',
  labels: { region: 'eu', tier: 'gold' },
};

function live(declared?: string): ManagedCluster {
  const annotations: Record<string, string> =
    declared === undefined ? {} : { 'clusters.clusternet.io/declared-by-agent': declared };
  return {
    apiVersion: 'clusters.clusternet.io/v1beta1',
    kind: 'ManagedCluster',
    metadata: { name: 'east', annotations },
  };
}

describe('planDeclaration', () => {
  it.each([
    { why: 'flags as they were at registration', change: {}, want: undefined },
    { why: 'no name given: the one it has', change: { clusterName: '' }, want: undefined },
    {
      why: 'A §5.8: labels that changed, came and went',
      change: { labels: { region: 'us', zone: 'a' } },
      want: { labels: { region: 'us', zone: 'a', tier: null }, spec: {} },
    },
    {
      why: 'A §5.8: another sync mode',
      change: { syncMode: 'Dual' },
      want: { labels: {}, spec: { syncMode: 'Dual' } },
    },
    {
      why: 'A §5.8: another name: the label only',
      change: { clusterName: 'west' },
      want: { labels: { 'clusters.clusternet.io/cluster-name': 'west' }, spec: {} },
    },
    {
      why: 'A §5.8: another type',
      change: { clusterType: 'EdgeCluster' },
      want: { labels: {}, spec: { clusterType: 'EdgeCluster' } },
    },
  ] as const)('$why', ({ change, want }) => {
    const patch = planDeclaration(live(), { ...registered, ...change }, registered);
    if (want === undefined) expect(patch).toBeUndefined();
    else expect(patch).toMatchObject(want);
  });

  it('goes by what was written last, and writes nothing twice', () => {
    const wanted: Declaration = { ...registered, labels: { region: 'us' }, syncMode: 'Dual' };
    const first = planDeclaration(live(), wanted, registered);
    const written = first?.annotations['clusters.clusternet.io/declared-by-agent'];
    expect(planDeclaration(live(written), wanted, registered)).toBeUndefined();
    const second = planDeclaration(live(written), { ...wanted, labels: {} }, registered);
    expect(second).toMatchObject({ labels: { region: null }, spec: {} });
  });

  it('goes by the registration where the annotation is nonsense', () => {
    for (const nonsense of ['', '[]', '{"labels":1}', 'null']) {
      expect(planDeclaration(live(nonsense), registered, registered)).toBeUndefined();
    }
  });
});

describe('createDeclaration', () => {
  it('leaves out labels by which the parent knows a cluster', () => {
    const clusterLabels = {
      region: 'eu',
      'clusters.clusternet.io/cluster-id': 'x',
      'clusternet.io/created-by': 'y',
    };
    const options = { clusterName: 'east', clusterType: '', syncMode: 'Pull', clusterLabels } as const;
    expect(createDeclaration(options).labels).toEqual({ region: 'eu' });
  });
});
