import { cloneJson, equalJson } from '@clusternet/kube-data';
import { objectAt } from '../built-in/fields.ts';
import { createSystemContext } from '../control-plane/system-context.ts';
import { gatherAggregatedRules } from '../rbac/aggregate-roles.ts';
import type { LocalController, LocalControllerDeps } from './local-controller.ts';

const ALL = 'all';

/** Keeps aggregated cluster roles equal to what they collect. */
export function createRoleController({ api }: LocalControllerDeps): LocalController {
  const context = createSystemContext('clusterrole-aggregation-controller');
  const roles = api.of('rbac.authorization.k8s.io', 'clusterroles');
  return {
    name: 'role',
    watches: [{ resource: 'clusterroles.rbac.authorization.k8s.io', map: () => [ALL] }],
    async reconcile() {
      // Roles collect from roles that collect: a change wakes this up again until nothing moves.
      const { items } = await roles.list('');
      for (const role of items) {
        if (objectAt(role, 'aggregationRule') === undefined) continue;
        const rules = gatherAggregatedRules(role, items);
        if (rules === undefined || equalJson(rules, role['rules'] ?? [])) continue;
        const produce = (live: typeof role | undefined): typeof role => ({
          ...cloneJson(live ?? role),
          rules,
        });
        await roles.update(
          { namespace: '', name: role.metadata.name ?? '', subresource: '', produce },
          context,
        );
      }
      return undefined;
    },
  };
}
