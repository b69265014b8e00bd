import type { VisitorGrant } from '@clusternet/api-types';
import type { KubeObject } from '@clusternet/kube-data';

interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs?: readonly string[];
}

/** A ClusterRole, as far as impersonation goes. */
export interface ImpersonatorRole extends KubeObject {
  readonly rules?: readonly PolicyRule[] | null;
}

/** Whom the role lets its holder impersonate: names, or everybody where a rule names none. */
export function planVisitors(role: ImpersonatorRole): VisitorGrant {
  return { users: namesOf(role, 'users'), groups: namesOf(role, 'groups') };
}

function namesOf(role: ImpersonatorRole, resource: string): VisitorGrant['users'] {
  const names = new Set<string>();
  for (const { apiGroups = [], resources = [], resourceNames = [], verbs = [] } of role.rules ?? []) {
    if (!has(apiGroups, '') || !has(resources, resource) || !has(verbs, 'impersonate')) continue;
    if (resourceNames.length === 0) return '*';
    for (const name of resourceNames) names.add(name);
  }
  return [...names].sort();
}

function has(values: readonly string[], value: string): boolean {
  return values.includes(value) || values.includes('*');
}
