export {
  ANNOTATIONS,
  API_GROUPS,
  API_VERSIONS,
  CATEGORIES,
  CLUSTER_CONDITIONS,
  CLUSTER_REASONS,
  CONDITIONS,
  DIVIDING_OVERRIDE_NAME,
  EVENT_NOTE_LIMIT_BYTES,
  EXTRAS,
  FEATURE_GATES,
  FINALIZERS,
  GPU_RESOURCE,
  HEADERS,
  IMPERSONATED_USER,
  LABELS,
  LABEL_VALUES,
  MAX_LABELLED_SUBSCRIPTION_NAME,
  NAMES,
  NAMESPACES,
  NODE_LABEL_PREFIX,
  OVERRIDE_PRIORITY,
  SECRET_KEYS,
  TAINTS,
} from './constants.ts';
export type { FeatureGate } from './constants.ts';
export { parseVisitorGrant } from './visitors.ts';
export type { VisitorGrant } from './visitors.ts';
export { planFormerNamespaces, readFormerNamespaces } from './former-namespaces.ts';
export type { ObjectMeta, OwnerReference } from './object-meta.ts';
export type {
  Affinity,
  Condition,
  LabelSelector,
  PreferredSchedulingTerm,
  ResourceRequirements,
  Taint,
  Toleration,
  TopologySpreadConstraint,
} from './core-schemas.ts';
export { clusterRegistrationRequestSchema, managedClusterSchema } from './clusters.ts';
export type {
  ClusterRegistrationRequest,
  ClusterSyncMode,
  ManagedCluster,
  ManagedClusterStatus,
} from './clusters.ts';
export type { Feed } from './feeds.ts';
export { subscriptionSchema } from './subscription.ts';
export type {
  AggregatedStatus,
  DividingScheduling,
  ReplicaStatus,
  Subscriber,
  Subscription,
  SubscriptionSpec,
  SubscriptionStatus,
} from './subscription.ts';
export { baseSchema, descriptionSchema, feedInventorySchema, manifestSchema } from './delivery.ts';
export type { Base, Description, DescriptionPhase, FeedInventory, FeedOrder, Manifest } from './delivery.ts';
export { globalizationSchema, localizationSchema } from './overrides.ts';
export type { Globalization, Localization, OverrideConfig, OverrideType } from './overrides.ts';
export { helmChartSchema, helmReleaseSchema } from './helm.ts';
export type { HelmChart, HelmRelease } from './helm.ts';
export { nodeFeatureRuleSchema, serviceExportSchema, serviceImportSchema } from './foreign-kinds.ts';
export type { NodeFeatureRule, ServiceExport, ServiceImport } from './foreign-kinds.ts';
export type { Socket } from './socket.ts';
export { places } from './places.ts';
export type { KindPlace } from './places.ts';
export { getKindInfo, kinds } from './kinds.ts';
export type { KindInfo, PrinterColumn } from './kinds.ts';
export { applyDefaults } from './defaults.ts';
export { validate, validateUpdate } from './validate.ts';
export type { ValidationIssue } from './validate.ts';
