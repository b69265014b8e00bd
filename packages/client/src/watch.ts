import { isJsonObject } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { concatBytes } from './concat-bytes.ts';
import { ApiError } from './errors.ts';
import { parseBody, watchError } from './rest.ts';
import type { WatchEvent } from './resource.ts';

/** A single event larger than this ends the watch with `TOO_LARGE`, bytes. */
const MAX_EVENT_BYTES = 16 * 1024 * 1024;

const NEWLINE = 0x0a;

/** Splits a byte stream into lines. A line within one chunk is not copied before it is decoded. */
export async function* splitLines(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  hop: string,
): AsyncGenerator<string> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  const check = (sizeBytes: number): void => {
    if (sizeBytes > maxBytes)
      throw new ApiError('TOO_LARGE', `${hop} sent an event of more than ${maxBytes} bytes`, { hop });
  };
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const last = chunk.subarray(start, end);
      check(pendingBytes + last.length);
      yield decode(pending, last);
      pending = [];
      pendingBytes = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      pending.push(chunk.subarray(start));
      pendingBytes += chunk.length - start;
      check(pendingBytes);
    }
  }
  if (pendingBytes > 0) yield decode(pending, new Uint8Array());
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

function decode(pending: readonly Uint8Array[], last: Uint8Array): string {
  return utf8.decode(pending.length === 0 ? last : concatBytes([...pending, last]));
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
    yield parseEvent<T>(line, what, hop);
  }
}

function parseEvent<T extends KubeObject>(line: string, what: string, hop: string): WatchEvent<T> {
  const invalid = (problem: string): ApiError =>
    new ApiError('BAD_RESPONSE', `${what}: ${hop} sent ${problem}`, { hop });
  const event = parseBody(line, what, hop);
  if (!isJsonObject(event)) throw invalid('an event that is not an object');
  const { type, object } = event;
  if (!isJsonObject(object)) throw invalid('an event without an object');
  if (type === 'ERROR') throw watchError(object, what, hop);
  const metadata: JsonObject | undefined = isJsonObject(object['metadata']) ? object['metadata'] : undefined;
  if (metadata === undefined) throw invalid('an object without metadata');
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object: object as unknown as T }; // its shape is the server's promise
    case 'BOOKMARK': {
      const { resourceVersion } = metadata;
      return { type, resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : '' };
    }
    default:
      throw invalid(
        `an event of the unknown type ${type === undefined ? 'undefined' : JSON.stringify(type)}`,
      );
  }
}
