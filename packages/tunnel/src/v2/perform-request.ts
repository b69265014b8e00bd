import { Readable } from 'node:stream';
import type { RequestHead, V2Stream } from '@clusternet/tunnel-protocol';
import type { Dispatcher, Pool } from 'undici';
import type { ExchangeHooks } from '../http1/exchange.ts';

/** More than this waiting for the tunnel, and the API server waits too. */
const HIGH_BYTES = 128 * 1024;

/** undici gives up a connection after a DELETE with a body; in Kubernetes that is how one deletes. */
const KEEP: ReadonlyMap<string, { readonly reset: boolean }> = new Map([['DELETE', { reset: false }]]);

/**
 * Performs one request of a hub and sends the answer back, with back-pressure both ways, for as long as both sides
 * like. The end of either side ends the other.
 *
 * @param pool - of HTTP/2 where the server speaks it: what lasts shares connections
 */
export function performRequest(pool: Pool, head: RequestHead, stream: V2Stream, hooks: ExchangeHooks): void {
  const body = stream.isReadEnded ? undefined : createBody(stream);
  let controller: Dispatcher.DispatchController | undefined;
  let wasAnswered = false;
  let hasRepeated = false;
  stream.bind({
    onReadable: () => body?.pull(),
    onDrain: () => controller?.resume(),
    onClose: (reset) => {
      body?.close();
      if (reset !== undefined) controller?.abort(new Error('the hub no longer wants it'));
    },
  });

  const dispatch = (): void => {
    pool.dispatch(
      {
        method: head.method,
        path: head.path,
        headers: [...head.fields],
        body: body?.readable ?? null,
        ...KEEP.get(head.method),
      },
      {
        onRequestStart: (started) => {
          controller = started;
          if (stream.isClosed) started.abort(new Error('the hub no longer wants it'));
        },
        onResponseStart: (_current, status, headers) => {
          if (status < 200) return;
          // What it throws, for an answer that the tunnel cannot carry, undici hands to `onResponseError`.
          if (!stream.isClosed) stream.respond({ status, fields: toFields(headers) });
          wasAnswered = true;
        },
        onResponseData: (current, chunk) => {
          if (stream.isClosed) return;
          stream.write(chunk);
          if (stream.pendingBytes > HIGH_BYTES) current.pause();
        },
        onResponseEnd: (_current, trailers) => {
          stream.end(toFields(trailers)); // whoever still sends a body learns from it that nobody reads on
          hooks.onOver();
        },
        onResponseError: (_current, error) => {
          if (stream.isClosed) {
            hooks.onOver();
            return;
          }
          // The API server may have closed a kept connection just as it was taken.
          const isRepeatable = body === undefined && (head.method === 'GET' || head.method === 'HEAD');
          if (!wasAnswered && !hasRepeated && isRepeatable && isBroken(error)) {
            hasRepeated = true;
            dispatch();
            return;
          }
          hooks.onOver();
          hooks.onError(error, wasAnswered);
        },
      },
    );
  };
  dispatch();
}

function isBroken(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

/** Names and values in turn, repeated names apart. */
function toFields(headers: Readonly<Record<string, string[] | string | undefined>>): string[] {
  const fields: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || name.startsWith(':')) continue; // HTTP/2 pseudo header
    if (typeof value === 'string') fields.push(name, value);
    else for (const one of value) fields.push(name, one);
  }
  return fields;
}

interface RequestBody {
  readonly readable: Readable;
  /** There may be something to read. */
  pull(): void;
  /** Nothing more will come. */
  close(): void;
}

/** The rest of a stream as undici wants bodies. */
function createBody(stream: V2Stream): RequestBody {
  let wantsBytes = false;
  let isEnded = false;
  const pull = (): void => {
    while (wantsBytes) {
      const bytes = stream.read();
      if (bytes === undefined) break;
      wantsBytes = readable.push(bytes);
    }
    if (stream.isReadEnded && !isEnded) {
      isEnded = true;
      readable.push(null);
    }
  };
  const readable = new Readable({
    read: () => {
      wantsBytes = true;
      pull();
    },
  });
  readable.on('error', () => {}); // told by the request
  return {
    readable,
    pull,
    close: () => {
      if (!stream.isReadEnded) readable.destroy();
    },
  };
}
