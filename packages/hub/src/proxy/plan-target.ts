import { createBadRequest, createServiceUnavailable } from '@clusternet/apiserver';
import { parseAddress } from '@clusternet/tunnel';

/** Where a proxied request goes, as the child's network sees it. */
export interface TargetPlan {
  /** `direct` is the child's API server; `scheme` is whatever the caller names. */
  readonly form: 'direct' | 'scheme';
  readonly isTls: boolean;
  /** Without brackets, lower case. */
  readonly host: string;
  readonly port: number;
  /** `Host` header: as the URL writes it. */
  readonly authority: string;
  /** What the agent dials: `host:port`, IPv6 in brackets. */
  readonly address: string;
  /** Path and query, percent-encoded as they came, with a leading slash. */
  readonly path: string;
}

/** Segments before the child's path: apis, group, version, sockets, id, proxy. */
const PREFIX_SEGMENTS = 6;
const DOT = /^(?:\.|%2e)$/i;
const DOT_DOT = /^(?:\.|%2e){2}$/i;
const SERVER_URL = /^(https?):\/\/([^/?#@\s]+)(\/[^?#\s]*)?$/i;

/**
 * Decides where `…/sockets/<id>/proxy/<rest>` goes.
 *
 * @param url - path and query as they came; not decoded
 * @param apiserverUrl - of the child, for the direct form; `undefined` when it is not known
 * @throws {ApiError} `BadRequest` for a path that names no target, `ServiceUnavailable` when the child's address
 *   is not known
 * @see docs/spec/proxy.md, "Paths"
 */
export function planTarget(url: string, clusterId: string, apiserverUrl: string | undefined): TargetPlan {
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  const query = at < 0 ? '' : url.slice(at);
  const [first = '', ...rest] = getChildSegments(path);
  if (first === 'direct') return planDirect(rest, query, clusterId, apiserverUrl);
  return planScheme(first, rest, query);
}

/** What follows `/proxy`, without leading slashes. Counts segments as authorization does: empty ones are none. */
function getChildSegments(path: string): string[] {
  const segments = path.split('/');
  let seen = 0;
  let at = 0;
  while (at < segments.length && seen < PREFIX_SEGMENTS) {
    if (segments[at] !== '') seen += 1;
    at += 1;
  }
  while (at < segments.length - 1 && segments[at] === '') at += 1;
  return segments.slice(at);
}

function planDirect(
  rest: readonly string[],
  query: string,
  clusterId: string,
  apiserverUrl: string | undefined,
): TargetPlan {
  const match = SERVER_URL.exec(apiserverUrl ?? '');
  if (match === null) {
    throw createServiceUnavailable(`cannot retrieve valid apiserver url for cluster ${clusterId}`);
  }
  const [, scheme = '', authority = '', base = ''] = match;
  const where = parseAuthority(authority, scheme.toLowerCase());
  if (where === undefined) {
    throw createServiceUnavailable(`cannot retrieve valid apiserver url for cluster ${clusterId}`);
  }
  return { form: 'direct', ...where, path: joinPath(base, rest) + query };
}

function planScheme(scheme: string, [host = '', ...rest]: readonly string[], query: string): TargetPlan {
  if (scheme === '') throw createBadRequest('the path names no target: append /direct or /https/<host>');
  if (scheme !== 'http' && scheme !== 'https') {
    throw createBadRequest(`unsupported protocol scheme ${JSON.stringify(decode(scheme))}`);
  }
  const authority = decode(host);
  const where = parseAuthority(authority, scheme);
  if (where === undefined) {
    throw createBadRequest(`${JSON.stringify(authority)} is not a host, with or without a port`);
  }
  return { form: 'scheme', ...where, path: joinPath('', rest) + query };
}

type Where = Pick<TargetPlan, 'address' | 'authority' | 'host' | 'isTls' | 'port'>;

function parseAuthority(authority: string, scheme: string): Where | undefined {
  const isTls = scheme === 'https';
  const hasPort = /:[0-9]+$/.test(authority.replace(/^\[.*\]/, ''));
  const address = hasPort ? authority : `${authority}:${isTls ? 443 : 80}`;
  const target = parseAddress(address);
  return target && { isTls, host: target.host, port: target.port, authority, address };
}

/**
 * Appends to the base path what is left once `.`, `..` and empty segments are resolved; `..` never climbs out of
 * the base. A trailing slash stays.
 */
function joinPath(base: string, segments: readonly string[]): string {
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === '' || DOT.test(segment)) continue;
    if (DOT_DOT.test(segment)) kept.pop();
    else kept.push(assertFlat(segment));
  }
  const trimmed = base.replace(/\/+$/, '');
  const last = segments.at(-1);
  const isOpen = last === '' && kept.length > 0;
  if (kept.length === 0) return trimmed === '' ? '/' : last === '' ? `${trimmed}/` : trimmed;
  return `${trimmed}/${kept.join('/')}${isOpen ? '/' : ''}`;
}

/** An encoded slash is the child's to decode, but not a way to smuggle `..` past the rule above. */
function assertFlat(segment: string): string {
  if (!/%2f|%5c/i.test(segment)) return segment;
  if (
    decode(segment)
      .split(/[/\\]/)
      .some((part) => part === '..')
  ) {
    throw createBadRequest(`the path segment ${JSON.stringify(segment)} hides a parent directory`);
  }
  return segment;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not encoded after all; what it is compared with will tell
  }
}
