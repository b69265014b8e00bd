/** A Node timer that is asked for more than this (24.8 days) fires at once, ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A time limit that ran out. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
  readonly code = 'DEADLINE_EXCEEDED';
  readonly timeoutMs: number;

  constructor(timeoutMs: number, what: string) {
    super(`${what} did not finish within ${String(timeoutMs)} ms`);
    this.timeoutMs = timeoutMs;
  }
}

export function isDeadlineError(error: unknown): error is DeadlineError {
  return error instanceof Error && error.name === 'DeadlineError' && 'timeoutMs' in error;
}

/**
 * Runs `work` with a signal of its own that aborts with `signal` or after `timeoutMs`. Leaves no timer and
 * no listener behind, whichever way it ends (`AbortSignal.any` keeps its joints on older Nodes).
 *
 * `work` is waited for in any case: one that does not heed its signal is not left running behind the caller's back.
 *
 * @param timeoutMs - more than 24 days counts as 24 days
 * @param what - names the work in the error
 * @throws {DeadlineError} when the time ran out and `work` failed because of it
 */
export async function withTimeout<T>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const onAbort = (): void => {
    controller.abort(signal?.reason);
  };
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const deadline = new DeadlineError(timeoutMs, what);
  const timer = setTimeout(
    () => {
      controller.abort(deadline);
    },
    Math.min(timeoutMs, MAX_TIMER_MS),
  );
  try {
    return await work(controller.signal);
  } catch (error) {
    throw controller.signal.reason === deadline ? deadline : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
