import type { Condition } from '@clusternet/kube-data';

/** A condition without the time of its last change. */
export type ConditionUpdate = Omit<Condition, 'lastTransitionTime'> & {
  readonly reason: string;
  readonly message: string;
};

/** RFC 3339 with whole seconds, as the API server writes times. */
export function formatTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

/**
 * Merges updates into conditions by type. The transition time moves only when the status does.
 * @returns the same array when nothing changed
 */
export function mergeConditions(
  conditions: readonly Condition[],
  updates: readonly ConditionUpdate[],
  nowMs: number,
): readonly Condition[] {
  const merged = new Map(conditions.map((condition) => [condition.type, condition]));
  let hasChanged = false;
  for (const update of updates) {
    const before = merged.get(update.type);
    if (before !== undefined && isSame(before, update)) continue;
    hasChanged = true;
    const isTransition = before?.status !== update.status || before.lastTransitionTime === undefined;
    const { observedGeneration = before?.observedGeneration, ...fields } = update;
    merged.set(update.type, {
      ...before,
      ...fields,
      ...(observedGeneration === undefined ? {} : { observedGeneration }),
      lastTransitionTime: isTransition ? formatTime(nowMs) : (before.lastTransitionTime ?? formatTime(nowMs)),
    });
  }
  return hasChanged ? [...merged.values()] : conditions;
}

function isSame(before: Condition, update: ConditionUpdate): boolean {
  return (
    before.status === update.status &&
    before.reason === update.reason &&
    before.message === update.message &&
    // An update that does not say keeps what there is: it must not count as a change for ever.
    before.observedGeneration === (update.observedGeneration ?? before.observedGeneration)
  );
}

export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}
