/** Work that runs until the signal aborts, then settles. */
export type Run = (signal: AbortSignal) => Promise<void>;

/**
 * Runs all of `runs` together. The first one that fails or ends stops the rest; the result settles after the
 * last has settled.
 *
 * @throws the error of the run that failed first
 */
export async function runAll(runs: readonly Run[], signal: AbortSignal): Promise<void> {
  const controller = new AbortController();
  const onAbort = (): void => {
    controller.abort(signal.reason);
  };
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  const failures: unknown[] = [];
  const guarded = runs.map(async (run) => {
    try {
      await run(controller.signal);
    } catch (error) {
      if (!controller.signal.aborted) failures.push(error);
    } finally {
      controller.abort();
    }
  });
  await Promise.all(guarded);
  signal.removeEventListener('abort', onAbort);
  if (failures.length > 0) throw failures[0];
}

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}
