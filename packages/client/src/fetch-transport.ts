import { concatBytes } from './concat-bytes.ts';
import type { ConnectionConfig } from './connection-config.ts';
import { ApiError, isApiError } from './errors.ts';
import { hopOf } from './server-url.ts';
import type { Transport, TransportRequest, TransportResponse } from './transport.ts';
import { bodyError } from './transport-error.ts';

/** Limits of a transport on `fetch`. */
export interface FetchTransportOptions {
  /** Time a unary call may take until its answer begins, and a watch until it is open, ms. @default 60000 */
  readonly timeoutMs?: number;
  /** Largest unary answer, bytes. @default 64 MiB */
  readonly maxBodyBytes?: number;
  /** @default the platform's */
  readonly fetch?: typeof fetch;
}

/** What a page has no say in: the browser judges certificates and shows its own. */
const NOT_HERE = ['caPem', 'certPem', 'keyPem', 'serverName', 'insecureSkipVerify', 'dial'] as const;

/**
 * A transport on `fetch`, for browsers. The server has to let the page in (CORS).
 * @throws {ApiError} `INVALID_CONFIG` for what only Node can do
 */
export function createFetchTransport(
  config: ConnectionConfig,
  { timeoutMs = 60_000, maxBodyBytes = 64 * 1024 * 1024, ...options }: FetchTransportOptions = {},
): Transport {
  const hop = hopOf(config);
  const wrong = NOT_HERE.find((key) => config[key] !== undefined && config[key] !== false);
  if (wrong !== undefined)
    throw new ApiError(
      'INVALID_CONFIG',
      `${wrong} cannot be used in a browser, which judges certificates itself; leave it out, and log in with a token`,
    );
  const base = config.server.replace(/\/+$/, '');
  const open = new Set<AbortController>();
  const closed = new ApiError('CLOSED', `the client of ${hop} has been closed`, { hop });
  let isClosed = false;

  const sendOnce = async (request: TransportRequest, signal?: AbortSignal): Promise<TransportResponse> => {
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(signal?.reason);
    signal?.throwIfAborted();
    if (isClosed) throw closed;
    signal?.addEventListener('abort', onAbort, { once: true });
    open.add(controller);
    const end = (): void => {
      signal?.removeEventListener('abort', onAbort);
      open.delete(controller);
    };
    const close = (): void => {
      end();
      controller.abort();
    };
    const late = new ApiError('TIMEOUT', `${hop} did not answer in ${timeoutMs} ms`, { hop });
    const timer = setTimeout(() => controller.abort(late), timeoutMs);
    try {
      const own = await config.getHeaders?.(signal);
      const send = options.fetch ?? fetch;
      const response = await send(base + request.path, {
        method: request.method,
        headers: headersOf({ ...own, ...request.headers }),
        signal: controller.signal,
        redirect: 'error',
        credentials: 'omit',
        cache: 'no-store',
        ...(request.body === undefined ? {} : { body: request.body as string }), // bytes are fine too
      });
      if (response.status === 401) config.onUnauthorized?.();
      const body = readBody(response, { hop, signal, end: close });
      return {
        status: response.status,
        headers: namesOf(response),
        body,
        text: () => readText(body, hop, maxBodyBytes),
      };
    } catch (error) {
      end();
      if (controller.signal.reason === late) throw late;
      if (signal?.aborted === true || isApiError(error)) throw error;
      throw new ApiError(
        'UNREACHABLE',
        `${hop} cannot be reached; a browser does not say why: the address, its certificate, or that it lets pages of this origin in (CORS)`,
        { cause: error, hop },
      );
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    hop,
    request: sendOnce,
    [Symbol.asyncDispose]: () => {
      isClosed = true;
      for (const controller of open) controller.abort(closed);
      return Promise.resolve();
    },
  };
}

/** @throws {ApiError} `INVALID_CONFIG` for a header of several lines, which `fetch` makes one of */
function headersOf(values: Readonly<Record<string, readonly string[] | string>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(values)) {
    const [only, ...others] = typeof value === 'string' ? [value] : value;
    if (others.length > 0)
      throw new ApiError('INVALID_CONFIG', `a browser cannot send several ${name}; give one at most`);
    if (only !== undefined) headers.set(name, only);
  }
  return headers;
}

function namesOf({ headers }: Response): Readonly<Record<string, string>> {
  const named = Object.create(null) as Record<string, string>;
  headers.forEach((value, name) => {
    named[name] = value;
  });
  return named;
}

interface BodyDeps {
  readonly hop: string;
  readonly signal: AbortSignal | undefined;
  /** Nothing is wanted of the answer any more. */
  readonly end: () => void;
}

async function* readBody(response: Response, { hop, signal, end }: BodyDeps): AsyncGenerator<Uint8Array> {
  const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader();
  try {
    for (;;) {
      const { done = true, value } = (await reader?.read()) ?? {};
      if (done || value === undefined) return;
      yield value;
    }
  } catch (error) {
    throw bodyError(error, hop, signal);
  } finally {
    end();
  }
}

async function readText(body: AsyncIterable<Uint8Array>, hop: string, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes)
      throw new ApiError('TOO_LARGE', `${hop} answered with more than ${maxBytes} bytes`, { hop });
    chunks.push(chunk);
  }
  return new TextDecoder().decode(concatBytes(chunks));
}
