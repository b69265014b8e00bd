import type { KubeObject } from '@clusternet/kube-data';
import { ApiError } from './errors.ts';
import { parseBody, statusError } from './rest.ts';
import type { WatchEvent } from './resource.ts';

/** A single event larger than this ends the watch with `TOO_LARGE`, bytes. */
const MAX_EVENT_BYTES = 16 * 1024 * 1024;

const NEWLINE = 0x0a;

/** Splits a byte stream into lines without copying what lies within one chunk. */
export async function* splitLines(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  hop: string,
): AsyncGenerator<string> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      pending.push(chunk.subarray(start, end));
      yield Buffer.concat(pending).toString('utf8');
      pending = [];
      pendingBytes = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      pending.push(chunk.subarray(start));
      pendingBytes += chunk.length - start;
      if (pendingBytes > maxBytes)
        throw new ApiError('TOO_LARGE', `${hop} sent an event of more than ${maxBytes} bytes`);
    }
  }
  if (pendingBytes > 0) yield Buffer.concat(pending).toString('utf8');
}

interface RawEvent<T extends KubeObject> {
  readonly type?: string;
  readonly object?: T;
}

/**
 * Reads the events of a watch.
 * @throws {ApiError} what an ERROR event carries (410 is `GONE`); `BAD_RESPONSE` for what is no event
 */
export async function* decodeWatch<T extends KubeObject>(
  body: AsyncIterable<Uint8Array>,
  what: string,
  hop: string,
): AsyncGenerator<WatchEvent<T>> {
  for await (const line of splitLines(body, MAX_EVENT_BYTES, hop)) {
    if (line.trim() === '') continue;
    const { type, object } = parseBody(line, what, hop) as unknown as RawEvent<T>;
    if (object === undefined)
      throw new ApiError('BAD_RESPONSE', `${what}: ${hop} sent an event without an object`);
    switch (type) {
      case 'ADDED':
      case 'MODIFIED':
      case 'DELETED':
        yield { type, object };
        break;
      case 'BOOKMARK':
        yield { type, resourceVersion: object.metadata.resourceVersion ?? '' };
        break;
      case 'ERROR': {
        const status = Number((object as { code?: unknown }).code ?? 500);
        throw statusError({ status, headers: {} }, line.slice(line.indexOf('"object":') + 9, -1), what, hop);
      }
      default:
        throw new ApiError(
          'BAD_RESPONSE',
          `${what}: ${hop} sent an event of the unknown type "${String(type)}"`,
        );
    }
  }
}
