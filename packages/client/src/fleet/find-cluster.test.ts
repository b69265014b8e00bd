import type { ManagedCluster } from '@clusternet/api-types';
import { describe, expect, it } from 'vitest';
import { findCluster, isClusterId } from './find-cluster.ts';

function cluster(name: string, clusterId: string, namespace = `clusternet-${name}`): ManagedCluster {
  return {
    apiVersion: 'clusters.clusternet.io/v1beta1',
    kind: 'ManagedCluster',
    metadata: { name, namespace },
    spec: { clusterId },
  } as ManagedCluster;
}

const clusters = [
  cluster('east', 'id-1'),
  cluster('west', 'id-2'),
  cluster('west', 'id-3', 'clusternet-other'),
];

describe('findCluster', () => {
  it.each([
    ['a name', 'east', 'id-1'],
    ['an id', 'id-2', 'id-2'],
    ['a namespace', 'clusternet-other', 'id-3'],
  ])('finds by %s', (_what, word, want) => {
    expect(findCluster(word, clusters).spec?.clusterId).toBe(want);
  });

  it('says which there are', () => {
    expect(() => findCluster('north', clusters)).toThrow(
      'there is no cluster north: there are east, west, west',
    );
    expect(() => findCluster('north', [])).toThrow('the parent has none yet');
  });

  it('lets choose between two of one name', () => {
    expect(() => findCluster('west', clusters)).toThrow(
      'west is the name of 2 clusters; give one of id-2 (clusternet-west), id-3 (clusternet-other)',
    );
  });
});

describe('isClusterId', () => {
  it('knows a UUID', () => {
    expect(isClusterId('dc91021d-2361-4f6d-a404-7c33b9e01118')).toBe(true);
    expect(isClusterId('clusternet-cluster-hx455')).toBe(false);
  });
});
