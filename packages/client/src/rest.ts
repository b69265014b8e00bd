import { parseJson, stringifyJson } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';
import { ApiError, codeOf } from './errors.ts';
import type { StatusCause } from './errors.ts';
import type { HttpMethod, Transport, TransportResponse } from './transport.ts';

export interface RestRequest {
  readonly method: HttpMethod;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** @default "application/json" */
  readonly contentType?: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, readonly string[] | string>>;
  readonly stream?: boolean;
  /** What the call does, for errors, such as `get deployment foo/web`. */
  readonly what: string;
}

/** Path and query; absent values are left out. */
export function withQuery(path: string, query: RestRequest['query'] = {}): string {
  const text = new URLSearchParams(
    Object.entries(query).flatMap(([key, value]): [string, string][] =>
      value === undefined ? [] : [[key, String(value)]],
    ),
  ).toString();
  if (text === '') return path;
  return `${path}${path.includes('?') ? '&' : '?'}${text}`;
}

/** Sends one request. @throws {ApiError} for an answer of 400 and above, with what its Status says. */
export async function send(
  transport: Transport,
  request: RestRequest,
  signal?: AbortSignal,
): Promise<TransportResponse> {
  const {
    method,
    path,
    query,
    body,
    contentType = 'application/json',
    accept = 'application/json',
  } = request;
  const response = await transport.request(
    {
      method,
      path: withQuery(path, query),
      headers: { accept, ...(body === undefined ? {} : { 'content-type': contentType }), ...request.headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : stringifyJson(body) }),
      stream: request.stream ?? false,
    },
    signal,
  );
  if (response.status >= 400) throw statusError(response, await response.text(), request.what, transport.hop);
  return response;
}

/** Sends one request and parses the JSON of its answer. @throws {ApiError} also `BAD_RESPONSE` */
export async function sendJson(
  transport: Transport,
  request: RestRequest,
  signal?: AbortSignal,
): Promise<JsonValue> {
  const response = await send(transport, request, signal);
  return parseBody(await response.text(), request.what, transport.hop);
}

/** Parses an answer's JSON. @throws {ApiError} `BAD_RESPONSE` naming the hop */
export function parseBody(text: string, what: string, hop: string): JsonValue {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new ApiError('BAD_RESPONSE', `${what}: ${hop} answered with something that is not JSON`, { cause });
  }
}

interface StatusBody {
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly details?: { readonly causes?: readonly StatusCause[]; readonly retryAfterSeconds?: number };
}

/** The error that an answer of 400 and above, or an ERROR event of a watch, stands for. */
export function statusError(
  response: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  text: string,
  what: string,
  hop: string,
): ApiError {
  const body = parseStatus(text);
  const reason = typeof body.reason === 'string' ? body.reason : undefined;
  const message = typeof body.message === 'string' && body.message !== '' ? body.message : shorten(text);
  const retrySeconds = Number(response.headers['retry-after'] ?? body.details?.retryAfterSeconds);
  return new ApiError(
    codeOf(response.status, reason),
    `${what}: ${hop} answered ${response.status}: ${message}`,
    {
      status: response.status,
      ...(reason === undefined ? {} : { reason }),
      causes: body.details?.causes ?? [],
      ...(Number.isFinite(retrySeconds) ? { retryAfterMs: retrySeconds * 1000 } : {}),
    },
  );
}

function parseStatus(text: string): StatusBody {
  try {
    const body = parseJson(text);
    return typeof body === 'object' && body !== null ? (body as StatusBody) : {};
  } catch {
    return {}; // proxies answer in plain text or HTML: the text itself is the message
  }
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line === '' ? '(empty answer)' : line.slice(0, 300);
}
