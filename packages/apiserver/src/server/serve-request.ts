import type { IncomingMessage } from 'node:http';
import type { Logger } from '@clusternet/runtime';
import { errorText } from '@clusternet/runtime';
import { isApiError } from '../errors/api-error.ts';
import { createBadRequest, createUnauthorized } from '../errors/status-errors.ts';
import { assertAuthorized, createAttributes } from '../filters/authorization.ts';
import type { Authorizer } from '../filters/authorization.ts';
import type { Authentication, AuthenticationInput, Authenticator } from '../filters/identity.ts';
import { getImpersonatedUser, isImpersonationHeader } from '../filters/impersonation.ts';
import { parseRequestInfo } from '../filters/request-info.ts';
import type { RequestInfo } from '../filters/request-info.ts';
import { parseQuery } from '../registry/query-values.ts';
import { assertEveryHeader } from './connection-limits.ts';
import { parseHeaders } from './header-map.ts';
import type { HeaderMap } from './header-map.ts';
import { getPeerCertificates } from './peer-certificates.ts';
import { readBody } from './read-body.ts';
import type { ApiHandler, ApiRequest, BodyDecoders, Exchange, UpgradeHandler } from './request.ts';

/** The filters and handlers that every request runs through. */
export interface RequestChain {
  /**
   * Told of each request before anything is done with it; a promise holds the request up. What it throws is answered.
   * @default none
   */
  readonly begin?: (exchange: Exchange) => Promise<void> | undefined;
  readonly authenticate: Authenticator;
  readonly authorize: Authorizer;
  readonly handle: ApiHandler;
  /** Answers `Connection: Upgrade`. */
  readonly upgrade: UpgradeHandler;
  readonly log: Logger;
  /** Readers of media types besides JSON and YAML, such as protobuf. None: 415. */
  readonly decoders?: BodyDecoders;
}

/** Knobs of the chain. */
export interface RequestLimits {
  readonly maxBodyBytes: number;
}

const EMPTY: readonly string[] = [];
const NO_DECODERS: BodyDecoders = new Map();

/** What a request names, before anybody has looked at who is asking. */
export type RequestTarget = Pick<ApiRequest, 'info' | 'method' | 'path' | 'query' | 'url'>;

/** @throws {ApiError} `BadRequest` for what is not encoded well */
export function parseTarget(incoming: IncomingMessage): RequestTarget {
  assertEveryHeader(incoming.rawHeaders);
  const { url = '/', method = 'GET' } = incoming;
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  const query = parseQuery(at < 0 ? '' : url.slice(at + 1));
  if (/%(?![0-9a-fA-F]{2})/.test(path)) throw createBadRequest('the path of the request is not encoded well');
  return { method, url, path, query, info: parseRequestInfo(method, path, query) };
}

/**
 * Runs a request through authentication, impersonation and authorization.
 * @throws {ApiError} `Unauthorized`, `Forbidden` or `BadRequest`
 */
export async function admitRequest(
  chain: RequestChain,
  limits: RequestLimits,
  incoming: IncomingMessage,
  target: RequestTarget,
  signal: AbortSignal,
): Promise<ApiRequest> {
  const { path, info } = target;
  const headers = parseHeaders(incoming.rawHeaders);
  const peer = getPeerCertificates(incoming.socket);
  const authentication = await authenticate(chain, { headers, path, peer }, signal);
  const impersonated = await getImpersonatedUser(chain.authorize, authentication.user, headers, signal);
  const user = impersonated ?? authentication.user;
  await assertAuthorized(chain.authorize, createAttributes(user, info), signal);
  return {
    ...target,
    headers: hideCredentials(headers, authentication.consumedHeaders ?? EMPTY),
    user,
    authentication,
    assertAllowed: (verb) =>
      assertAuthorized(chain.authorize, createAttributes(user, { ...info, verb }), signal),
    httpVersion: incoming.httpVersion,
    remoteAddress: incoming.socket.remoteAddress ?? '',
    body: incoming,
    readBody: () => readBody(incoming, limits.maxBodyBytes, signal),
    decoders: chain.decoders ?? NO_DECODERS,
  };
}

async function authenticate(
  chain: RequestChain,
  input: AuthenticationInput,
  signal: AbortSignal,
): Promise<Authentication> {
  try {
    const found = await chain.authenticate(input, signal);
    if (found !== undefined) return found;
  } catch (error) {
    if (!isApiError(error)) chain.log.warn('authentication failed', { error: errorText(error) });
  }
  throw createUnauthorized();
}

function hideCredentials(headers: HeaderMap, consumed: readonly string[]): HeaderMap {
  const hidden = new Set(consumed.map((name) => name.toLowerCase()));
  const rest = new Map<string, readonly string[]>();
  for (const [name, values] of headers) {
    if (!hidden.has(name) && !isImpersonationHeader(name)) rest.set(name, values);
  }
  return rest;
}

const LONG_RUNNING_SUBRESOURCES: ReadonlySet<string> = new Set([
  'attach',
  'exec',
  'log',
  'portforward',
  'proxy',
]);

/** Whether a request may last as long as it likes: watches, proxies and streams. */
export function isLongRunning(info: Pick<RequestInfo, 'subresource' | 'verb'>): boolean {
  return info.verb === 'watch' || info.verb === 'proxy' || LONG_RUNNING_SUBRESOURCES.has(info.subresource);
}
