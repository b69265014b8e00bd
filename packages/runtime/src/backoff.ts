import type { Clock, Random } from './ports.ts';

/** How waits grow between tries. */
export interface BackoffOptions {
  /** First wait, ms. @default 250 */
  readonly baseMs?: number;
  /** No wait is longer than this before jitter, ms. @default 30000 */
  readonly maxMs?: number;
  /** Each wait is this many times the one before. @default 2 */
  readonly factor?: number;
  /** Share of the wait that is drawn at random and added, 0–1. @default 0.3 */
  readonly jitter?: number;
}

/**
 * How long to wait after a number of failures in a row.
 *
 * @param failures - at least 1; 0 gives 0
 * @param random - in [0, 1)
 * @returns milliseconds, at most `maxMs * (1 + jitter)`
 */
export function backoffMs(failures: number, random: number, options: BackoffOptions = {}): number {
  const { baseMs = 250, maxMs = 30_000, factor = 2, jitter = 0.3 } = options;
  if (failures <= 0) return 0;
  const wait = Math.min(maxMs, baseMs * factor ** Math.min(failures - 1, 64));
  return wait * (1 + jitter * random);
}

export interface RetryDeps {
  readonly clock: Clock;
  readonly random: Random;
}

export interface RetryOptions extends BackoffOptions {
  /** Tries in all. @default Infinity */
  readonly attempts?: number;
  /** Whether another try can help. @default always */
  readonly isRetryable?: (error: unknown) => boolean;
  /** Told of each failure that will be tried again. */
  readonly onRetry?: (error: unknown, failures: number) => void;
}

/**
 * Runs `work` until it succeeds, an error is not retryable, the tries are used up or `signal` aborts.
 * @throws the last error of `work`
 */
export async function retry<T>(
  deps: RetryDeps,
  work: (signal: AbortSignal) => Promise<T>,
  options: RetryOptions,
  signal: AbortSignal,
): Promise<T> {
  const { attempts = Infinity, isRetryable = () => true } = options;
  for (let failures = 1; ; failures += 1) {
    try {
      return await work(signal);
    } catch (error) {
      if (signal.aborted || failures >= attempts || !isRetryable(error)) throw error;
      options.onRetry?.(error, failures);
      if (!(await deps.clock.sleep(backoffMs(failures, deps.random.next(), options), signal))) throw error;
    }
  }
}
