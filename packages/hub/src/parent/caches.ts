import { LABELS, LABEL_VALUES, NAMES, readFormerNamespaces } from '@clusternet/api-types';
import type {
  Base,
  ClusterRegistrationRequest,
  Description,
  Feed,
  FeedInventory,
  Globalization,
  Localization,
  ManagedCluster,
  Manifest,
  Subscription,
} from '@clusternet/api-types';
import type { ReflectorSink, ResourceClient } from '@clusternet/client';
import { createInformer } from '@clusternet/controller-kit';
import type { Informer, InformerOptions } from '@clusternet/controller-kit';
import type { KubeObject } from '@clusternet/kube-data';
import { runAll } from '@clusternet/runtime';
import type { Clock, Logger, Random, Run } from '@clusternet/runtime';
import { manifestKey, manifestKeyOfLabels } from './feed-keys.ts';
import type { ParentResources, Secret } from './resources.ts';

/** What the hub keeps in memory of the parent. */
export interface ParentCaches {
  readonly clusters: Informer<ManagedCluster>;
  /** Only the dedicated ones; their labels say which cluster they are for. */
  readonly namespaces: Informer<KubeObject>;
  readonly requests: Informer<ClusterRegistrationRequest>;
  readonly subscriptions: Informer<Subscription>;
  readonly bases: Informer<Base>;
  readonly descriptions: Informer<Description>;
  readonly globalizations: Informer<Globalization>;
  readonly localizations: Informer<Localization>;
  readonly inventories: Informer<FeedInventory>;
  readonly manifests: Informer<Manifest>;
  /** Only the Secrets `child-cluster-deployer`. */
  readonly childSecrets: Informer<Secret>;
  /** Only the Secrets `child-cluster-visitors`. */
  readonly visitorSecrets: Informer<Secret>;
}

