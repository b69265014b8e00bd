import { parseYaml } from '@clusternet/kube-data';
import type { Fleet } from '../harness/fleet.ts';
import { applyObjects, readObjects } from '../harness/apply-files.ts';

const NAME = 'jane';

/** Somebody who may do everything in parent and children, under her own name and with no credential of a child. */
export async function createPerson(fleet: Fleet): Promise<string> {
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: NAME },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: NAME }],
  };
  await applyObjects(fleet.parent.client, [binding]);
  for (const { plane } of fleet.children) {
    await applyObjects(plane.client, readObjects('manifests/visiting/own_identity.yaml'));
    await applyObjects(plane.client, [binding]);
  }
  const config = parseYaml(fleet.parent.kubeconfig) as unknown as {
    users: { user: Record<string, unknown> }[];
  };
  for (const entry of config.users) entry.user = { ...entry.user, as: NAME };
  return JSON.stringify(config);
}
