import type { KubeObject } from '@clusternet/kube-data';

type Change<T extends KubeObject> = {
  readonly type: 'ADDED' | 'DELETED' | 'MODIFIED';
  readonly object: T;
};

/** Names an object among those of its kind. */
export function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;
}

/**
 * What happened between what was known and a whole list.
 *
 * @param known - by {@link keyOf}; not mutated
 * @returns what is known now, and the changes: deletions first, then the rest in the order of the list. An object under an old
 *   name with another UID was deleted and made anew.
 */
export function planReplacement<T extends KubeObject>(
  known: ReadonlyMap<string, T>,
  objects: readonly T[],
): { readonly known: Map<string, T>; readonly events: readonly Change<T>[] } {
  const now = new Map(objects.map((object) => [keyOf(object), object]));
  const isSame = (old: T, object: T | undefined): boolean => old.metadata.uid === object?.metadata.uid;
  const events: Change<T>[] = [];
  for (const [key, object] of known) {
    if (!isSame(object, now.get(key)) || !now.has(key)) events.push({ type: 'DELETED', object });
  }
  for (const [key, object] of now) {
    const old = known.get(key);
    if (old === undefined || !isSame(old, object)) events.push({ type: 'ADDED', object });
    else if (old.metadata.resourceVersion !== object.metadata.resourceVersion)
      events.push({ type: 'MODIFIED', object });
  }
  return { known: now, events };
}
