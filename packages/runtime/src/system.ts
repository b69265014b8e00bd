import { getRandomValues, randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Clock, Logger, Metrics, Random } from './ports.ts';

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => {
      clearTimeout(timer);
    };
  },
  sleep: (delayMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve(false);
        return;
      }
      const onAbort = (): void => {
        clearTimeout(timer);
        resolve(false);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve(true);
      }, delayMs);
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};

/** The machine's source of randomness. */
export const systemRandom: Random = {
  next: () => {
    const [word = 0] = getRandomValues(new Uint32Array(1));
    return word / 2 ** 32;
  },
  bytes: (length) => getRandomValues(new Uint8Array(length)),
  uuid: () => randomUUID(),
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
