import type { ResourceRef } from '../resource.ts';

const KINDS: Readonly<Record<string, readonly string[]>> = {
  v1: [
    'ConfigMap configmaps',
    'Event events',
    'Namespace namespaces cluster',
    'Node nodes cluster',
    'PersistentVolume persistentvolumes cluster',
    'PersistentVolumeClaim persistentvolumeclaims',
    'Pod pods',
    'Secret secrets',
    'Service services',
    'ServiceAccount serviceaccounts',
  ],
  'apps/v1': [
    'DaemonSet daemonsets',
    'Deployment deployments',
    'ReplicaSet replicasets',
    'StatefulSet statefulsets',
  ],
  'batch/v1': ['CronJob cronjobs', 'Job jobs'],
  'networking.k8s.io/v1': ['Ingress ingresses', 'NetworkPolicy networkpolicies'],
  'rbac.authorization.k8s.io/v1': [
    'ClusterRole clusterroles cluster',
    'ClusterRoleBinding clusterrolebindings cluster',
    'Role roles',
    'RoleBinding rolebindings',
  ],
};

/** Where kinds live that every Kubernetes has, and always will: nobody needs to be asked. */
export const builtInRefs: ReadonlyMap<string, ResourceRef> = new Map(
  Object.entries(KINDS).flatMap(([apiVersion, lines]) =>
    lines.map((line): [string, ResourceRef] => {
      const [kind = '', plural = '', scope] = line.split(' ');
      const [version = '', group = ''] = apiVersion.split('/').reverse();
      return [`${apiVersion}/${kind}`, { group, version, kind, plural, namespaced: scope !== 'cluster' }];
    }),
  ),
);
