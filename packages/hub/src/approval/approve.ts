import {
  ANNOTATIONS,
  API_VERSIONS,
  CLUSTER_REASONS,
  LABELS,
  LABEL_VALUES,
  NAMES,
  SECRET_KEYS,
  TAINTS,
} from '@clusternet/api-types';
import type { ManagedCluster, Taint } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import type { Clock } from '@clusternet/runtime';
import type { ParentResources, Secret } from '../parent/resources.ts';
import type { RequestedCluster } from './check-request.ts';
import { createChildRoles } from './child-roles.ts';
import { ensureObject } from './ensure-object.ts';

/** The outcome of one pass: what the request's status is to say, or that the token is not there yet. */
export type Approval =
  | {
      readonly kind: 'approved';
      readonly namespace: string;
      readonly managedClusterName: string;
      readonly serviceAccount: string;
      /** Credentials of an earlier one are of no use. */
      readonly isServiceAccountNew: boolean;
      /** Base64, as Secrets have it. Empty where the credential is sealed. */
      readonly token: string;
      readonly caCertificate: string;
    }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'waiting'; readonly reason: string; readonly message: string };

export interface ApproveDeps {
  readonly resources: ParentResources;
  readonly clock: Clock;
  /** PEM of the CA of the parent, as the hub itself knows it. */
  readonly parentCaPem: string | undefined;
  /** The feature gate ClusterInit: a new cluster takes nothing until it is initialised. */
  readonly isClusterInitEnabled: boolean;
}

const INIT_TAINT: Taint = {
  key: TAINTS.initialization,
  value: CLUSTER_REASONS.initWaiting,
  effect: 'NoSchedule',
};

/** The token controller fills a new token Secret within this time, ms, unless something is wrong. */
const TOKEN_WAIT_MS = 2000;
const TOKEN_POLL_MS = 100;

/**
 * Makes everything in the parent that a child needs. Each step finds what an earlier, interrupted pass made:
 * by label, asked of the API itself, since a cache may lag behind our own writes.
 *
 * @param isSealed - the child gets a sealed credential, so no token that lasts for ever is made
 */
export async function approve(
  deps: ApproveDeps,
  requestName: string,
  cluster: RequestedCluster,
  isSealed: boolean,
  signal: AbortSignal,
): Promise<Approval> {
  const { resources } = deps;
  const namespace = await ensureNamespace(resources, cluster, signal);
  if (typeof namespace !== 'string') return namespace;
  const managedClusterName = await ensureManagedCluster(deps, cluster, namespace, signal);
  const account = await ensureServiceAccount(resources, cluster, namespace, signal);
  const serviceAccount = account.name;
  const { clusterId } = cluster;
  const roles = createChildRoles({ clusterId, requestName, namespace, serviceAccount });
  await ensureObject(resources.clusterRoles, roles.clusterRole, signal);
  await ensureObject(resources.clusterRoleBindings, roles.clusterRoleBinding, signal);
  await ensureObject(resources.roles, roles.role, signal);
  await ensureObject(resources.roleBindings, roles.roleBinding, signal);
  const approved = {
    kind: 'approved',
    namespace,
    managedClusterName,
    serviceAccount,
    isServiceAccountNew: account.isNew,
  } as const;
  if (isSealed) {
    const caCertificate = Buffer.from(deps.parentCaPem ?? '', 'utf8').toString('base64');
    return { ...approved, token: '', caCertificate };
  }
  await ensureTokenSecret(resources, namespace, serviceAccount, signal);
  const found = await waitForToken(deps, namespace, serviceAccount, signal);
  if (found !== undefined) return { ...approved, ...found };
  const message = `the token controller has not filled in the Secret ${namespace}/${serviceAccount} yet`;
  return { kind: 'waiting', reason: 'TokenPending', message };
}

