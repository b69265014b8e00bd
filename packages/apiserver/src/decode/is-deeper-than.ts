import type { JsonValue } from '@clusternet/kube-data';

/** Whether objects and lists lie deeper in each other than that. Does not recurse: what it looks at may be deep. */
export function isDeeperThan(value: JsonValue, levels: number): boolean {
  let current: readonly JsonValue[] = [value];
  for (let depth = 0; depth <= levels; depth += 1) {
    const next: JsonValue[] = [];
    for (const item of current) {
      if (typeof item !== 'object' || item === null) continue;
      for (const child of Object.values(item))
        if (typeof child === 'object' && child !== null) next.push(child);
    }
    if (next.length === 0) return false;
    current = next;
  }
  return true;
}
