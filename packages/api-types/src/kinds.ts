import type { TSchema } from 'typebox';
import { clusterRegistrationRequestSchema, managedClusterSchema } from './clusters.ts';
import { API_GROUPS, API_VERSIONS, CATEGORIES } from './constants.ts';
import { baseSchema, descriptionSchema, feedInventorySchema, manifestSchema } from './delivery.ts';
import { nodeFeatureRuleSchema, serviceExportSchema, serviceImportSchema } from './foreign-kinds.ts';
import { helmChartSchema, helmReleaseSchema } from './helm.ts';
import { globalizationSchema, localizationSchema } from './overrides.ts';
import { subscriptionSchema } from './subscription.ts';

/** One column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'date' | 'string';
  readonly jsonPath: string;
  readonly priority?: number;
  readonly description?: string;
}

/** What discovery and the CRD say about a kind. */
export interface KindInfo {
  readonly group: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly scope: 'Cluster' | 'Namespaced';
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Whether `status` is a subresource. */
  readonly hasStatus: boolean;
  readonly printerColumns: readonly PrinterColumn[];
  /** Undefined for what has no CRD. */
  readonly schema?: TSchema;
}

const AGE: PrinterColumn = { name: 'AGE', type: 'date', jsonPath: '.metadata.creationTimestamp' };
const MCS_AGE: PrinterColumn = { ...AGE, name: 'Age' };

function column(name: string, jsonPath: string, priority?: number): PrinterColumn {
  return { name, type: 'string', jsonPath, ...(priority === undefined ? {} : { priority }) };
}

type KindInput = Partial<KindInfo> & Pick<KindInfo, 'kind' | 'plural'>;

function createKind(apiVersion: string, group: string, input: KindInput): KindInfo {
  return {
    group,
    version: apiVersion.slice(group.length + 1),
    apiVersion,
    singular: input.kind.toLowerCase(),
    scope: 'Namespaced',
    shortNames: [],
    categories: group.endsWith('.clusternet.io') ? [CATEGORIES.clusternet] : [],
    hasStatus: false,
    printerColumns: [AGE],
    ...input,
  };
}

const clusters = (input: KindInput): KindInfo =>
  createKind(API_VERSIONS.clusters, API_GROUPS.clusters, input);
const apps = (input: KindInput): KindInfo => createKind(API_VERSIONS.apps, API_GROUPS.apps, input);
const multicluster = (input: KindInput): KindInfo =>
  createKind(API_VERSIONS.multicluster, API_GROUPS.multicluster, input);

const CHART_COLUMNS = [
  column('CHART', '.spec.chart'),
  column('VERSION', '.spec.version'),
  column('REPO', '.spec.repo'),
  column('STATUS', '.status.phase'),
  AGE,
];

/** Every kind, by its name. */
export const kinds = {
  ClusterRegistrationRequest: clusters({
    kind: 'ClusterRegistrationRequest',
    plural: 'clusterregistrationrequests',
    scope: 'Cluster',
    shortNames: ['clsrr'],
    hasStatus: true,
    printerColumns: [column('CLUSTER ID', '.spec.clusterId'), column('STATUS', '.status.result'), AGE],
    schema: clusterRegistrationRequestSchema,
  }),
  ManagedCluster: clusters({
    kind: 'ManagedCluster',
    plural: 'managedclusters',
    shortNames: ['mcls'],
    hasStatus: true,
    printerColumns: [
      column('CLUSTER ID', '.spec.clusterId'),
      column('CLUSTER TYPE', '.spec.clusterType', 100),
      column('SYNC MODE', '.spec.syncMode'),
      column('KUBERNETES', '.status.k8sVersion'),
      column('STATUS', ".status.conditions[?(@.type=='Ready')].status"),
      AGE,
      column('AGENT VERSION', '.status.agentVersion', 100),
    ],
    schema: managedClusterSchema,
  }),
  Subscription: apps({
    kind: 'Subscription',
    plural: 'subscriptions',
    shortNames: ['sub', 'subs'],
    hasStatus: true,
    schema: subscriptionSchema,
  }),
  Base: apps({ kind: 'Base', plural: 'bases', schema: baseSchema }),
  Description: apps({
    kind: 'Description',
    plural: 'descriptions',
    shortNames: ['desc'],
    hasStatus: true,
    printerColumns: [column('DEPLOYER', '.spec.deployer'), column('STATUS', '.status.phase'), AGE],
    schema: descriptionSchema,
  }),
  FeedInventory: apps({
    kind: 'FeedInventory',
    plural: 'feedinventories',
    shortNames: ['finv'],
    printerColumns: [],
    schema: feedInventorySchema,
  }),
  Globalization: apps({
    kind: 'Globalization',
    plural: 'globalizations',
    scope: 'Cluster',
    shortNames: ['glob', 'global'],
    schema: globalizationSchema,
  }),
  Localization: apps({
    kind: 'Localization',
    plural: 'localizations',
    shortNames: ['loc', 'local'],
    schema: localizationSchema,
  }),
  HelmChart: apps({
    kind: 'HelmChart',
    plural: 'helmcharts',
    shortNames: ['chart', 'charts'],
    hasStatus: true,
    printerColumns: CHART_COLUMNS,
    schema: helmChartSchema,
  }),
  HelmRelease: apps({
    kind: 'HelmRelease',
    plural: 'helmreleases',
    shortNames: ['hr'],
    hasStatus: true,
    printerColumns: CHART_COLUMNS,
    schema: helmReleaseSchema,
  }),
  Manifest: apps({ kind: 'Manifest', plural: 'manifests', schema: manifestSchema }),
  Socket: createKind(API_VERSIONS.proxies, API_GROUPS.proxies, {
    kind: 'Socket',
    plural: 'sockets',
    scope: 'Cluster',
    shortNames: ['ss'],
    printerColumns: [],
  }),
  ServiceExport: multicluster({
    kind: 'ServiceExport',
    plural: 'serviceexports',
    shortNames: ['svcex'],
    hasStatus: true,
    printerColumns: [MCS_AGE],
    schema: serviceExportSchema,
  }),
  ServiceImport: multicluster({
    kind: 'ServiceImport',
    plural: 'serviceimports',
    shortNames: ['svcim'],
    hasStatus: true,
    printerColumns: [column('Type', '.spec.type'), column('IP', '.spec.ips'), MCS_AGE],
    schema: serviceImportSchema,
  }),
  NodeFeatureRule: createKind(API_VERSIONS.nodeFeature, API_GROUPS.nodeFeature, {
    kind: 'NodeFeatureRule',
    plural: 'nodefeaturerules',
    scope: 'Cluster',
    printerColumns: [],
    schema: nodeFeatureRuleSchema,
  }),
} as const satisfies Record<string, KindInfo>;

/** What we know about a kind; undefined when it is none of ours. */
export function getKindInfo(apiVersion: string, kind: string): KindInfo | undefined {
  const info = Object.hasOwn(kinds, kind) ? (kinds as Readonly<Record<string, KindInfo>>)[kind] : undefined;
  return info?.apiVersion === apiVersion ? info : undefined;
}
