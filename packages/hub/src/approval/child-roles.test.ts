import { describe, expect, it } from 'vitest';
import { createChildRoles } from './child-roles.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const clusterId = '0a1b2c3d-0000-4000-8000-000000000001';
const roles = createChildRoles({
  clusterId,
  requestName: `clusternet-${clusterId}`,
  namespace: 'clusternet-aaaaa',
  serviceAccount: 'clusternet-bbbbb',
});
const clusterRules = roles.clusterRole['rules'] as readonly Rule[];
const rules = roles.role['rules'] as readonly Rule[];

describe('createChildRoles', () => {
  it('uses the names that Go peers know', () => {
    expect(roles.clusterRole.metadata.name).toBe(`clusternet-${clusterId}`);
    expect(roles.clusterRoleBinding.metadata.name).toBe(`clusternet-${clusterId}`);
    expect(roles.role.metadata).toMatchObject({
      name: 'clusternet-managedcluster-role',
      namespace: 'clusternet-aaaaa',
    });
    expect(roles.roleBinding.metadata.name).toBe('clusternet-managedcluster-role');
  });

  it('marks all four, and the cluster-wide ones with the cluster', () => {
    for (const { metadata } of Object.values(roles)) {
      expect(metadata.annotations).toEqual({ 'clusternet.io/autoupdate': 'true' });
      expect(metadata.labels).toMatchObject({
        'clusters.clusternet.io/bootstrapping': 'rbac-defaults',
        'clusternet.io/created-by': 'clusternet-controller-manager',
      });
    }
    const ofCluster = [roles.clusterRole, roles.clusterRoleBinding];
    for (const { metadata } of ofCluster) {
      expect(metadata.labels?.['clusters.clusternet.io/cluster-id']).toBe(clusterId);
    }
  });

  it('binds both roles to the one service account', () => {
    const subjects = [{ kind: 'ServiceAccount', name: 'clusternet-bbbbb', namespace: 'clusternet-aaaaa' }];
    expect(roles.roleBinding).toMatchObject({ roleRef: { kind: 'Role' }, subjects });
    expect(roles.clusterRoleBinding).toMatchObject({ roleRef: { kind: 'ClusterRole' }, subjects });
  });

  it('A §11.1-19: a child reads no request but its own', () => {
    const reads = clusterRules.filter(
      ({ resources, verbs }) => resources.includes('clusterregistrationrequests') && verbs.includes('get'),
    );
    expect(reads.map(({ resourceNames }) => resourceNames)).toEqual([[`clusternet-${clusterId}`]]);
  });

  it('A §11.1-20: a child reads no Secret outside its namespace, and inside only its own credentials', () => {
    expect(clusterRules.some(({ resources }) => resources.includes('secrets'))).toBe(false);
    const ofSecrets = rules.filter(({ resources }) => resources.includes('secrets'));
    expect(ofSecrets).toEqual([
      { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
      {
        apiGroups: [''],
        resources: ['secrets'],
        resourceNames: ['child-cluster-deployer', 'child-cluster-visitors'],
        verbs: ['get', 'update', 'patch'],
      },
    ]);
  });

  it('opens no tunnel but its own', () => {
    expect(clusterRules.filter(({ resources }) => resources.includes('sockets'))).toEqual([
      {
        apiGroups: ['proxies.clusternet.io'],
        resources: ['sockets'],
        resourceNames: [clusterId],
        verbs: ['get'],
      },
    ]);
  });

  it('grants nothing by wildcard', () => {
    for (const { apiGroups, resources, verbs } of [...clusterRules, ...rules]) {
      expect([...apiGroups, ...resources, ...verbs]).not.toContain('*');
    }
  });
});