export interface ParentCacheDeps {
  /** Told of all Manifests, with the resource versions that caches do not keep. @default nobody is */
  readonly manifestTap?: ReflectorSink<Manifest> | undefined;
  readonly resources: ParentResources;
  readonly reservedNamespace: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Names of the indexes; each answers one question in O(answers). */
export const INDEX = {
  clusterId: 'clusterId',
  namespace: 'namespace',
  feed: 'feed',
  subscriptionUid: 'subscriptionUid',
  baseUid: 'baseUid',
  uid: 'uid',
  binding: 'binding',
  unseen: 'unseen',
} as const;

const byNamespace = ({ metadata }: KubeObject): readonly string[] => [metadata.namespace ?? ''];
const bySubscription = ({ metadata }: KubeObject): readonly string[] =>
  listOf(metadata.labels?.[LABELS.subscriptionUid]);
const byTargetFeed = ({ spec }: { readonly spec: { readonly feed?: Feed } }): readonly string[] =>
  spec.feed === undefined ? [] : [manifestKey(spec.feed)];

/** The Subscriptions that an override was made for: Go peers have each as a label of its own, by its uid. */
const ownersInLabels = ({ metadata: { labels = {} } }: KubeObject): readonly string[] =>
  Object.keys(labels).filter((label) => labels[label] === 'Subscription');

function trimNamespace({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name = '', uid = '', resourceVersion = '', labels = {}, deletionTimestamp } = metadata;
  const ending = deletionTimestamp === undefined ? {} : { deletionTimestamp };
  return { apiVersion, kind, metadata: { name, uid, resourceVersion, labels, ...ending } };
}

function listOf(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [value];
}

/** Creates the caches; nothing is asked until they run. */
export function createParentCaches(deps: ParentCacheDeps): ParentCaches {
  const { resources } = deps;
  const informer = <T extends KubeObject>(
    resource: ResourceClient<T>,
    options: InformerOptions<T> = {},
  ): Informer<T> => createInformer<T>({ ...deps, resource }, options);
  return {
    clusters: informer(resources.clusters, {
      indexes: {
        [INDEX.namespace]: byNamespace,
        [INDEX.unseen]: ({ status }) => (status?.lastObservedTime === undefined ? ['true'] : []),
      },
    }),
    namespaces: informer(resources.namespaces, {
      labelSelector: `${LABELS.createdBy}=${LABEL_VALUES.createdByAgent}`,
      trim: trimNamespace,
      indexes: { [INDEX.clusterId]: ({ metadata }) => listOf(metadata.labels?.[LABELS.clusterId]) },
    }),
    requests: informer(resources.requests),
    subscriptions: informer(resources.subscriptions, {
      indexes: {
        [INDEX.uid]: ({ metadata }) => listOf(metadata.uid),
        [INDEX.binding]: ({ status }) => status?.bindingClusters ?? [],
        [INDEX.feed]: ({ spec }) => [...new Set(spec.feeds.map(manifestKey))],
      },
    }),
    bases: informer(resources.bases, {
      indexes: {
        [INDEX.subscriptionUid]: bySubscription,
        [INDEX.namespace]: byNamespace,
        [INDEX.feed]: ({ spec }) => [...new Set(spec.feeds.map(manifestKey))],
      },
    }),
    descriptions: informer(resources.descriptions, {
      indexes: {
        [INDEX.subscriptionUid]: bySubscription,
        [INDEX.namespace]: byNamespace,
        [INDEX.baseUid]: ({ metadata }) => listOf(metadata.labels?.[LABELS.configUid]),
      },
    }),
    globalizations: informer(resources.globalizations, { indexes: { [INDEX.feed]: byTargetFeed } }),
    localizations: informer(resources.localizations, {
      indexes: { [INDEX.feed]: byTargetFeed, [INDEX.subscriptionUid]: ownersInLabels },
    }),
    inventories: informer(resources.inventories),
    manifests: informer(resources.manifests, {
      namespace: deps.reservedNamespace,
      ...(deps.manifestTap === undefined ? {} : { tap: deps.manifestTap }),
      indexes: { [INDEX.feed]: (manifest) => [manifestKeyOfLabels(manifest)] },
    }),
    childSecrets: informer(resources.secrets, {
      fieldSelector: `metadata.name=${NAMES.childClusterSecret}`,
      indexes: { [INDEX.namespace]: byNamespace },
    }),
    visitorSecrets: informer(resources.secrets, {
      fieldSelector: `metadata.name=${NAMES.childVisitorsSecret}`,
      indexes: { [INDEX.namespace]: byNamespace },
    }),
  };
}

/** Keeps the named caches running. */
export function runCaches(caches: ParentCaches, names: readonly (keyof ParentCaches)[]): Run {
  return (signal) =>
    runAll(
      names.map((name) => caches[name].run),
      signal,
    );
}

/** Waits until the named caches have their first list. */
export async function waitForCaches(
  caches: ParentCaches,
  names: readonly (keyof ParentCaches)[],
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(names.map((name) => caches[name].synced(signal)));
}

/** The cluster of a dedicated namespace. */
export function clusterOfNamespace(
  caches: Pick<ParentCaches, 'clusters'>,
  namespace: string,
): ManagedCluster | undefined {
  return caches.clusters.store.byIndex(INDEX.namespace, namespace)[0];
}

/** How many clusters are registered and have never reported. */
export function countUnseenClusters(caches: Pick<ParentCaches, 'clusters'>): number {
  return caches.clusters.store.byIndex(INDEX.unseen, 'true').length;
}

/**
 * The id of a cluster, from the label of its namespace: that one only the parent writes, so that a child
 * cannot pose as another by changing its own ManagedCluster.
 * @returns undefined for a namespace that is not labelled (yet)
 */
export function clusterIdOf(
  caches: Pick<ParentCaches, 'namespaces'>,
  { metadata: { namespace = '' } }: ManagedCluster,
): string | undefined {
  return caches.namespaces.store.get(namespace)?.metadata.labels?.[LABELS.clusterId];
}

/**
 * The cluster with an id. An id that two namespaces claim belongs to neither; one that is on its way out has no say
 * beside one that stays.
 */
export function clusterOfId(
  caches: Pick<ParentCaches, 'clusters' | 'namespaces'>,
  clusterId: string,
): ManagedCluster | undefined {
  const all = caches.namespaces.store.byIndex(INDEX.clusterId, clusterId);
  const live = all.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const [namespace, ...others] = live.length > 0 ? live : all;
  if (namespace === undefined || others.length > 0) return undefined;
  return clusterOfNamespace(caches, namespace.metadata.name ?? '');
}

/** The clusters that a change of dedicated namespaces concerns: whose is whose goes by all that claim an id. */
export function clustersOfChange(
  caches: Pick<ParentCaches, 'clusters' | 'namespaces'>,
  { before, after }: { readonly before: KubeObject | undefined; readonly after: KubeObject | undefined },
): readonly ManagedCluster[] {
  const ids = new Set([before, after].flatMap((entry) => listOf(entry?.metadata.labels?.[LABELS.clusterId])));
  const names = [...ids].flatMap((id) =>
    caches.namespaces.store.byIndex(INDEX.clusterId, id).map(({ metadata }) => metadata.name ?? ''),
  );
  const own = (after ?? before)?.metadata.name ?? '';
  return [...new Set([...names, own])].flatMap((name) => clusterOfNamespace(caches, name) ?? []);
}

/** Dedicated namespaces that a cluster had under earlier registrations. */
export function formerNamespacesOf(
  caches: Pick<ParentCaches, 'namespaces' | 'requests'>,
  cluster: ManagedCluster,
): readonly string[] {
  const request = caches.requests.store.get(`${NAMES.objectPrefix}${clusterIdOf(caches, cluster) ?? ''}`);
  return request === undefined ? [] : readFormerNamespaces(request, cluster.metadata.namespace ?? '');
}
