import type { TSchema } from 'typebox';
import { clusterRegistrationRequestSchema, managedClusterSchema } from './clusters.ts';
import { CATEGORIES } from './constants.ts';
import { baseSchema, descriptionSchema, feedInventorySchema, manifestSchema } from './delivery.ts';
import { nodeFeatureRuleSchema, serviceExportSchema, serviceImportSchema } from './foreign-kinds.ts';
import { helmChartSchema, helmReleaseSchema } from './helm.ts';
import { globalizationSchema, localizationSchema } from './overrides.ts';
import { places } from './places.ts';
import type { KindPlace } from './places.ts';
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

type KindInput = Partial<Omit<KindInfo, keyof KindPlace>>;

function createKind({ namespaced, ...place }: KindPlace, input: KindInput): KindInfo {
  const { group, version, kind } = place;
  return {
    ...place,
    apiVersion: `${group}/${version}`,
    singular: kind.toLowerCase(),
    scope: namespaced ? 'Namespaced' : 'Cluster',
    shortNames: [],
    categories: group.endsWith('.clusternet.io') ? [CATEGORIES.clusternet] : [],
    hasStatus: false,
    printerColumns: [AGE],
    ...input,
  };
}

const CHART_COLUMNS = [
  column('CHART', '.spec.chart'),
  column('VERSION', '.spec.version'),
  column('REPO', '.spec.repo'),
  column('STATUS', '.status.phase'),
  AGE,
];

/** Every kind, by its name. */
export const kinds = {
  ClusterRegistrationRequest: createKind(places.ClusterRegistrationRequest, {
    shortNames: ['clsrr'],
    hasStatus: true,
    printerColumns: [column('CLUSTER ID', '.spec.clusterId'), column('STATUS', '.status.result'), AGE],
    schema: clusterRegistrationRequestSchema,
  }),
  ManagedCluster: createKind(places.ManagedCluster, {
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
  Subscription: createKind(places.Subscription, {
    shortNames: ['sub', 'subs'],
    hasStatus: true,
    schema: subscriptionSchema,
  }),
  Base: createKind(places.Base, { schema: baseSchema }),
  Description: createKind(places.Description, {
    shortNames: ['desc'],
    hasStatus: true,
    printerColumns: [column('DEPLOYER', '.spec.deployer'), column('STATUS', '.status.phase'), AGE],
    schema: descriptionSchema,
  }),
  FeedInventory: createKind(places.FeedInventory, {
    shortNames: ['finv'],
    printerColumns: [],
    schema: feedInventorySchema,
  }),
  Globalization: createKind(places.Globalization, {
    shortNames: ['glob', 'global'],
    schema: globalizationSchema,
  }),
  Localization: createKind(places.Localization, {
    shortNames: ['loc', 'local'],
    schema: localizationSchema,
  }),
  HelmChart: createKind(places.HelmChart, {
    shortNames: ['chart', 'charts'],
    hasStatus: true,
    printerColumns: CHART_COLUMNS,
    schema: helmChartSchema,
  }),
  HelmRelease: createKind(places.HelmRelease, {
    shortNames: ['hr'],
    hasStatus: true,
    printerColumns: CHART_COLUMNS,
    schema: helmReleaseSchema,
  }),
  Manifest: createKind(places.Manifest, { schema: manifestSchema }),
  Socket: createKind(places.Socket, {
    shortNames: ['ss'],
    printerColumns: [],
  }),
  ServiceExport: createKind(places.ServiceExport, {
    shortNames: ['svcex'],
    hasStatus: true,
    printerColumns: [MCS_AGE],
    schema: serviceExportSchema,
  }),
  ServiceImport: createKind(places.ServiceImport, {
    shortNames: ['svcim'],
    hasStatus: true,
    printerColumns: [column('Type', '.spec.type'), column('IP', '.spec.ips'), MCS_AGE],
    schema: serviceImportSchema,
  }),
  NodeFeatureRule: createKind(places.NodeFeatureRule, {
    printerColumns: [],
    schema: nodeFeatureRuleSchema,
  }),
} as const satisfies Record<keyof typeof places, KindInfo>;

/** What we know about a kind; undefined when it is none of ours. */
export function getKindInfo(apiVersion: string, kind: string): KindInfo | undefined {
  const info = Object.hasOwn(kinds, kind) ? (kinds as Readonly<Record<string, KindInfo>>)[kind] : undefined;
  return info?.apiVersion === apiVersion ? info : undefined;
}
