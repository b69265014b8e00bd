import { ANNOTATIONS } from './constants.ts';
import type { ClusterRegistrationRequest } from './clusters.ts';

/** A cluster that is registered anew more often than this forgets its first namespaces. */
const MAX_FORMER = 10;

/**
 * The dedicated namespaces that a cluster had under earlier registrations, oldest first. Objects in it that belong
 * to Descriptions of these are nobody's any more.
 */
export function readFormerNamespaces({ metadata }: ClusterRegistrationRequest): readonly string[] {
  const text = metadata.annotations?.[ANNOTATIONS.formerNamespaces] ?? '';
  return text.split(',').filter((name) => name !== '');
}

/** The value of the annotation once a further namespace is given up. */
export function planFormerNamespaces(request: ClusterRegistrationRequest, namespace: string): string {
  const others = readFormerNamespaces(request).filter((name) => name !== namespace);
  return [...others, namespace].slice(-MAX_FORMER).join(',');
}
