import type { IncomingHttpHeaders } from 'node:http';
import type { ApiRequest, ApiResponse } from '@clusternet/apiserver';
import type { RequestHead, ResponseHead, V2Stream } from '@clusternet/tunnel-protocol';
import { API_SERVER_TARGET, toStreamError } from '@clusternet/tunnel';
import type { TunnelSession } from '@clusternet/tunnel';
import { hasBody } from './forward-request.ts';
import type { ByteCounts, ForwardedRequest } from './forward-request.ts';
import { planResponseHeaders } from './plan-headers.ts';
import { planServiceClass } from './service-class.ts';

/** More than this waiting in the tunnel, and the caller waits too. */
const HIGH_BYTES = 128 * 1024;

/** A body this small goes out as text: then Node puts it behind its head, and both leave in one plain write. */
const TEXT_BYTES = 8 * 1024;

/**
 * Has the agent perform a request on a connection of its own, and streams the answer back, for as long as both sides
 * like: back-pressure both ways, and the end of either side ends the other.
 *
 * @throws {TunnelError} what went wrong, if the answer has not begun; an answer that breaks off is broken off
 */
export function requestThroughAgent(
  session: TunnelSession,
  forwarded: ForwardedRequest,
  response: ApiResponse,
  counts: ByteCounts,
  signal: AbortSignal,
): Promise<void> {
  const { request, path, headers } = forwarded;
  const body = hasBody(request) ? request.body : undefined;
  const head: RequestHead = {
    kind: 'request',
    target: API_SERVER_TARGET,
    method: request.method,
    path,
    fields: toFields(headers),
  };
  const stream = session.request(head, { serviceClass: planServiceClass(path), isEnd: body === undefined });
  return new Promise((resolve, reject) => {
    const answer = createAnswer(stream, request.method, response, counts);
    const upload = body === undefined ? undefined : sendBody(body, stream);
    const finish = (error?: Error): void => {
      signal.removeEventListener('abort', abort);
      response.off('drain', onDrain);
      // A child that has answered wants no more of the request.
      if (upload?.stop() === true) stream.reset('CANCELLED');
      if (error === undefined) resolve();
      else reject(error);
    };
    const abort = (): void => {
      stream.reset('CANCELLED');
      finish(new Error('the client is gone', { cause: signal.reason }));
    };
    const proceed = (): void => {
      if (answer.read()) finish();
    };
    /** What an agent sends may be no answer that can be passed on: then it is the request that fails, not the hub. */
    const contain = (work: () => void): void => {
      try {
        work();
      } catch (error) {
        stream.reset('MALFORMED', 'an answer that cannot be passed on');
        if (response.headersSent) response.destroy();
        finish(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const onDrain = (): void => {
      answer.drained();
      contain(proceed);
    };
    stream.bind({
      onHead: (head) => contain(() => answer.begin(head)),
      onReadable: () => contain(proceed),
      onDrain: () => body?.resume(),
      onClose: (reset) => {
        // After an orderly end there may be bytes left that the caller has not taken yet.
        if (reset === undefined || answer.isOver || (reset.by === 'local' && reset.code === 'CANCELLED'))
          return;
        const error = toStreamError(reset, session.hop, API_SERVER_TARGET);
        if (response.headersSent) response.destroy(error);
        finish(error);
      },
    });
    response.on('drain', onDrain);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
  });
}

interface Answer {
  readonly isOver: boolean;
  readonly begin: (head: ResponseHead | undefined) => void;
  /** Passes on what has come, as fast as the caller takes it. @returns true once: the answer is over now */
  readonly read: () => boolean;
  /** The caller takes more. */
  readonly drained: () => void;
}

function createAnswer(stream: V2Stream, method: string, response: ApiResponse, counts: ByteCounts): Answer {
  let hasBegun = false;
  /** What the answer says is still to come; `undefined` when it does not say. */
  let missingBytes: number | undefined;
  let isFull = false;
  let isOver = false;
  const read = (): boolean => {
    while (hasBegun && !isOver && !isFull) {
      const bytes = stream.read();
      if (bytes !== undefined) counts.onResponseBytes(bytes.length);
      isOver = stream.isReadEnded;
      if (missingBytes !== undefined) {
        // On a kept connection, bytes beyond the announced length would pass for the next answer.
        missingBytes -= bytes?.length ?? 0;
        if (missingBytes < 0 || (isOver && missingBytes > 0))
          throw new Error('a body of another length than announced');
      }
      if (isOver) endAnswer(stream, response, bytes);
      else if (bytes === undefined) return false;
      else isFull = !response.write(bytes);
      if (isOver) return true;
    }
    return false;
  };
  return {
    get isOver() {
      return isOver;
    },
    begin: (head) => {
      if (head === undefined) return; // that is how connects are answered
      const headers = planResponseHeaders(toHeaders(head.fields));
      const isBodiless = method === 'HEAD' || head.status === 204 || head.status === 304;
      if (!isBodiless && headers['content-length'] !== undefined)
        missingBytes = Number(headers['content-length']);
      response.writeHead(head.status, headers);
      hasBegun = true;
      // Of unknown length, so it may be a watch: who waits for it wants to see it begin.
      if (headers['content-length'] === undefined && !stream.isReadEnded) response.flushHeaders();
    },
    read,
    drained: () => {
      isFull = false;
    },
  };
}

function endAnswer(stream: V2Stream, response: ApiResponse, last: Uint8Array | undefined): void {
  const { trailers } = stream;
  if (trailers.length > 0) {
    if (last !== undefined) response.write(last);
    response.addTrailers(toHeaders(trailers));
    response.end();
  } else if (last === undefined) response.end();
  else if (last.length > TEXT_BYTES) response.end(last);
  else response.end(Buffer.from(last.buffer, last.byteOffset, last.length).toString('latin1'), 'latin1');
}

interface Upload {
  /** @returns whether it was still under way */
  stop(): boolean;
}

function sendBody(body: ApiRequest['body'], stream: V2Stream): Upload {
  let isOver = false;
  const onData = (chunk: Buffer): void => {
    if (stream.isClosed) return;
    stream.write(chunk);
    if (stream.pendingBytes > HIGH_BYTES) body.pause();
  };
  const onEnd = (): void => {
    isOver = true;
    stream.end();
  };
  body.on('data', onData);
  body.once('end', onEnd);
  return {
    stop: () => {
      body.off('data', onData);
      body.off('end', onEnd);
      body.resume(); // what nobody wants any more must not hold up the connection
      return !isOver;
    },
  };
}

function toFields(headers: Readonly<Record<string, readonly string[]>>): string[] {
  const fields: string[] = [];
  for (const name in headers) for (const value of headers[name] ?? []) fields.push(name, value);
  return fields;
}

function toHeaders(fields: readonly string[]): IncomingHttpHeaders {
  const headers = Object.create(null) as Record<string, string | string[]>;
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = (fields[index] ?? '').toLowerCase();
    const value = fields[index + 1] ?? '';
    const known = headers[name];
    headers[name] = known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value];
  }
  return headers;
}
