/** The numbers of one replica set in a rollout. */
export interface ReplicaCount {
  readonly name: string;
  readonly replicas: number;
  readonly available: number;
}

/** What a rollout has to go by. */
export interface RolloutState {
  readonly desired: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  readonly current: ReplicaCount;
  /** Oldest first. */
  readonly old: readonly ReplicaCount[];
}

/**
 * One step of a rolling update: replicas for each set that is to change.
 *
 * @returns names to replicas; empty when nothing can move until pods change
 * @see the deployment controller of Kubernetes: never more than `desired + maxSurge` pods, never fewer available
 *   than `desired - maxUnavailable`
 */
export function planRollout(state: RolloutState): ReadonlyMap<string, number> {
  const { desired, current, old } = state;
  const steps = new Map<string, number>();
  const oldTotal = sum(old);
  let next = current.replicas;
  if (current.replicas > desired) next = desired;
  else if (current.replicas < desired) {
    const room = desired + state.maxSurge - oldTotal - current.replicas;
    next = current.replicas + Math.max(0, Math.min(room, desired - current.replicas));
  }
  if (next !== current.replicas) steps.set(current.name, next);
  if (oldTotal > 0) scaleDownOld(state, steps);
  return steps;
}

function sum(counts: readonly ReplicaCount[]): number {
  return counts.reduce((total, { replicas }) => total + replicas, 0);
}

function scaleDownOld(
  { desired, maxUnavailable, current, old }: RolloutState,
  steps: Map<string, number>,
): void {
  const minAvailable = desired - maxUnavailable;
  let room = sum(old) + current.replicas - minAvailable - (current.replicas - current.available);
  if (room <= 0) return;
  // Pods that are not available are no loss.
  const left = new Map(old.map((set) => [set.name, set.replicas]));
  for (const set of old) {
    const unhealthy = Math.min(room, set.replicas - set.available);
    if (unhealthy <= 0) continue;
    left.set(set.name, set.replicas - unhealthy);
    room -= unhealthy;
  }
  let spare = current.available + old.reduce((total, { available }) => total + available, 0) - minAvailable;
  for (const set of old) {
    const now = left.get(set.name) ?? 0;
    const away = Math.min(now, Math.max(0, spare));
    left.set(set.name, now - away);
    spare -= away;
  }
  for (const set of old) {
    const next = left.get(set.name) ?? set.replicas;
    if (next !== set.replicas) steps.set(set.name, next);
  }
}
