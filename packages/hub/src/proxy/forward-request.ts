import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { ApiError } from '@clusternet/apiserver';
import type { ApiRequest, ApiResponse } from '@clusternet/apiserver';
import type { Dispatcher, Pool } from 'undici';
import { planResponseHeaders, toWireHeaders } from './plan-headers.ts';
import { isBrokenConnection } from './proxy-errors.ts';

/** undici gives up a connection after a DELETE with a body; in Kubernetes that is how one deletes. */
const KEEP: ReadonlyMap<string, { readonly reset: boolean }> = new Map([['DELETE', { reset: false }]]);

/** Told of the bytes of bodies. */
export interface ByteCounts {
  readonly onResponseBytes: (sizeBytes: number) => void;
}

export interface ForwardedRequest {
  readonly request: Pick<ApiRequest, 'body' | 'headers' | 'httpVersion' | 'method'>;
  readonly path: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
}

/**
 * Sends a request on one of the pool's connections and streams the answer back, for as long as both sides like:
 * no time limit, back-pressure both ways, and the end of either side ends the other.
 *
 * @throws what went wrong, if the answer has not begun; an answer that breaks off is broken off
 */
export async function forwardRequest(
  pool: Pool,
  forwarded: ForwardedRequest,
  response: ApiResponse,
  counts: ByteCounts,
  signal: AbortSignal,
): Promise<void> {
  const { method } = forwarded.request;
  const body = hasBody(forwarded.request) ? forwarded.request.body : null;
  const isRepeatable = body === null && (method === 'GET' || method === 'HEAD');
  for (let attempt = 0; ; attempt += 1) {
    try {
      await dispatch(pool, forwarded, body, response, counts, signal);
      return;
    } catch (error) {
      // The child may have closed a kept connection just as it was taken.
      const mayRepeat = isRepeatable && attempt === 0 && !response.headersSent && !signal.aborted;
      if (!mayRepeat || !isBrokenConnection(error)) throw error;
    }
  }
}

function dispatch(
  pool: Pool,
  { request, path, headers }: ForwardedRequest,
  body: Readable | null,
  response: ApiResponse,
  counts: ByteCounts,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    const abort = (): void => controller?.abort(new Error('the client is gone', { cause: signal.reason }));
    const resume = (): void => controller?.resume();
    const finish = (error?: Error): void => {
      signal.removeEventListener('abort', abort);
      response.off('drain', resume);
      if (error === undefined) resolve();
      else reject(error);
    };
    signal.addEventListener('abort', abort, { once: true });
    response.on('drain', resume);
    pool.dispatch(
      { method: request.method, path, headers: toWireHeaders(headers), body, ...KEEP.get(request.method) },
      {
        onRequestStart(started) {
          controller = started;
          if (signal.aborted) abort();
        },
        onResponseStart(_controller, status, answered) {
          if (status >= 200) beginAnswer(response, status, answered);
        },
        onResponseData(current, chunk) {
          counts.onResponseBytes(chunk.length);
          if (!response.write(chunk)) current.pause();
        },
        onResponseEnd(_controller, trailers) {
          if (Object.keys(trailers).length > 0) response.addTrailers(trailers);
          response.end();
          finish();
        },
        onResponseError(_controller, error) {
          // Aborted from here: how the answer ends is for the proxy to say.
          if (response.headersSent && !signal.aborted) response.destroy(error);
          finish(error);
        },
      },
    );
  });
}

function beginAnswer(response: ApiResponse, status: number, headers: IncomingHttpHeaders): void {
  // As for answers that an agent passes on, where the tunnel carries no others.
  if (status > 599) throw new ApiError('ServiceUnavailable', `${status} is not the status of an answer`);
  response.writeHead(status, planResponseHeaders(headers));
  // Of unknown length, so it may be a watch: who waits for it wants to see it begin.
  if (headers['content-length'] === undefined) response.flushHeaders();
}

/** Whether a request brings a body; HTTP/2 need not announce one. */
export function hasBody(request: Pick<ApiRequest, 'body' | 'headers' | 'httpVersion'>): boolean {
  const length = request.headers.get('content-length')?.[0];
  if (length !== undefined) return length !== '0';
  if (request.headers.has('transfer-encoding')) return true;
  if (request.httpVersion !== '2.0') return false;
  const { stream } = request.body as { stream?: { endAfterHeaders?: boolean } }; // node:http2's request class
  return stream?.endAfterHeaders !== true;
}
