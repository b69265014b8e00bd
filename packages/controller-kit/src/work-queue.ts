import { createTokenBucket } from '@clusternet/runtime';
import type { Clock } from '@clusternet/runtime';

/** Who asked: a person's edit goes ahead of what a resync or restart brings. */
export type Priority = 'background' | 'user';

export interface WorkQueueOptions {
  /** First wait after a failure, ms; doubles with each. @default 5 */
  readonly baseMs?: number;
  /** Longest wait after a failure, ms. @default 1000000 */
  readonly maxMs?: number;
  /** Failed keys let through a second, all together. @default 10 */
  readonly retriesPerSecond?: number;
  /** Failed keys let through at once before that counts. @default 100 */
  readonly retryBurst?: number;
}

/**
 * Keys to work on. A key waits once however often it is added; while it is worked on, adding it means once
 * more afterwards. Its size is bounded by the number of keys that exist.
 */
export interface WorkQueue {
  add(key: string, priority?: Priority): void;
  /** An earlier date for the same key wins. */
  addAfter(key: string, delayMs: number): void;
  /** After a failure: waits exponentially longer each time, and no more than the overall rate. */
  addRateLimited(key: string): void;
  /** After a success: the next failure starts with the shortest wait. */
  forget(key: string): void;
  /**
   * The next key, or `undefined` once `signal` has aborted. Give it back with `done`. Waiting dates are dropped when a
   * taker's signal has aborted: all takers of a queue share one end.
   */
  take(signal: AbortSignal): Promise<string | undefined>;
  done(key: string): void;
  /** Keys ready to be taken. */
  readonly depth: number;
  failures(key: string): number;
}

/** Creates an empty queue. Timers it holds end with the signal passed to the takers. */
export function createWorkQueue(clock: Clock, options: WorkQueueOptions = {}): WorkQueue {
  const { baseMs = 5, maxMs = 1_000_000, retriesPerSecond = 10, retryBurst = 100 } = options;
  const ready: Record<Priority, Set<string>> = { user: new Set(), background: new Set() };
  const working = new Map<string, Priority | undefined>(); // value: asked for again meanwhile
  const failureCounts = new Map<string, number>();
  const timers = new Map<string, { readonly atMs: number; readonly cancel: () => void }>();
  const takers = new Set<() => void>();
  const retries = createTokenBucket(clock, { perSecond: retriesPerSecond, burst: retryBurst });

  const wake = (): void => {
    const [taker] = takers;
    taker?.();
  };
  const add = (key: string, priority: Priority = 'background'): void => {
    if (working.has(key)) {
      if (working.get(key) !== 'user') working.set(key, priority);
      return;
    }
    if (priority === 'user') ready.background.delete(key);
    else if (ready.user.has(key)) return;
    ready[priority].add(key);
    wake();
  };
  const addAfter = (key: string, delayMs: number): void => {
    if (!(delayMs > 0)) {
      add(key);
      return;
    }
    const atMs = clock.monotonicMs() + delayMs;
    const waiting = timers.get(key);
    if (waiting !== undefined && waiting.atMs <= atMs) return;
    waiting?.cancel();
    const cancel = clock.schedule(delayMs, () => {
      timers.delete(key);
      add(key);
    });
    timers.set(key, { atMs, cancel });
  };
  const pop = (): string | undefined => {
    for (const set of [ready.user, ready.background]) {
      for (const key of set) {
        set.delete(key);
        working.set(key, undefined);
        return key;
      }
    }
    return undefined;
  };
  const dropTimers = (): void => {
    for (const { cancel } of timers.values()) cancel();
    timers.clear();
  };

  return {
    add,
    addAfter,
    addRateLimited: (key) => {
      const failures = (failureCounts.get(key) ?? 0) + 1;
      failureCounts.set(key, failures);
      addAfter(key, Math.max(Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 40)), retries.take()));
    },
    forget: (key) => {
      failureCounts.delete(key);
    },
    take: async (signal) => {
      for (;;) {
        if (signal.aborted) {
          dropTimers();
          wake(); // who was woken to leave hands a key that is ready on
          return undefined;
        }
        const key = pop();
        if (key !== undefined) return key;
        await new Promise<void>((resolve) => {
          const finish = (): void => {
            takers.delete(finish);
            signal.removeEventListener('abort', finish);
            resolve();
          };
          takers.add(finish);
          signal.addEventListener('abort', finish, { once: true });
        });
      }
    },
    done: (key) => {
      const again = working.get(key);
      working.delete(key);
      if (again !== undefined) add(key, again);
    },
    get depth() {
      return ready.user.size + ready.background.size;
    },
    failures: (key) => failureCounts.get(key) ?? 0,
  };
}
