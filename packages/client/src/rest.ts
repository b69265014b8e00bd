import { isJsonObject, parseJson, stringifyJson } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import { ApiError, codeOf } from './errors.ts';
import type { StatusCause } from './errors.ts';
import { parseRetryAfter } from './retry-after.ts';
import type { HttpMethod, Transport, TransportResponse } from './transport.ts';

/** One request to an API server. */
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

/** Sends one request. @throws {ApiError} for an answer of 300 and above, with what its Status says. */
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
  if (response.status < 300) return response;
  const text = await response.text();
  if (response.status >= 400) throw statusError(response, text, request.what, transport.hop);
  const { location = 'nowhere' } = response.headers;
  throw new ApiError(
    'BAD_RESPONSE',
    `${request.what}: ${transport.hop} answered ${response.status} and points to ${location}; an API does not redirect`,
    { status: response.status, hop: transport.hop },
  );
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
    throw new ApiError('BAD_RESPONSE', `${what}: ${hop} answered with something that is not JSON`, {
      cause,
      hop,
    });
  }
}

/** What an error keeps of an answer that is no Status, characters. */
const MAX_TEXT = 4096;

interface StatusBody {
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly details?: unknown;
}

interface StatusDetails {
  readonly causes: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** The error that an answer of 400 and above stands for. */
export function statusError(
  response: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  text: string,
  what: string,
  hop: string,
): ApiError {
  const { status, headers } = response;
  const body = parseStatus(text);
  const rest = body.message === undefined ? { text: text.slice(0, MAX_TEXT) } : {};
  return errorOfStatus({ status, headers, body, fallback: shorten(text), ...rest }, what, hop);
}

/** The error that the Status in an ERROR event of a watch stands for. */
export function watchError(body: JsonObject, what: string, hop: string): ApiError {
  const code = Number(body['code']);
  const status = Number.isInteger(code) && code >= 400 ? code : 500;
  return errorOfStatus({ status, headers: {}, body, fallback: '(no message)' }, what, hop);
}

interface StatusParts {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: StatusBody;
  readonly fallback: string;
  readonly text?: string;
}

function errorOfStatus(
  { status, headers, body, fallback, text }: StatusParts,
  what: string,
  hop: string,
): ApiError {
  const reason = typeof body.reason === 'string' ? body.reason : undefined;
  const message = typeof body.message === 'string' && body.message !== '' ? body.message : fallback;
  const { causes, retryAfterSeconds } = parseDetails(body.details);
  const retryAfterMs =
    parseRetryAfter(headers) ?? (retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1000);
  return new ApiError(codeOf(status, reason), `${what}: ${hop} answered ${status}: ${message}`, {
    status,
    hop,
    causes,
    ...(reason === undefined ? {} : { reason }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(text === undefined ? {} : { text }),
  });
}

function parseDetails(details: unknown): StatusDetails {
  if (!isJsonObject(details)) return { causes: [] };
  const { causes, retryAfterSeconds } = details;
  return {
    causes: Array.isArray(causes) ? causes.filter((cause) => isJsonObject(cause)) : [],
    ...(typeof retryAfterSeconds === 'number' && retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
  };
}

function parseStatus(text: string): StatusBody {
  try {
    const body = parseJson(text);
    return isJsonObject(body) ? body : {};
  } catch {
    return {}; // proxies answer in plain text or HTML: the text itself is the message
  }
}

function shorten(text: string): string {
  const plain = /^\s*<(?:!doctype|html)/i.test(text)
    ? text.replaceAll(/<(script|style)[\s\S]*?<\/\1>|<[^>]*>/gi, ' ')
    : text;
  const line = plain.replaceAll(/\s+/g, ' ').trim();
  return line === '' ? '(empty answer)' : line.slice(0, 300);
}
