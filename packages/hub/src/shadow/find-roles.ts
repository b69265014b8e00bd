import { isApiError } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import type { ParentResources } from '../parent/resources.ts';
import { RBAC_GROUP } from './access-escalation.ts';
import type { EscalationDeps } from './access-escalation.ts';
import type { ManifestMemory } from './manifest-memory.ts';
import { storageResourceOf } from './shadow-kind.ts';

/** Both roles of that name that a binding may come to mean: the parent's, and the template. */
export function createFindRoles(
  resources: Pick<ParentResources, 'clusterRoles' | 'roles'>,
  memory: ManifestMemory,
): EscalationDeps['findRoles'] {
  return async ({ kind, name }, bindingNamespace) => {
    const namespace = kind === 'Role' ? bindingNamespace : '';
    const template = memory.objects.find({
      resource: storageResourceOf({ group: RBAC_GROUP, kind }),
      namespace,
      name,
    });
    const own = await getRole(kind === 'Role' ? resources.roles : resources.clusterRoles, namespace, name);
    return [template, own].filter((role) => role !== undefined);
  };
}

async function getRole(
  roles: ParentResources['roles'],
  namespace: string,
  name: string,
): Promise<KubeObject | undefined> {
  try {
    return await roles.get({ namespace, name });
  } catch (error) {
    if (isApiError(error, 'NOT_FOUND', 'BAD_REQUEST')) return undefined;
    throw error;
  }
}
