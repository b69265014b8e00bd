import type { ManagedCluster } from '@clusternet/api-types';
import { findCluster } from '@clusternet/client';
import { compareText, isParseError, matchSelector, parseLabelSelector } from '@clusternet/kube-data';
import { PluginError } from '../errors.ts';

/** A cluster that is to be asked. */
export interface Target {
  readonly clusterId: string;
  /** What tables call it: its name, with its namespace where two have that name. */
  readonly label: string;
}

/**
 * Which clusters are meant, by name.
 *
 * @param which - `all`; a label selector, which has an operator (`env=prod`, `tier in (a,b)`, `!edge`); or names and ids
 *   separated by commas
 * @throws {PluginError} `USAGE`, `NOT_FOUND`
 * @throws {ApiError} `UNKNOWN_CLUSTER`, `AMBIGUOUS_CLUSTER`
 */
export function chooseClusters(which: string, clusters: readonly ManagedCluster[]): Target[] {
  const chosen = choose(which, clusters);
  const nameOf = ({ metadata }: ManagedCluster): string => metadata.name ?? '';
  const isShared = (name: string): boolean =>
    clusters.some((a) => nameOf(a) === name && clusters.some((b) => b !== a && nameOf(b) === name));
  return chosen
    .map((cluster) => ({
      clusterId: cluster.spec?.clusterId ?? '',
      label: isShared(nameOf(cluster))
        ? `${cluster.metadata.namespace ?? ''}/${nameOf(cluster)}`
        : nameOf(cluster),
    }))
    .sort((a, b) => compareText(a.label, b.label));
}

function choose(which: string, clusters: readonly ManagedCluster[]): readonly ManagedCluster[] {
  if (which === 'all') {
    if (clusters.length === 0)
      throw new PluginError(
        'NOT_FOUND',
        'no cluster has joined this parent yet; see kubectl clusternet help join',
      );
    return clusters;
  }
  if (!/[=!<>() ]/.test(which)) {
    const words = which.split(',').filter((word) => word !== '');
    if (words.length === 0)
      throw new PluginError('USAGE', '--clusters takes all, a label selector such as env=prod, or names');
    return [...new Set(words.map((word) => findCluster(word, clusters)))];
  }
  const found = clusters.filter(({ metadata }) => matchSelector(parse(which), metadata.labels));
  if (found.length === 0) {
    throw new PluginError(
      'NOT_FOUND',
      `none of ${clusters.length} clusters has labels as ${which} asks; see kubectl get mcls -A --show-labels`,
    );
  }
  return found;
}

function parse(which: string): ReturnType<typeof parseLabelSelector> {
  try {
    return parseLabelSelector(which);
  } catch (error) {
    if (!isParseError(error)) throw error;
    throw new PluginError('USAGE', `--clusters takes a label selector, not "${which}": ${error.message}`);
  }
}
