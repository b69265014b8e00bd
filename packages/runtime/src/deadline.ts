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
  const timer = setTimeout(() => {
    controller.abort(deadline);
  }, timeoutMs);
  try {
    return await work(controller.signal);
  } catch (error) {
    throw controller.signal.reason === deadline ? deadline : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
