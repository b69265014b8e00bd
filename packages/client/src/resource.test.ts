import { describe, expect, it } from 'vitest';
import { resourcePath } from './resource.ts';

const pods = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
const roles = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
};

describe('resourcePath', () => {
  it.each([
    { given: [pods, {}], want: '/api/v1/pods' },
    { given: [pods, { namespace: 'a' }], want: '/api/v1/namespaces/a/pods' },
    { given: [pods, { namespace: 'a', name: 'b' }, 'status'], want: '/api/v1/namespaces/a/pods/b/status' },
    {
      given: [roles, { namespace: 'ignored', name: 'system:node' }],
      want: '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
    },
    { given: [pods, { namespace: 'a/b', name: 'c?d' }], want: '/api/v1/namespaces/a%2Fb/pods/c%3Fd' },
  ] as { given: Parameters<typeof resourcePath>; want: string }[])('is $want', ({ given, want }) => {
    expect(resourcePath(...given)).toBe(want);
  });

  it.each([
    { why: 'an empty name would address everything', given: { namespace: 'a', name: '' } },
    { why: 'a name must not lead elsewhere', given: { namespace: 'a', name: '..' } },
    { why: 'a namespace must not lead elsewhere', given: { namespace: '..', name: 'b' } },
    { why: 'one object of a namespaced kind is in a namespace', given: { name: 'b' } },
  ])('refuses: $why', ({ given }) => {
    expect(() => resourcePath(pods, given)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  });
});
