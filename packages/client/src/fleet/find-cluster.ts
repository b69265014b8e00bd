import { LABELS } from '@clusternet/api-types/constants';
import type { ManagedCluster } from '@clusternet/api-types';
import { ApiError } from '../errors.ts';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a word is the id of a cluster, which needs no looking up. */
export function isClusterId(word: string): boolean {
  return UUID.test(word);
}

/**
 * The cluster that a person means: by name, or by the name in its label.
 * @throws {ApiError} `UNKNOWN_CLUSTER`, or `AMBIGUOUS_CLUSTER` with the ids to choose from
 */
export function findCluster(word: string, clusters: readonly ManagedCluster[]): ManagedCluster {
  const found = clusters.filter(
    ({ metadata, spec }) =>
      spec?.clusterId === word ||
      metadata.name === word ||
      metadata.labels?.[LABELS.clusterName] === word ||
      metadata.namespace === word,
  );
  const [only, ...others] = found;
  if (only === undefined) {
    const names = clusters.map(({ metadata }) => metadata.name ?? '').slice(0, 10);
    const known = names.length === 0 ? 'the parent has none yet' : `there are ${names.join(', ')}`;
    throw new ApiError('UNKNOWN_CLUSTER', `there is no cluster ${word}: ${known}`);
  }
  if (others.length > 0) {
    const ids = found.map(({ metadata, spec }) => `${spec?.clusterId ?? ''} (${metadata.namespace ?? ''})`);
    throw new ApiError(
      'AMBIGUOUS_CLUSTER',
      `${word} is the name of ${found.length} clusters; give one of ${ids.join(', ')}`,
    );
  }
  return only;
}
