import { describe, expect, it } from 'vitest';
import { planVisitors } from './plan-visitors.ts';
import type { ImpersonatorRole } from './plan-visitors.ts';

function role(...rules: NonNullable<ImpersonatorRole['rules']>): ImpersonatorRole {
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'x' }, rules };
}

describe('planVisitors', () => {
  it.each([
    { why: 'nobody without rules', role: role(), users: [], groups: [] },
    {
      why: 'names of several rules, once each, in order',
      role: role(
        { apiGroups: [''], resources: ['users'], resourceNames: ['jane', 'bob'], verbs: ['impersonate'] },
        { apiGroups: [''], resources: ['users', 'groups'], resourceNames: ['bob'], verbs: ['impersonate'] },
      ),
      users: ['bob', 'jane'],
      groups: ['bob'],
    },
    {
      why: 'everybody where no name is given',
      role: role({ apiGroups: [''], resources: ['groups'], verbs: ['impersonate'] }),
      users: [],
      groups: '*',
    },
    {
      why: 'wildcards of RBAC',
      role: role({ apiGroups: ['*'], resources: ['*'], resourceNames: ['jane'], verbs: ['*'] }),
      users: ['jane'],
      groups: ['jane'],
    },
    {
      why: 'nobody for other verbs, groups and resources',
      role: role(
        { apiGroups: [''], resources: ['users'], verbs: ['get'] },
        { apiGroups: ['authentication.k8s.io'], resources: ['users'], verbs: ['impersonate'] },
        { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] },
      ),
      users: [],
      groups: [],
    },
  ])('$why', ({ role: given, users, groups }) => {
    expect(planVisitors(given)).toEqual({ users, groups });
  });
});
