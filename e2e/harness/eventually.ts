import { errorText } from '@clusternet/runtime';

export interface EventuallyOptions {
  /** @default 30000 */
  readonly timeoutMs?: number;
  /** @default 50 */
  readonly intervalMs?: number;
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
  let last: unknown = 'it was never so';
  for (;;) {
    try {
      const result = await probe();
      if (result !== undefined && result !== false) return result;
      last = 'it was not so yet';
    } catch (error) {
      last = error;
    }
    if (Date.now() - startMs > timeoutMs) {
      throw new Error(`waited ${timeoutMs} ms for ${what}: ${errorText(last)}`, { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}
