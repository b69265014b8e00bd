import type { Readable } from 'node:stream';
import { createBadRequest, createTooLarge } from '../errors/status-errors.ts';

/**
 * Reads a body to its end. A client that is slow about it is waited for until the signal, no longer.
 * @throws {ApiError} `RequestEntityTooLarge`, or `BadRequest` when the client goes away; the reason of the signal
 */
export function readBody(stream: Readable, limitBytes: number, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const fail = (error: unknown): void => {
      chunks.length = 0;
      stream.removeAllListeners('data');
      stream.resume(); // the rest is read and dropped, so that the answer gets through
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is the reason of a signal
      reject(error);
    };
    if (signal.aborted) {
      fail(signal.reason);
      return;
    }
    const onAbort = (): void => fail(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) fail(createTooLarge(limitBytes));
      else chunks.push(chunk);
    });
    stream.once('end', () => {
      signal.removeEventListener('abort', onAbort);
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks));
    });
    stream.once('error', (cause) => {
      reject(createBadRequest(`the body could not be read: ${cause.message}`));
    });
    stream.once('close', () => {
      signal.removeEventListener('abort', onAbort);
      // Closing comes after every end, too: an error made for nothing costs more than the body.
      if (!stream.readableEnded) reject(createBadRequest('the body ended early'));
    });
  });
}
