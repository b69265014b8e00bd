import type { ApiRequest, ApiResponse } from '@clusternet/apiserver';
import type {
  RequestHead,
  ResponseHead,
  StreamReset,
  V2Stream,
  V2StreamEvents,
} from '@clusternet/tunnel-protocol';
import { API_SERVER_TARGET, toStreamError } from '@clusternet/tunnel';
import type { TunnelSession } from '@clusternet/tunnel';
import { hasBody } from './forward-request.ts';
import type { ByteCounts, ForwardedRequest } from './forward-request.ts';
import { planResponseFields } from './plan-headers.ts';
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
    const passing = new Passing(
      session,
      stream,
      { method: request.method, response, counts, signal },
      { resolve, reject },
    );
    passing.start(body);
  });
}

interface Ends {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface PassingDeps {
  readonly method: string;
  readonly response: ApiResponse;
  readonly counts: ByteCounts;
  readonly signal: AbortSignal;
}

/** One request on its way and its answer on the way back. A single object with methods: it is made for each request. */
class Passing implements V2StreamEvents {
  readonly #session: TunnelSession;
  readonly #stream: V2Stream;
  readonly #deps: PassingDeps;
  readonly #ends: Ends;
  #body: ApiRequest['body'] | undefined;
  #upload: Upload | undefined;
  #hasBegun = false;
  /** What the answer says is still to come; `undefined` when it does not say. */
  #missingBytes: number | undefined;
  #isFull = false;
  #isOver = false;

  constructor(session: TunnelSession, stream: V2Stream, deps: PassingDeps, ends: Ends) {
    this.#session = session;
    this.#stream = stream;
    this.#deps = deps;
    this.#ends = ends;
  }

  start(body: ApiRequest['body'] | undefined): void {
    const { response, signal } = this.#deps;
    this.#body = body;
    this.#stream.bind(this);
    if (body !== undefined) this.#upload = sendBody(body, this.#stream);
    response.on('drain', this.#onResponseDrain);
    signal.addEventListener('abort', this.#abort, { once: true });
    if (signal.aborted) this.#abort();
  }

  onHead(head: ResponseHead | undefined): void {
    if (head === undefined) return; // that is how connects are answered
    try {
      this.#begin(head);
    } catch (error) {
      this.#refuse(error);
    }
  }

  onReadable(): void {
    this.#proceed();
  }

  onDrain(): void {
    this.#body?.resume();
  }

  onClose(reset: StreamReset | undefined): void {
    // After an orderly end there may be bytes left that the caller has not taken yet.
    if (reset === undefined || this.#isOver || (reset.by === 'local' && reset.code === 'CANCELLED')) return;
    const { response } = this.#deps;
    const error = toStreamError(reset, this.#session.hop, API_SERVER_TARGET);
    if (response.headersSent) response.destroy(error);
    this.#finish(error);
  }

  readonly #onResponseDrain = (): void => {
    this.#isFull = false;
    this.#proceed();
  };

  readonly #abort = (): void => {
    this.#stream.reset('CANCELLED');
    this.#finish(new Error('the client is gone', { cause: this.#deps.signal.reason }));
  };

  #proceed(): void {
    try {
      if (this.#read()) this.#finish();
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** What an agent sends may be no answer that can be passed on: then it is the request that fails, not the hub. */
  #refuse(error: unknown): void {
    const { response } = this.#deps;
    this.#stream.reset('MALFORMED', 'an answer that cannot be passed on');
    if (response.headersSent) response.destroy();
    this.#finish(error instanceof Error ? error : new Error(String(error)));
  }

  #finish(error?: Error): void {
    const { response, signal } = this.#deps;
    signal.removeEventListener('abort', this.#abort);
    response.off('drain', this.#onResponseDrain);
    // A child that has answered wants no more of the request.
    if (this.#upload?.stop() === true) this.#stream.reset('CANCELLED');
    if (error === undefined) this.#ends.resolve();
    else this.#ends.reject(error);
  }

  #begin(head: ResponseHead): void {
    const { method, response } = this.#deps;
    const headers = planResponseFields(head.fields);
    const length = headers['content-length'];
    const isBodiless = method === 'HEAD' || head.status === 204 || head.status === 304;
    if (!isBodiless && length !== undefined) this.#missingBytes = Number(length);
    response.writeHead(head.status, headers);
    this.#hasBegun = true;
    // Of unknown length, so it may be a watch: who waits for it wants to see it begin.
    if (length === undefined && !this.#stream.isReadEnded) response.flushHeaders();
  }

  /** Passes on what has come, as fast as the caller takes it. @returns true once: the answer is over now */
  #read(): boolean {
    const { response, counts } = this.#deps;
    const stream = this.#stream;
    while (this.#hasBegun && !this.#isOver && !this.#isFull) {
      const bytes = stream.read();
      if (bytes !== undefined) counts.onResponseBytes(bytes.length);
      this.#isOver = stream.isReadEnded;
      if (this.#missingBytes !== undefined) {
        // On a kept connection, bytes beyond the announced length would pass for the next answer.
        this.#missingBytes -= bytes?.length ?? 0;
        if (this.#missingBytes < 0 || (this.#isOver && this.#missingBytes > 0))
          throw new Error('a body of another length than announced');
      }
      if (this.#isOver) endAnswer(stream, response, bytes);
      else if (bytes === undefined) return false;
      else this.#isFull = !response.write(bytes);
      if (this.#isOver) return true;
    }
    return false;
  }
}

function endAnswer(stream: V2Stream, response: ApiResponse, last: Uint8Array | undefined): void {
  const { trailers } = stream;
  if (trailers.length > 0) {
    if (last !== undefined) response.write(last);
    response.addTrailers(planResponseFields(trailers));
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
