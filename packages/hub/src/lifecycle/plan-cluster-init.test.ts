import type { Base, Description, ManagedCluster } from '@clusternet/api-types';
import { describe, expect, it } from 'vitest';
import { base, cluster, description } from '../parent/objects.fixture.ts';
import { planClusterInit } from './plan-cluster-init.ts';
import type { InitEvidence } from './plan-cluster-init.ts';

const isDefault = { 'apps.clusternet.io/is-default-cluster-init': 'true' };
const taints = [{ key: 'clusters.clusternet.io/initialization', value: '', effect: 'NoSchedule' as const }];
const named = (
  name: string,
  annotations: Record<string, string> = {},
  created = '2026-01-01T00:00:00Z',
): Base => base({ name, annotations, creationTimestamp: created });
const done = (name: string): Description => description([], { phase: 'Success', reason: '' }, { name });
const failed = (name: string): Description =>
  description([], { phase: 'Failure', reason: 'quota exceeded' }, { name });
const annotated = (annotations: Record<string, string>): ManagedCluster =>
  cluster({}, { taints }, { annotations });

function evidence(bases: readonly Base[], descriptions: readonly Description[] = []): InitEvidence {
  return { bases, getDescriptions: () => descriptions };
}

describe('planClusterInit', () => {
  it.each([
    { why: 'gate off', given: cluster(), known: undefined, want: 'True/ClusterInitDisabled' },
    {
      why: 'skipped by annotation',
      given: annotated({ 'clusters.clusternet.io/skip-cluster-init': 'true' }),
      known: evidence([named('init', isDefault)]),
      want: 'True/ClusterInitDisabled',
    },
    {
      why: 'no Base yet',
      given: cluster({}, { taints }),
      known: evidence([named('app')]),
      want: 'False/ClusterInitWaiting',
    },
    {
      why: 'A §11.3-36: the default Base is found',
      given: cluster({}, { taints }),
      known: evidence([named('app'), named('init', isDefault)], [done('d')]),
      want: 'True/ClusterInitDone',
      baseName: 'init',
    },
    {
      why: 'of two defaults the older one',
      given: cluster({}, { taints }),
      known: evidence(
        [named('new', isDefault, '2026-02-01T00:00:00Z'), named('old', isDefault)],
        [done('d')],
      ),
      want: 'True/ClusterInitDone',
      baseName: 'old',
    },
    {
      why: 'the annotation comes before the default',
      given: annotated({ 'apps.clusternet.io/cluster-init-base': 'mine' }),
      known: evidence([named('init', isDefault), named('mine')], [done('d')]),
      want: 'True/ClusterInitDone',
      baseName: 'mine',
    },
    {
      why: 'a name that is set stays',
      given: cluster({}, { taints, clusterInitBaseName: 'first' }),
      known: evidence([named('init', isDefault), named('first')], [done('d')]),
      want: 'True/ClusterInitDone',
    },
    {
      why: 'a Base without Descriptions',
      given: cluster({}, { taints }),
      known: evidence([named('init', isDefault)]),
      want: 'False/ClusterInitWaiting',
      baseName: 'init',
    },
    {
      why: 'a cluster that served before the gate was on is left alone',
      given: cluster({
        conditions: [
          {
            type: 'ClusterInit',
            status: 'True',
            reason: 'ClusterInitDisabled',
            message: '',
            lastTransitionTime: '',
          },
        ],
      }),
      known: evidence([]),
      want: 'True/ClusterInitDisabled',
    },
  ])('$why', ({ given, known, want, baseName }) => {
    const plan = planClusterInit(given, known);
    expect(`${plan.condition.status}/${plan.condition.reason}`).toBe(want);
    expect(plan.baseName).toBe(baseName);
    expect(plan.isWaiting).toBe(want.startsWith('False'));
  });

  it('A §11.3-41: names the Descriptions that failed and no others', () => {
    const known = evidence([named('init', isDefault)], [failed('bad'), done('good')]);
    const { condition } = planClusterInit(cluster({}, { taints }), known);
    expect(condition.message).toBe('Description bad: quota exceeded');
  });
});
