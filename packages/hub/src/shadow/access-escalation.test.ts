import type { AuthorizationAttributes, UserInfo } from '@clusternet/apiserver';
import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { createEscalationCheck } from './access-escalation.ts';

const signal = new AbortController().signal;
const jane: UserInfo = { name: 'jane', groups: [], extra: new Map() };
const rule = { apiGroups: ['', 'apps'], resources: ['pods', 'pods/log'], verbs: ['get'] };

function role(rules: unknown[] = [rule], more: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'r' },
    rules,
    ...more,
  };
}

function binding(name = 'r', kind = 'RoleBinding'): KubeObject {
  const metadata = { name: 'b', ...(kind === 'RoleBinding' ? { namespace: 'foo' } : {}) };
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
  };
}

/** A check for a caller who may do what `rights` say: `verb resource[/sub].group@namespace`. */
function check(
  object: KubeObject,
  rights: readonly string[],
  roles: readonly KubeObject[] = [],
): Promise<void> {
  const text = (asked: AuthorizationAttributes): string =>
    asked.isResourceRequest
      ? `${asked.verb} ${asked.resource}${asked.subresource && '/'}${asked.subresource}.${asked.group}@${asked.namespace}`
      : `${asked.verb} ${asked.path}`;
  const run = createEscalationCheck({
    authorize: (asked) =>
      Promise.resolve({ decision: rights.includes(text(asked)) ? 'allow' : 'no-opinion' }),
    findRoles: () => Promise.resolve(roles),
  });
  return run(object, jane, signal);
}

const ALL = ['get pods.@', 'get pods/log.@', 'get pods.apps@', 'get pods/log.apps@'];
const ALL_IN_FOO = ALL.map((right) => `${right}foo`);
const RBAC = 'rbac.authorization.k8s.io';

describe('B S-32: templates of roles and bindings', () => {
  it('may be written by whoever has all that they grant', async () => {
    await check(role(), ALL);
    await check(binding(), ALL_IN_FOO, [role()]);
    await check(role([{ nonResourceURLs: ['/metrics'], verbs: ['get'] }]), ['get /metrics']);
  });

  it('or may escalate or bind in the parent', async () => {
    await check(role(), [`escalate clusterroles.${RBAC}@`]);
    await check(binding(), [`bind clusterroles.${RBAC}@foo`]);
    await check(binding('r', 'ClusterRoleBinding'), [`bind clusterroles.${RBAC}@`]);
  });

  it.each([
    { why: 'one right is missing', object: role(), rights: ALL.slice(1), roles: [] },
    { why: 'the right holds in another namespace', object: binding(), rights: ALL, roles: [role()] },
    {
      why: 'one of two roles of that name grants more',
      object: binding(),
      rights: ALL_IN_FOO,
      roles: [role([]), role([rule, { ...rule, verbs: ['delete'] }])],
    },
    { why: 'nobody knows what the role grants', object: binding(), rights: ALL_IN_FOO, roles: [] },
    { why: 'other roles add to it', object: role([], { aggregationRule: {} }), rights: ALL, roles: [] },
    {
      why: 'there are too many rights to ask for',
      object: role([
        { apiGroups: [''], resources: ['pods'], verbs: Array.from({ length: 600 }, () => 'get') },
      ]),
      rights: ALL,
      roles: [],
    },
  ])('are refused where $why', async ({ object, rights, roles }) => {
    await expect(check(object, rights, roles)).rejects.toMatchObject({ code: 'Forbidden' });
  });
});
