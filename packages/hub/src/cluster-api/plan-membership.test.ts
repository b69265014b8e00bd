import type { ManagedCluster } from '@clusternet/api-types';
import { describe, expect, it } from 'vitest';
import type { CapiCluster } from './management.ts';
import { planDepartures, planMembership } from './plan-membership.ts';

const cluster = (change: Partial<CapiCluster['metadata']> = {}, phase = 'Provisioned'): CapiCluster => ({
  apiVersion: 'cluster.x-k8s.io/v1beta1',
  kind: 'Cluster',
  metadata: { name: 'east', namespace: 'team-a', uid: 'u1', ...change },
  status: { phase },
});
const member = (name: string, origin?: string): ManagedCluster =>
  ({
    metadata: { name, labels: origin === undefined ? {} : { 'cluster.x-k8s.io/cluster-origin': origin } },
  }) as unknown as ManagedCluster; // what is read of one

describe('planMembership', () => {
  it('has a provisioned cluster join under its name, with labels that tell where it comes from', () => {
    expect(planMembership(cluster(), 'm1')).toEqual({
      kind: 'join',
      name: 'east',
      labels: {
        'cluster.x-k8s.io/cluster-name': 'east',
        'cluster.x-k8s.io/cluster-namespace': 'team-a',
        'cluster.x-k8s.io/cluster-origin': 'm1.u1',
      },
    });
  });

  it.each(['Pending', 'Provisioning', 'Failed', 'Deleting'])('waits while it is %s', (phase) => {
    expect(planMembership(cluster({}, phase), 'm1')).toEqual({ kind: 'wait' });
  });

  it('waits for nothing more of one that is being deleted', () => {
    const deletionTimestamp = '2026-01-01T00:00:00Z';
    expect(planMembership(cluster({ deletionTimestamp }), 'm1')).toEqual({ kind: 'wait' });
  });

  it('leaves the name to the agent where it is longer than agents register under', () => {
    expect(planMembership(cluster({ name: 'a'.repeat(40) }), 'm1')).toMatchObject({ kind: 'join', name: '' });
  });

  it('says so where Cluster API could not select it by its name', () => {
    const plan = planMembership(cluster({ name: 'a'.repeat(64) }), 'm1');
    expect(plan).toMatchObject({ kind: 'invalid' });
  });
});

describe('planDepartures', () => {
  it('A §11.3-44: names the members whose Cluster is gone, and nobody else', () => {
    const members = [
      member('stays', 'm1.u1'),
      member('gone', 'm1.u2'),
      member('of-another-management-cluster', 'm2.u2'),
      member('joined-by-hand'),
    ];
    const gone = planDepartures(members, [cluster()], 'm1').map(({ metadata }) => metadata.name);
    expect(gone).toEqual(['gone']);
  });

  it('keeps one whose Cluster waits for finalizers: it is still there', () => {
    const deletionTimestamp = '2026-01-01T00:00:00Z';
    expect(planDepartures([member('east', 'm1.u1')], [cluster({ deletionTimestamp })], 'm1')).toEqual([]);
  });
});
