import { describe, expect, it } from 'vitest';
import {
  createForbidden,
  createGroupAuthorizer,
  createPathAuthorizer,
  createUnionAuthorizer,
} from './authorization.ts';
import type { AuthorizationAttributes } from './authorization.ts';

function asks(given: Partial<AuthorizationAttributes>): AuthorizationAttributes {
  return {
    user: { name: 'jane', groups: ['g'], extra: new Map() },
    verb: 'get',
    isResourceRequest: true,
    namespace: '',
    group: '',
    version: 'v1',
    resource: 'pods',
    subresource: '',
    name: '',
    path: '',
    ...given,
  };
}

describe('createForbidden', () => {
  it.each([
    {
      given: asks({ namespace: 'a', name: 'x' }),
      want: 'pods "x" is forbidden: User "jane" cannot get resource "pods" in API group "" in the namespace "a"',
    },
    {
      given: asks({ verb: 'list', group: 'apps', resource: 'deployments' }),
      want: 'deployments.apps is forbidden: User "jane" cannot list resource "deployments" in API group "apps" at the cluster scope',
    },
    {
      given: asks({ name: 'x', namespace: 'a', subresource: 'log' }),
      want: 'pods "x" is forbidden: User "jane" cannot get resource "pods/log" in API group "" in the namespace "a"',
    },
    {
      given: asks({ isResourceRequest: false, path: '/metrics' }),
      want: 'forbidden: User "jane" cannot get path "/metrics"',
    },
  ])('says: $want', ({ given, want }) => {
    expect(createForbidden(given, '').message).toBe(want);
  });
});

describe('authorizers', () => {
  const signal = new AbortController().signal;

  it('ask one another until one decides', async () => {
    const authorize = createUnionAuthorizer([
      createPathAuthorizer(['/healthz']),
      createGroupAuthorizer(['g']),
    ]);
    expect(await authorize(asks({}), signal)).toEqual({ decision: 'allow' });
    const other = { name: 'joe', groups: [], extra: new Map() };
    expect((await authorize(asks({ user: other }), signal)).decision).toBe('no-opinion');
    const path = asks({ user: other, isResourceRequest: false, path: '/healthz' });
    expect((await authorize(path, signal)).decision).toBe('allow');
  });
});
