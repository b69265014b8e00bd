import type { Readable } from 'node:stream';
import { createBadRequest, createTooLarge } from '../errors/status-errors.ts';

/**
 * Reads a body to its end.
 * @throws {ApiError} `RequestEntityTooLarge`, or `BadRequest` when the client goes away
 */
export function readBody(stream: Readable, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) {
        stream.removeAllListeners('data');
        stream.resume(); // the rest is read and dropped, so that the answer gets through
        reject(createTooLarge(limitBytes));
        return;
      }
      chunks.push(chunk);
    });
    stream.once('end', () => {
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks));
    });
    stream.once('error', (cause) => {
      reject(createBadRequest(`the body could not be read: ${cause.message}`));
    });
    stream.once('close', () => {
      // Closing comes after every end, too: an error made for nothing costs more than the body.
      if (!stream.readableEnded) reject(createBadRequest('the body ended early'));
    });
  });
}
