import { API_VERSIONS } from '@clusternet/api-types';
import type {
  Base,
  ClusterRegistrationRequest,
  Description,
  Feed,
  FeedInventory,
  FeedOrder,
  Globalization,
  Localization,
  ManagedCluster,
  Manifest,
  Subscription,
} from '@clusternet/api-types';
import type { KubeObject } from '@clusternet/kube-data';
import { encodeBase64, encodeUtf8, parseApiVersion, stringifyJson } from '@clusternet/kube-data';

/** Builders: each fills in everything a case is not about. */

/** A `Ready` condition. */
export function ready(status: 'False' | 'True' | 'Unknown', reason: string, message = '') {
  return { type: 'Ready', status, reason, message, lastTransitionTime: '2026-01-01T00:00:00Z' };
}

export const CLUSTER_ID = '0a1b2c3d-0000-4000-8000-000000000001';

type Meta = Partial<KubeObject['metadata']>;

export function cluster(
  status: ManagedCluster['status'] = {},
  spec: Partial<NonNullable<ManagedCluster['spec']>> = {},
  metadata: Meta = {},
): ManagedCluster {
  return {
    apiVersion: API_VERSIONS.clusters,
    kind: 'ManagedCluster',
    metadata: {
      name: 'east',
      namespace: 'clusternet-aaaaa',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { 'clusters.clusternet.io/cluster-name': 'east' },
      ...metadata,
    },
    spec: { clusterId: CLUSTER_ID, syncMode: 'Push', ...spec },
    status,
  };
}

export function request(
  spec: Partial<NonNullable<ClusterRegistrationRequest['spec']>> = {},
  name = `clusternet-${spec.clusterId ?? CLUSTER_ID}`,
): ClusterRegistrationRequest {
  return {
    apiVersion: API_VERSIONS.clusters,
    kind: 'ClusterRegistrationRequest',
    metadata: { name },
    spec: { clusterId: CLUSTER_ID, clusterName: 'east', ...spec },
  };
}

export const CONFIG_FEED: Feed = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'foo', name: 'settings' };

export function subscription(
  status: Subscription['status'] = { specHash: 1, bindingClusters: ['clusternet-aaaaa/east'] },
  metadata: Meta = {},
  feeds: Feed[] = [CONFIG_FEED],
): Subscription {
  return {
    apiVersion: API_VERSIONS.apps,
    kind: 'Subscription',
    metadata: { name: 'app', namespace: 'default', uid: 'sub-uid', generation: 3, ...metadata },
    spec: { subscribers: [], feeds },
    status,
  };
}

export function base(metadata: Meta = {}, feeds: Feed[] = [CONFIG_FEED]): Base {
  return {
    apiVersion: API_VERSIONS.apps,
    kind: 'Base',
    metadata: {
      name: 'app-xxxxx',
      namespace: 'clusternet-aaaaa',
      uid: 'base-uid',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    spec: { feeds },
  };
}

export function configMap(name: string, data: Record<string, string> = {}, namespace = 'foo'): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}

export const WEB_FEED: Feed = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'foo', name: 'web' };

/** A Deployment `web`; without replicas when they are undefined. */
export function deployment(
  replicas: number | undefined,
  podSpec: Record<string, unknown> = {},
  namespace = 'foo',
): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: { ...(replicas === undefined ? {} : { replicas }), template: { spec: podSpec } },
  };
}

/** The inventory of the Subscription `default/app`. */
export function inventory(...feeds: FeedOrder[]): FeedInventory {
  return {
    apiVersion: API_VERSIONS.apps,
    kind: 'FeedInventory',
    metadata: { name: 'app', namespace: 'default' },
    spec: { feeds },
  };
}

export function manifest(template: KubeObject, metadata: Meta = {}): Manifest {
  const { group, version } = parseApiVersion(template.apiVersion);
  const { name = '', namespace = '' } = template.metadata;
  return {
    apiVersion: API_VERSIONS.apps,
    kind: 'Manifest',
    metadata: {
      name: `${namespace}.${name}`,
      namespace: 'clusternet-reserved',
      labels: {
        'apps.clusternet.io/config.group': group,
        'apps.clusternet.io/config.version': version,
        'apps.clusternet.io/config.kind': template.kind,
        'apps.clusternet.io/config.name': name,
        'apps.clusternet.io/config.namespace': namespace,
      },
      ...metadata,
    },
    template,
  } as unknown as Manifest;
}

/** A value that sets one key of a ConfigMap. */
export function setting(value: string): { name: string; type: 'MergePatch'; value: string } {
  return { name: 'set', type: 'MergePatch', value: `{"data":{"by":"${value}"}}` };
}

export function globalization(
  name: string,
  spec: Partial<Globalization['spec']> = {},
  metadata: Meta = {},
): Globalization {
  return {
    apiVersion: API_VERSIONS.apps,
    kind: 'Globalization',
    metadata: { name, creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
    spec: { feed: CONFIG_FEED, priority: 500, overrides: [setting(name)], ...spec },
  };
}

export function localization(
  name: string,
  spec: Partial<Localization['spec']> = {},
  metadata: Meta = {},
): Localization {
  return {
    apiVersion: API_VERSIONS.apps,
    kind: 'Localization',
    metadata: {
      name,
      namespace: 'clusternet-aaaaa',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    spec: { feed: CONFIG_FEED, priority: 500, overrides: [setting(name)], ...spec },
  };
}

export function encodeRaw(document: unknown): string {
  return encodeBase64(encodeUtf8(stringifyJson(document)));
}

export function description(
  documents: readonly unknown[],
  status: Description['status'] = {},
  metadata: Meta = {},
): Description {
  return {
    apiVersion: API_VERSIONS.apps,
    kind: 'Description',
    metadata: { name: 'app-xxxxx-generic', namespace: 'clusternet-aaaaa', generation: 1, ...metadata },
    spec: { deployer: 'Generic', raw: documents.map(encodeRaw) },
    status,
  };
}
