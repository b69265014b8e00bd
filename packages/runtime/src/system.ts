import type { Clock, Logger, Metrics, Random } from './ports.ts';

/** A Node timer that is asked for more than this (24.8 days) fires at once, ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Calls back after any delay, however long. @returns what cancels it */
function startTimer(delayMs: number, callback: () => void, keepsAlive: boolean): () => void {
  let timer: NodeJS.Timeout | number;
  const arm = (leftMs: number): void => {
    timer = setTimeout(
      () => {
        if (leftMs > MAX_TIMER_MS) arm(leftMs - MAX_TIMER_MS);
        else callback();
      },
      Math.min(leftMs, MAX_TIMER_MS),
    );
    if (!keepsAlive && typeof timer === 'object') timer.unref(); // browsers have numbers, and no process to keep
  };
  arm(delayMs);
  return () => {
    clearTimeout(timer);
  };
}

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule: (delayMs, callback) => startTimer(delayMs, callback, false),
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
      const cancel = startTimer(
        delayMs,
        () => {
          signal?.removeEventListener('abort', onAbort);
          resolve(true);
        },
        true,
      );
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};

/** The machine's source of randomness. */
export const systemRandom: Random = {
  next: () => {
    const [word = 0] = crypto.getRandomValues(new Uint32Array(1));
    return word / 2 ** 32;
  },
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  uuid: () => crypto.randomUUID(),
};

/** Drops every line. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};

/** Counts nothing. */
export const noMetrics: Metrics = {
  counter: () => ({ add: () => undefined }),
  gauge: () => ({ set: () => undefined, add: () => undefined }),
  histogram: () => ({ observe: () => undefined }),
};
