import { ANNOTATIONS } from '@clusternet/api-types';
import type { Base, Description, ManagedCluster } from '@clusternet/api-types';

/**
 * What becomes of what was delivered to a cluster that leaves: `Remove` deletes it there, `Keep` leaves it there,
 * `Force` does not wait for a child that cannot be reached.
 */
export type DetachPolicy = 'Force' | 'Keep' | 'Remove';

const POLICIES: readonly DetachPolicy[] = ['Remove', 'Keep', 'Force'];

export type DetachIntent =
  | { readonly kind: 'detach'; readonly policy: DetachPolicy }
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'none' };

/** Reads what an operator wants of a cluster. */
export function planDetachPolicy({ metadata }: ManagedCluster): DetachIntent {
  const value = metadata.annotations?.[ANNOTATIONS.detach];
  if (value === undefined) return { kind: 'none' };
  const policy = POLICIES.find((known) => known === value);
  if (policy !== undefined) return { kind: 'detach', policy };
  const message = `the annotation ${ANNOTATIONS.detach} takes Remove, Keep or Force, not "${value}"; nothing is done`;
  return { kind: 'invalid', message };
}

/** Whether a cluster is on its way out: nothing new goes there. */
export function isDetaching(cluster: ManagedCluster): boolean {
  return planDetachPolicy(cluster).kind === 'detach';
}

export interface DetachProgress {
  readonly isDone: boolean;
  /** For a person. */
  readonly message: string;
}

/** Names that fit into a message. */
const MAX_NAMED = 10;

/**
 * Says how far the way out is: it is done when no Base and no Description is left in the namespace of the cluster.
 *
 * @param bases - Shape `[n]`, of the namespace
 * @param descriptions - Shape `[m]`, of the namespace
 */
export function planDetachProgress(
  policy: DetachPolicy,
  bases: readonly Base[],
  descriptions: readonly Description[],
): DetachProgress {
  if (bases.length + descriptions.length === 0) return { isDone: true, message: 'nothing is left' };
  const names = (descriptions.length > 0 ? descriptions : bases)
    .map(({ metadata }) => metadata.name ?? '')
    .sort();
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '';
  const waiting = descriptions.find(({ status }) => status?.reason !== undefined && status.reason !== '');
  const why =
    waiting === undefined ? '' : `; ${waiting.metadata.name ?? ''}: ${waiting.status?.reason ?? ''}`;
  const way = policy === 'Force' ? '' : `. To leave without the child, set ${ANNOTATIONS.detach}=Force`;
  const kind = descriptions.length > 0 ? 'Descriptions' : 'Bases';
  return {
    isDone: false,
    message: `${names.length} ${kind} are left: ${names.slice(0, MAX_NAMED).join(', ')}${more}${why}${way}`,
  };
}
