import type {
  Base,
  ClusterRegistrationRequest,
  Description,
  FeedInventory,
  Globalization,
  Localization,
  ManagedCluster,
  Manifest,
  Subscription,
  kinds,
} from '@clusternet/api-types';
import { clusternetRef } from '@clusternet/client';
import type { KubeClient, ResourceClient } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import type { ConfigMap } from '../serving/hub-address.ts';
import type { ApiService } from '../serving/publish-ca.ts';

export interface Secret extends KubeObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** The parent's kinds that the hub reads and writes. */
export interface ParentResources {
  readonly clusters: ResourceClient<ManagedCluster>;
  readonly requests: ResourceClient<ClusterRegistrationRequest>;
  readonly subscriptions: ResourceClient<Subscription>;
  readonly bases: ResourceClient<Base>;
  readonly descriptions: ResourceClient<Description>;
  readonly globalizations: ResourceClient<Globalization>;
  readonly localizations: ResourceClient<Localization>;
  readonly inventories: ResourceClient<FeedInventory>;
  readonly manifests: ResourceClient<Manifest>;
  readonly secrets: ResourceClient<Secret>;
  readonly configMaps: ResourceClient<ConfigMap>;
  readonly namespaces: ResourceClient;
  readonly serviceAccounts: ResourceClient;
  readonly roles: ResourceClient;
  readonly roleBindings: ResourceClient;
  readonly clusterRoles: ResourceClient;
  readonly clusterRoleBindings: ResourceClient;
  readonly apiServices: ResourceClient<ApiService>;
}

/** Typed access to the parent. */
export function createParentResources(client: KubeClient): ParentResources {
  const own = <T extends KubeObject>(kind: keyof typeof kinds): ResourceClient<T> =>
    client.resource<T>(clusternetRef(kind));
  const core = <T extends KubeObject>(kind: string, plural: string, namespaced: boolean): ResourceClient<T> =>
    client.resource<T>({ group: '', version: 'v1', kind, plural, namespaced });
  const rbac = (kind: string, plural: string, namespaced: boolean): ResourceClient =>
    client.resource({ group: 'rbac.authorization.k8s.io', version: 'v1', kind, plural, namespaced });
  return {
    clusters: own('ManagedCluster'),
    requests: own('ClusterRegistrationRequest'),
    subscriptions: own('Subscription'),
    bases: own('Base'),
    descriptions: own('Description'),
    globalizations: own('Globalization'),
    localizations: own('Localization'),
    inventories: own('FeedInventory'),
    manifests: own('Manifest'),
    secrets: core('Secret', 'secrets', true),
    configMaps: core('ConfigMap', 'configmaps', true),
    namespaces: core('Namespace', 'namespaces', false),
    serviceAccounts: core('ServiceAccount', 'serviceaccounts', true),
    roles: rbac('Role', 'roles', true),
    roleBindings: rbac('RoleBinding', 'rolebindings', true),
    clusterRoles: rbac('ClusterRole', 'clusterroles', false),
    clusterRoleBindings: rbac('ClusterRoleBinding', 'clusterrolebindings', false),
    apiServices: client.resource<ApiService>({
      group: 'apiregistration.k8s.io',
      version: 'v1',
      kind: 'APIService',
      plural: 'apiservices',
      namespaced: false,
    }),
  };
}
