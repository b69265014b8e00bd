import { API_GROUPS, API_VERSIONS } from './constants.ts';

/** Where objects of a kind live in an API. */
export interface KindPlace {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

function place(family: keyof typeof API_GROUPS, kind: string, plural: string, namespaced = true): KindPlace {
  const group = API_GROUPS[family];
  return { group, version: API_VERSIONS[family].slice(group.length + 1), plural, kind, namespaced };
}

/** Where each of our kinds lives; apart from `kinds`, which loads all schemas. */
export const places = {
  ClusterRegistrationRequest: place(
    'clusters',
    'ClusterRegistrationRequest',
    'clusterregistrationrequests',
    false,
  ),
  ManagedCluster: place('clusters', 'ManagedCluster', 'managedclusters'),
  Subscription: place('apps', 'Subscription', 'subscriptions'),
  Base: place('apps', 'Base', 'bases'),
  Description: place('apps', 'Description', 'descriptions'),
  FeedInventory: place('apps', 'FeedInventory', 'feedinventories'),
  Globalization: place('apps', 'Globalization', 'globalizations', false),
  Localization: place('apps', 'Localization', 'localizations'),
  HelmChart: place('apps', 'HelmChart', 'helmcharts'),
  HelmRelease: place('apps', 'HelmRelease', 'helmreleases'),
  Manifest: place('apps', 'Manifest', 'manifests'),
  Socket: place('proxies', 'Socket', 'sockets', false),
  ServiceExport: place('multicluster', 'ServiceExport', 'serviceexports'),
  ServiceImport: place('multicluster', 'ServiceImport', 'serviceimports'),
  NodeFeatureRule: place('nodeFeature', 'NodeFeatureRule', 'nodefeaturerules', false),
} as const satisfies Record<string, KindPlace>;
