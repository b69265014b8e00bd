import type { ManagedCluster } from '@clusternet/api-types';
import { describe, expect, it } from 'vitest';
import { chooseClusters } from './choose-clusters.ts';

const cluster = (
  name: string,
  namespace: string,
  labels: Readonly<Record<string, string>> = {},
): ManagedCluster =>
  ({
    metadata: { name, namespace, labels },
    spec: { clusterId: `id-${namespace}` },
  }) as unknown as ManagedCluster;

const fleet = [
  cluster('west', 'n2', { env: 'prod', zone: 'b' }),
  cluster('east', 'n1', { env: 'prod', zone: 'a' }),
  cluster('lab', 'n3', { env: 'test' }),
];

describe('chooseClusters', () => {
  it.each([
    ['all', ['east', 'lab', 'west']],
    ['east', ['east']],
    ['west,id-n1,west', ['east', 'west']],
    ['env=prod', ['east', 'west']],
    ['env=prod,zone!=a', ['west']],
    ['zone in (a, b)', ['east', 'west']],
    ['!zone', ['lab']],
  ])('%s', (which, want) => {
    expect(chooseClusters(which, fleet).map(({ label }) => label)).toEqual(want);
  });

  it('tells two clusters of one name apart', () => {
    const two = [...fleet, cluster('east', 'n9')];
    expect(chooseClusters('all', two).map(({ label }) => label)).toEqual([
      'lab',
      'n1/east',
      'n9/east',
      'west',
    ]);
    expect(() => chooseClusters('east', two)).toThrow('give one of id-n1 (n1), id-n9 (n9)');
  });

  it.each([
    ['north', 'there is no cluster north: there are west, east, lab'],
    ['env=none', 'none of 3 clusters has labels as env=none asks'],
    ['env in prod', '--clusters takes a label selector, not "env in prod"'],
    [',', '--clusters takes all, a label selector such as env=prod, or names'],
  ])('%s is refused', (which, want) => {
    expect(() => chooseClusters(which, fleet)).toThrow(want);
  });

  it('says that there are none', () => {
    expect(() => chooseClusters('all', [])).toThrow('no cluster has joined this parent yet');
  });
});
