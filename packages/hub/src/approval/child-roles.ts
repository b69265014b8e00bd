import { ANNOTATIONS, API_GROUPS, LABELS, LABEL_VALUES, NAMES } from '@clusternet/api-types';
import type { KubeObject } from '@clusternet/kube-data';

const RBAC = 'rbac.authorization.k8s.io';

export interface ChildRolesInput {
  readonly clusterId: string;
  readonly requestName: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

/**
 * What a child may do in the parent. Names are those that Go peers know; the rules are narrower: its own
 * request and tunnel by name, and in its own namespace just the kinds that an agent works with. A child has
 * no right to read Secrets outside, nor any but its own inside.
 */
export function createChildRoles(input: ChildRolesInput): {
  readonly clusterRole: KubeObject;
  readonly clusterRoleBinding: KubeObject;
  readonly role: KubeObject;
  readonly roleBinding: KubeObject;
} {
  const { clusterId, requestName, namespace, serviceAccount } = input;
  const annotations = { [ANNOTATIONS.autoUpdate]: 'true' };
  const labels = {
    [LABELS.bootstrapping]: LABEL_VALUES.bootstrappingRbac,
    [LABELS.createdBy]: LABEL_VALUES.createdByControllerManager,
  };
  const clusterLabels = { ...labels, [LABELS.clusterId]: clusterId };
  const clusterMeta = { name: `${NAMES.objectPrefix}${clusterId}`, labels: clusterLabels, annotations };
  const meta = { name: NAMES.managedClusterRole, namespace, labels, annotations };
  const subjects = [{ kind: 'ServiceAccount', name: serviceAccount, namespace }];
  const apiVersion = `${RBAC}/v1`;
  return {
    clusterRole: {
      apiVersion,
      kind: 'ClusterRole',
      metadata: clusterMeta,
      rules: clusterRules(clusterId, requestName),
    },
    clusterRoleBinding: {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: clusterMeta,
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: clusterMeta.name },
      subjects,
    },
    role: { apiVersion, kind: 'Role', metadata: meta, rules: namespaceRules() },
    roleBinding: {
      apiVersion,
      kind: 'RoleBinding',
      metadata: meta,
      roleRef: { apiGroup: RBAC, kind: 'Role', name: meta.name },
      subjects,
    },
  };
}

function clusterRules(clusterId: string, requestName: string): unknown[] {
  const requests = { apiGroups: [API_GROUPS.clusters], resources: ['clusterregistrationrequests'] };
  return [
    { ...requests, verbs: ['create'] }, // a name cannot restrict create; the approver refuses a foreign id
    { ...requests, resourceNames: [requestName], verbs: ['get'] },
    { apiGroups: [API_GROUPS.proxies], resources: ['sockets'], resourceNames: [clusterId], verbs: ['get'] },
  ];
}

function namespaceRules(): unknown[] {
  const watch = ['get', 'list', 'watch'];
  const change = ['update', 'patch'];
  const write = [...watch, ...change];
  return [
    { apiGroups: [API_GROUPS.clusters], resources: ['managedclusters'], verbs: write },
    { apiGroups: [API_GROUPS.clusters], resources: ['managedclusters/status'], verbs: change },
    { apiGroups: [API_GROUPS.apps], resources: ['descriptions', 'helmreleases'], verbs: write },
    {
      apiGroups: [API_GROUPS.apps],
      resources: ['descriptions/status', 'helmreleases/status'],
      verbs: change,
    },
    { apiGroups: [API_GROUPS.apps], resources: ['helmcharts'], verbs: watch },
    { apiGroups: [''], resources: ['secrets'], verbs: ['create'] }, // a name cannot restrict create
    {
      apiGroups: [''],
      resources: ['secrets'],
      resourceNames: [NAMES.childClusterSecret, NAMES.childVisitorsSecret],
      verbs: ['get', 'update', 'patch'],
    },
    { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
    {
      apiGroups: ['discovery.k8s.io'],
      resources: ['endpointslices'],
      verbs: [...write, 'create', 'delete', 'deletecollection'],
    },
  ];
}
