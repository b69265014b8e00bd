import { createSelector, equalJson, matchSelector } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { objectAt, objectsAt } from '../built-in/fields.ts';

/** The rules of a role that collects those of others by label; undefined for a role of its own. */
export function gatherAggregatedRules(
  role: KubeObject,
  roles: readonly KubeObject[],
): JsonObject[] | undefined {
  const selectors = objectsAt(objectAt(role, 'aggregationRule'), 'clusterRoleSelectors');
  if (selectors.length === 0) return undefined;
  const rules: JsonObject[] = [];
  for (const selector of selectors) {
    const parsed = createSelector(selector);
    for (const other of roles) {
      if (other.metadata.name === role.metadata.name || !matchSelector(parsed, other.metadata.labels))
        continue;
      for (const rule of objectsAt(other, 'rules')) {
        if (!rules.some((known) => equalJson(known, rule))) rules.push(rule);
      }
    }
  }
  return rules;
}
