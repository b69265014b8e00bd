import { errorText } from '@clusternet/runtime';

export interface EventuallyOptions {
  /** @default 30000 */
  readonly timeoutMs?: number;
  /** @default 50 */
  readonly intervalMs?: number;
  /** Asked when the time is up: what else is known, for whoever reads the error. */
  readonly explain?: () => Promise<string>;
}

/**
 * Calls `probe` until it gives something other than `undefined` and `false`.
 * @throws after `timeoutMs`, with what the last try said
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | false | undefined> | T | false | undefined,
  options: EventuallyOptions = {},
): Promise<T> {
  const { timeoutMs = 30_000, intervalMs = 50 } = options;
  const startMs = Date.now();
  for (;;) {
    const { result, error } = await attempt(probe);
    if (result !== undefined && result !== false) return result;
    if (Date.now() - startMs > timeoutMs) {
      const last = error === undefined ? 'it was not so' : errorText(error);
      const { result: more = '' } = await attempt(options.explain ?? (() => ''));
      throw new Error(`waited ${timeoutMs} ms for ${what}: ${last}${more}`, { cause: error });
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}

async function attempt<T>(probe: () => Promise<T> | T): Promise<{ result?: T; error?: unknown }> {
  try {
    return { result: await probe() };
  } catch (error) {
    return { error };
  }
}
