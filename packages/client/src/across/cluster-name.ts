import type { ManagedCluster } from '@clusternet/api-types';

/** Names a cluster of a fleet. Two may have one name, never one id. */
export interface ClusterName {
  readonly id: string;
  readonly name: string;
  /** Of its ManagedCluster. */
  readonly namespace: string;
}

/** How a ManagedCluster is named; undefined while it has no id. */
export function nameOf({ metadata, spec }: ManagedCluster): ClusterName | undefined {
  const id = spec?.clusterId ?? '';
  return id === '' ? undefined : { id, name: metadata.name ?? '', namespace: metadata.namespace ?? '' };
}
