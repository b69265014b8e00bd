import type { Static } from 'typebox';
import { addedStatusFields, condition, taint } from './core-schemas.ts';
import { API_VERSIONS } from './constants.ts';
import {
  bytes,
  dateTime,
  flag,
  float,
  int32,
  int64,
  kindSchema,
  list,
  mapOf,
  oneOf,
  opt,
  quantity,
  struct,
  text,
} from './schema.ts';

const UUID_PATTERN = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}';
const CLUSTER_NAME_PATTERN = '[a-z0-9]([-a-z0-9]*[a-z0-9])?([a-z0-9]([-a-z0-9]*[a-z0-9]))*';
const DNS_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';

/** The identity of a child cluster. */
export const clusterId = () => text({ pattern: UUID_PATTERN, description: 'Identity of the child: a UUID.' });

/** The name of a child cluster. Anchored, the pattern of the CRD takes exponential time; a DNS label is the same set. */
export const clusterName = () =>
  text({
    maxLength: 30,
    pattern: CLUSTER_NAME_PATTERN,
    strictPattern: DNS_LABEL,
    description: 'Name of the child.',
  });

const SYNC_MODES = ['Push', 'Pull', 'Dual'] as const;
const clusterType = text({ description: 'EdgeCluster or StandardCluster, by convention.' });

/** Schema of a ClusterRegistrationRequest. */
export const clusterRegistrationRequestSchema = kindSchema(
  {
    apiVersion: API_VERSIONS.clusters,
    kind: 'ClusterRegistrationRequest',
    description: 'A child cluster asks to be registered.',
  },
  {
    spec: opt(
      struct({
        clusterId: clusterId(),
        clusterLabels: opt(
          mapOf(text(), { description: 'Extra labels of the ManagedCluster, applied last.' }),
        ),
        clusterName: opt(clusterName()),
        clusterNamespace: opt(
          text({
            maxLength: 63,
            pattern: DNS_LABEL,
            description: 'Name of the dedicated namespace; generated when empty.',
          }),
        ),
        clusterType: opt(clusterType),
        syncMode: opt(
          oneOf(SYNC_MODES, { default: 'Pull', description: 'Who applies resources to the child.' }),
        ),
      }),
    ),
    status: opt(
      struct({
        ...addedStatusFields,
        caCertificate: opt(bytes({ description: 'PEM of the certificate authority of the parent.' })),
        dedicatedNamespace: opt(text({ description: 'Namespace made for the child.' })),
        errorMessage: opt(text({ description: 'Why the result is not Approved.' })),
        managedClusterName: opt(
          text({ description: 'Name of the ManagedCluster in the dedicated namespace.' }),
        ),
        result: opt(text({ description: 'Approved, Denied or Failed.' })),
        token: opt(bytes({ description: 'Bearer token of the dedicated service account.' })),
      }),
    ),
  },
);

const resourceList = () => mapOf(quantity());

const managedClusterStatus = struct({
  agentVersion: opt(text()),
  allocatable: opt(resourceList()),
  apiserverURL: opt(text({ description: 'Address of the API server of the child, as the agent sees it.' })),
  appPusher: opt(flag({ description: 'Whether the child lets the parent deploy; absent means unknown.' })),
  capacity: opt(resourceList()),
  clusterCIDR: opt(text()),
  conditions: opt(list(condition)),
  healthz: opt(flag()),
  heartbeatFrequencySeconds: opt(int64()),
  k8sVersion: opt(text()),
  kubeBurst: opt(int32()),
  kubeQPS: opt(float({ format: 'float' })),
  lastObservedTime: opt(dateTime()),
  livez: opt(flag()),
  nodeStatistics: opt(
    struct({
      lostNodes: opt(int32()),
      notReadyNodes: opt(int32()),
      readyNodes: opt(int32()),
      unknownNodes: opt(int32()),
    }),
  ),
  platform: opt(text()),
  podStatistics: opt(struct({ runningPods: opt(int32()), totalPods: opt(int32()) })),
  predictorAddress: opt(text()),
  predictorDirectAccess: opt(flag()),
  predictorEnabled: opt(flag()),
  readyz: opt(flag()),
  resourceUsage: opt(struct({ cpuUsage: opt(quantity()), memoryUsage: opt(quantity()) })),
  serviceCIDR: opt(text()),
  useSocket: opt(flag({ description: 'Whether the child is reached through its tunnel.' })),
});

/** Schema of a ManagedCluster. */
export const managedClusterSchema = kindSchema(
  { apiVersion: API_VERSIONS.clusters, kind: 'ManagedCluster', description: 'A registered child cluster.' },
  {
    spec: opt(
      struct(
        {
          clusterId: clusterId(),
          clusterInitBaseName: opt(
            text({
              maxLength: 512,
              description: 'Base in the same namespace that initialises the cluster.',
              'x-kubernetes-validations': [
                { rule: 'self == oldSelf', message: 'clusterInitBaseName is immutable' },
              ],
            }),
          ),
          clusterType: opt(clusterType),
          syncMode: oneOf(SYNC_MODES, { description: 'Who applies resources to the child.' }),
          taints: opt(list(taint, { 'x-kubernetes-list-type': 'atomic' })),
        },
        {
          'x-kubernetes-validations': [
            {
              rule: '!has(oldSelf.clusterInitBaseName) || has(self.clusterInitBaseName)',
              message: 'clusterInitBaseName is required once set',
            },
          ],
        },
      ),
    ),
    status: opt(managedClusterStatus),
  },
);

/** A child cluster asks to be registered. */
export type ClusterRegistrationRequest = Static<typeof clusterRegistrationRequestSchema>;
/** A registered child cluster. */
export type ManagedCluster = Static<typeof managedClusterSchema>;
/** What a child cluster reports about itself. */
export type ManagedClusterStatus = Static<typeof managedClusterStatus>;
/** Who applies resources to a child. */
export type ClusterSyncMode = (typeof SYNC_MODES)[number];
