import type { ApiError } from '../errors.ts';
import type { TransportResponse } from '../transport.ts';

/**
 * Reads an answer that is a failure, to see whose it is.
 * @param judge - the error to throw in its place; undefined gives the answer on as it came
 */
export async function peekFailure(
  response: TransportResponse,
  judge: (text: string) => ApiError | undefined,
): Promise<TransportResponse> {
  const text = await response.text();
  const error = judge(text);
  if (error !== undefined) throw error;
  return { ...response, text: () => Promise.resolve(text), body: once(new TextEncoder().encode(text)) };
}

// eslint-disable-next-line @typescript-eslint/require-await -- it has to look like a body that comes bit by bit
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
