import { isApiError } from '@clusternet/client';
import type { ApiError } from '@clusternet/client';
import { isDeadlineError, withTimeout } from '@clusternet/runtime';
import type { DeadlineError } from '@clusternet/runtime';

/** What came of asking for something that may not be had. */
export type Attempt<T> =
  | { readonly kind: 'failed'; readonly error: ApiError | DeadlineError }
  | { readonly kind: 'found'; readonly value: T };

/** Long enough for a tunnel, short enough for a person who waits, ms. */
const LIMIT_MS = 8000;

/** Asks, and takes a refusal for an answer. */
export async function attempt<T>(
  what: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Attempt<T>> {
  try {
    return { kind: 'found', value: await withTimeout(LIMIT_MS, signal, what, work) };
  } catch (error) {
    if (!signal.aborted && (isApiError(error) || isDeadlineError(error))) return { kind: 'failed', error };
    throw error;
  }
}
