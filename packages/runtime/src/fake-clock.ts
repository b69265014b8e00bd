import type { Clock } from './ports.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that a test moves. */
export interface FakeClock extends Clock {
  /** Moves time on and runs what falls due, in order; lets promises settle between timers. */
  advance(ms: number): Promise<void>;
  /** How many timers wait. */
  pending(): number;
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** @param startMs - what `nowMs` says at first. */
export function createFakeClock(startMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  let elapsedMs = 0;
  let order = 0;
  const timers = new Set<Timer>();
  const schedule = (delayMs: number, callback: () => void): (() => void) => {
    const timer: Timer = { atMs: elapsedMs + Math.max(0, delayMs), order: (order += 1), callback };
    timers.add(timer);
    return () => {
      timers.delete(timer);
    };
  };
  const nextDue = (limitMs: number): Timer | undefined => {
    let best: Timer | undefined;
    for (const timer of timers) {
      if (timer.atMs > limitMs) continue;
      if (!best || timer.atMs < best.atMs || (timer.atMs === best.atMs && timer.order < best.order))
        best = timer;
    }
    return best;
  };
  return {
    nowMs: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    schedule,
    sleep: (delayMs, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) {
          resolve(false);
          return;
        }
        const onAbort = (): void => {
          cancel();
          resolve(false);
        };
        const cancel = schedule(delayMs, () => {
          signal?.removeEventListener('abort', onAbort);
          resolve(true);
        });
        signal?.addEventListener('abort', onAbort, { once: true });
      }),
    pending: () => timers.size,
    advance: async (ms) => {
      const targetMs = elapsedMs + ms;
      await settle();
      for (let due = nextDue(targetMs); due; due = nextDue(targetMs)) {
        timers.delete(due);
        elapsedMs = due.atMs;
        due.callback();
        await settle();
      }
      elapsedMs = targetMs;
      await settle();
    },
  };
}

/** Numbers that look random and are the same in every run. */
export function createFakeRandom(seed = 1): {
  next(): number;
  bytes(length: number): Uint8Array;
  uuid(): string;
} {
  let state = seed >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => Math.floor(next() * 256));
  const hex = (length: number): string =>
    Array.from(bytes(length), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return { next, bytes, uuid: () => `${hex(4)}-${hex(2)}-4${hex(2).slice(1)}-8${hex(2).slice(1)}-${hex(6)}` };
}
