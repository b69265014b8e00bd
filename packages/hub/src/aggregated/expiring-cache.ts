import type { Clock } from '@clusternet/runtime';

export interface ExpiringCacheOptions {
  readonly ttlMs: number;
  /** The oldest answer goes when there are more. */
  readonly maxEntries: number;
}

/** Answers that hold for a while. */
export interface ExpiringCache<T> {
  /** The kept answer, or that of `load`, which runs once however many ask. Failures are not kept. */
  get(key: string, load: () => Promise<T>): Promise<T>;
}

interface Kept<T> {
  readonly answer: Promise<T>;
  readonly untilMs: number;
}

/** Creates a cache of bounded size and age. */
export function createExpiringCache<T>(
  clock: Pick<Clock, 'monotonicMs'>,
  { ttlMs, maxEntries }: ExpiringCacheOptions,
): ExpiringCache<T> {
  const entries = new Map<string, Kept<T>>();
  return {
    get(key, load) {
      const nowMs = clock.monotonicMs();
      const known = entries.get(key);
      if (known !== undefined && nowMs < known.untilMs) return known.answer;
      const kept = { answer: load(), untilMs: nowMs + ttlMs };
      entries.delete(key);
      entries.set(key, kept); // oldest first
      const [oldest] = entries.keys();
      if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest);
      kept.answer.catch(() => {
        if (entries.get(key) === kept) entries.delete(key);
      });
      return kept.answer;
    },
  };
}
