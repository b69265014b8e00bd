import {
  ANNOTATIONS,
  API_VERSIONS,
  FINALIZERS,
  LABELS,
  LABEL_VALUES,
  MAX_LABELLED_SUBSCRIPTION_NAME,
} from '@clusternet/api-types';
import type { Base, ManagedCluster, Subscription } from '@clusternet/api-types';
import { compareText, equalJson } from '@clusternet/kube-data';
import { deriveSuffix } from './derive-suffix.ts';

export interface BasesPlan {
  /** What is there and stays, updated or not. */
  readonly keep: readonly Base[];
  readonly create: readonly Base[];
  /** What is there, and the parts of it that must change. */
  readonly update: readonly {
    readonly base: Base;
    readonly labels: Record<string, string>;
    readonly feeds: Base['spec']['feeds'];
  }[];
  readonly remove: readonly Base[];
  /** Bindings to clusters that are not there (any more). */
  readonly unknownClusters: readonly string[];
}

/**
 * Plans one Base for each bound cluster.
 *
 * @param existing - Shape `[n]`: every Base of the Subscription
 * @param getCluster - by `namespace/name`, as bindings have it
 * @returns nothing to do while the Subscription is not scheduled. Bases that a Go peer made are kept under their names; of several in one namespace the oldest stays.
 */
export function planBases(
  subscription: Subscription,
  existing: readonly Base[],
  getCluster: (key: string) => ManagedCluster | undefined,
): BasesPlan {
  const { specHash, bindingClusters } = subscription.status ?? {};
  if (specHash === undefined && bindingClusters === undefined) {
    return { keep: [], create: [], update: [], remove: [], unknownClusters: [] }; // not scheduled yet, or restored
  }
  const live = existing
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .sort(
      (a, b) =>
        compareText(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
        compareText(a.metadata.name ?? '', b.metadata.name ?? ''),
    );
  const kept = new Set<Base>();
  const create: Base[] = [];
  const update: BasesPlan['update'][number][] = [];
  const unknownClusters: string[] = [];
  const { feeds } = subscription.spec;
  for (const binding of bindingClusters ?? []) {
    const cluster = getCluster(binding);
    const namespace = cluster?.metadata.namespace;
    if (cluster === undefined || namespace === undefined) {
      unknownClusters.push(binding);
      continue;
    }
    const found = live.find(({ metadata }) => metadata.namespace === namespace);
    const labels = baseLabels(subscription, cluster);
    if (found === undefined) {
      create.push(createBase(subscription, namespace, labels));
      continue;
    }
    kept.add(found);
    const hasLabels = Object.entries(labels).every(([key, value]) => found.metadata.labels?.[key] === value);
    const hasFeeds = equalJson(found.spec.feeds, feeds);
    if (!hasLabels || !hasFeeds) update.push({ base: found, labels, feeds });
  }
  return { keep: [...kept], create, update, remove: live.filter((base) => !kept.has(base)), unknownClusters };
}

function baseLabels({ metadata }: Subscription, cluster: ManagedCluster): Record<string, string> {
  const { name = '', namespace = '', uid = '' } = metadata;
  const clusterLabels = cluster.metadata.labels ?? {};
  return {
    [LABELS.createdBy]: LABEL_VALUES.createdByControllerManager,
    [LABELS.configKind]: 'Subscription',
    [LABELS.configNamespace]: namespace,
    [LABELS.configUid]: uid,
    [LABELS.subscriptionNamespace]: namespace,
    [LABELS.subscriptionUid]: uid,
    [LABELS.clusterId]: cluster.spec?.clusterId ?? '',
    [LABELS.clusterName]: clusterLabels[LABELS.clusterName] ?? cluster.metadata.name ?? '',
    ...(name.length <= MAX_LABELLED_SUBSCRIPTION_NAME
      ? { [LABELS.configName]: name, [LABELS.subscriptionName]: name }
      : {}),
  };
}

function createBase(subscription: Subscription, namespace: string, labels: Record<string, string>): Base {
  const init = subscription.metadata.annotations?.[ANNOTATIONS.isDefaultClusterInit];
  return {
    apiVersion: API_VERSIONS.apps,
    kind: 'Base',
    metadata: {
      name: baseName(subscription, namespace),
      namespace,
      labels,
      finalizers: [FINALIZERS.app],
      ...(init === undefined ? {} : { annotations: { [ANNOTATIONS.isDefaultClusterInit]: init } }),
    },
    spec: { feeds: subscription.spec.feeds },
  };
}

/** Longest name of a Base: its Descriptions add `-generic`, its Localizations less, and stay within 253 characters. */
const MAX_NAME = 245;

function baseName({ metadata: { name = '', uid = '' } }: Subscription, namespace: string): string {
  const suffix = deriveSuffix(uid, namespace);
  return `${name.slice(0, MAX_NAME - suffix.length - 1).replace(/[-.]+$/, '')}-${suffix}`;
}
