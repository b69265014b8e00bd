import { Readable } from 'node:stream';
import type { RequestHead, V2Stream } from '@clusternet/tunnel-protocol';
import type { Dispatcher, Pool } from 'undici';

/** More than this waiting for the tunnel, and the API server waits too. */
const HIGH_BYTES = 128 * 1024;

/** undici gives up a connection after a DELETE with a body; in Kubernetes that is how one deletes. */
const KEEP: ReadonlyMap<string, { readonly reset: boolean }> = new Map([['DELETE', { reset: false }]]);

/**
 * Performs one request of a hub and sends the answer back, with back-pressure both ways, for as long as both sides
 * like. The end of either side ends the other.
 *
 * @param onError - told once when no whole answer came; `wasAnswered`: it had begun
 * @param onOver - told once when nothing of the request is left, whether anybody still wanted it or not
 */
export function performRequest(
  pool: Pool,
  head: RequestHead,
  stream: V2Stream,
  onError: (error: Error, wasAnswered: boolean) => void,
  onOver: () => void,
): void {
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
        onResponseStart: (current, status, headers) => {
          if (status < 200) return;
          // What it throws, for an answer that the tunnel cannot carry, undici hands to `onResponseError`.
          if (!stream.isClosed) stream.respond({ status, fields: toFields(current.rawHeaders ?? headers) });
          wasAnswered = true;
        },
        onResponseData: (current, chunk) => {
          if (stream.isClosed) return;
          stream.write(chunk);
          if (stream.pendingBytes > HIGH_BYTES) current.pause();
        },
        onResponseEnd: (_current, trailers) => {
          stream.end(toFields(trailers)); // whoever still sends a body learns from it that nobody reads on
          onOver();
        },
        onResponseError: (_current, error) => {
          if (stream.isClosed) {
            onOver();
            return;
          }
          // The API server may have closed a kept connection just as it was taken.
          const isRepeatable = body === undefined && (head.method === 'GET' || head.method === 'HEAD');
          if (!wasAnswered && !hasRepeated && isRepeatable && isBroken(error)) {
            hasRepeated = true;
            dispatch();
            return;
          }
          onOver();
          onError(error, wasAnswered);
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

/** Names and values in turn: as undici had them from the wire, or out of its object. */
function toFields(headers: unknown): string[] {
  if (Array.isArray(headers)) return headers.map((item) => toText(item));
  const fields: string[] = [];
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (name.startsWith(':') || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) fields.push(name, String(one));
  }
  return fields;
}

function toText(item: unknown): string {
  return Buffer.isBuffer(item) ? item.toString('latin1') : String(item);
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
