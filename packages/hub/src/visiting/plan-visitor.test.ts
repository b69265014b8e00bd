import { describe, expect, it } from 'vitest';
import { planVisitor } from './plan-visitor.ts';

const everybody = { users: '*', groups: '*' } as const;

describe('planVisitor', () => {
  it.each([
    {
      why: 'name and groups that the child named',
      user: { name: 'jane', groups: ['dev', 'ops'] },
      grant: { users: ['jane'], groups: ['ops'] },
      want: { 'impersonate-user': ['jane'], 'impersonate-group': ['ops'] },
    },
    {
      why: 'no group that the child did not name',
      user: { name: 'jane', groups: ['dev'] },
      grant: { users: ['jane'], groups: [] },
      want: { 'impersonate-user': ['jane'] },
    },
    {
      why: 'nobody whom the child did not name',
      user: { name: 'bob', groups: ['ops'] },
      grant: { users: ['jane'], groups: '*' as const },
      want: undefined,
    },
    {
      why: "never a group of the parent's own, whatever the child named",
      user: { name: 'jane', groups: ['system:masters', 'system:authenticated', 'dev'] },
      grant: { users: '*' as const, groups: ['system:masters', 'dev'] },
      want: { 'impersonate-user': ['jane'], 'impersonate-group': ['dev'] },
    },
    { why: 'never an administrator of the parent', user: { name: 'system:admin', groups: [] } },
    { why: 'never a service account of the parent', user: { name: 'system:serviceaccount:a:b', groups: [] } },
    { why: 'never nobody', user: { name: 'system:anonymous', groups: [] } },
    { why: 'never the stand-in that carries credentials', user: { name: 'clusternet', groups: [] } },
  ])('$why', ({ user, grant = everybody, want }) => {
    const headers = planVisitor(user, grant);
    expect(headers && Object.fromEntries(headers)).toEqual(want);
  });
});