async function waitForToken(
  { resources, clock }: ApproveDeps,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<Pick<Approval & { kind: 'approved' }, 'caCertificate' | 'token'> | undefined> {
  for (let waitedMs = 0; ; waitedMs += TOKEN_POLL_MS) {
    const { data = {} } = await resources.secrets.get({ namespace, name }, signal);
    const token = data[SECRET_KEYS.token] ?? '';
    const caCertificate = data[SECRET_KEYS.caCert] ?? '';
    if (token !== '' && caCertificate !== '') return { token, caCertificate };
    if (waitedMs >= TOKEN_WAIT_MS || !(await clock.sleep(TOKEN_POLL_MS, signal))) return undefined;
  }
}

/** The labels by which everything of one child is found. */
function clusterLabels({ clusterId, clusterName }: RequestedCluster): Record<string, string> {
  return {
    [LABELS.createdBy]: LABEL_VALUES.createdByAgent,
    [LABELS.clusterId]: clusterId,
    [LABELS.clusterName]: clusterName,
  };
}

function selectorOf({ clusterId }: RequestedCluster): string {
  return `${LABELS.createdBy}=${LABEL_VALUES.createdByAgent},${LABELS.clusterId}=${clusterId}`;
}

async function ensureNamespace(
  { namespaces }: ParentResources,
  cluster: RequestedCluster,
  signal: AbortSignal,
): Promise<Approval | string> {
  const { items } = await namespaces.list({ labelSelector: selectorOf(cluster) }, signal);
  const live = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (live.length > 1) {
    const names = live.map(({ metadata }) => metadata.name).join(', ');
    const message = `several namespaces carry the label of cluster ${cluster.clusterId}: ${names}; leave it on one`;
    return { kind: 'failed', message };
  }
  const [found] = live;
  if (found?.metadata.name !== undefined) return found.metadata.name;
  const named =
    cluster.namespace === undefined ? { generateName: NAMES.objectPrefix } : { name: cluster.namespace };
  try {
    const created = await namespaces.create(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { ...named, labels: clusterLabels(cluster) } },
      {},
      signal,
    );
    return created.metadata.name ?? '';
  } catch (error) {
    if (cluster.namespace === undefined || !isApiError(error, 'ALREADY_EXISTS')) throw error;
    const message = `the namespace ${cluster.namespace} exists and is not labelled for cluster ${cluster.clusterId}; label it or ask for another`;
    return { kind: 'failed', message };
  }
}

async function ensureManagedCluster(
  { resources: { clusters }, isClusterInitEnabled }: ApproveDeps,
  cluster: RequestedCluster,
  namespace: string,
  signal: AbortSignal,
): Promise<string> {
  const { items } = await clusters.list({ namespace, labelSelector: selectorOf(cluster) }, signal);
  const [found] = items;
  if (found?.metadata.name !== undefined) return found.metadata.name;
  const { clusterId, clusterType, clusterName, syncMode } = cluster;
  const wanted: ManagedCluster = {
    apiVersion: API_VERSIONS.clusters,
    kind: 'ManagedCluster',
    metadata: { name: clusterName, namespace, labels: { ...cluster.labels, ...clusterLabels(cluster) } },
    spec: {
      clusterId,
      syncMode,
      ...(clusterType === undefined ? {} : { clusterType }),
      ...(isClusterInitEnabled ? { taints: [INIT_TAINT] } : {}),
    },
  };
  await clusters.create(wanted, {}, signal);
  return clusterName;
}

async function ensureServiceAccount(
  { serviceAccounts }: ParentResources,
  cluster: RequestedCluster,
  namespace: string,
  signal: AbortSignal,
): Promise<{ readonly name: string; readonly isNew: boolean }> {
  const { items } = await serviceAccounts.list({ namespace, labelSelector: selectorOf(cluster) }, signal);
  const [found] = items;
  if (found?.metadata.name !== undefined) return { name: found.metadata.name, isNew: false };
  const wanted: KubeObject = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { generateName: NAMES.objectPrefix, namespace, labels: clusterLabels(cluster) },
  };
  const created = await serviceAccounts.create(wanted, {}, signal);
  return { name: created.metadata.name ?? '', isNew: true };
}

async function ensureTokenSecret(
  { secrets }: ParentResources,
  namespace: string,
  serviceAccount: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await secrets.get({ namespace, name: serviceAccount }, signal);
    return;
  } catch (error) {
    if (!isApiError(error, 'NOT_FOUND')) throw error;
  }
  const wanted: Secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: serviceAccount,
      namespace,
      annotations: { [ANNOTATIONS.serviceAccountName]: serviceAccount },
    },
    type: 'kubernetes.io/service-account-token',
  };
  await secrets.create(wanted, {}, signal);
}
