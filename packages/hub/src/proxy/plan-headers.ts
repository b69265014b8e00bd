import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { ApiError } from '@clusternet/apiserver';
import type { ApiRequest } from '@clusternet/apiserver';
import type { ChildCredential } from './child-credential.ts';
import type { TargetPlan } from './plan-target.ts';

/** About one connection, not about the message (RFC 9110, 7.6.1), or what the HTTP client writes itself. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The headers that a child gets: the caller's without any trace of who the caller is in the parent, plus the
 * child credential.
 *
 * @param isUpgrade - keeps `connection` and `upgrade`
 * @returns names in lower case
 * @see docs/spec/proxy.md, "Headers"
 */
export function planRequestHeaders(
  request: Pick<ApiRequest, 'headers' | 'remoteAddress'>,
  target: TargetPlan,
  credential: ChildCredential,
  isUpgrade: boolean,
): Record<string, readonly string[]> {
  const headers = Object.create(null) as Record<string, readonly string[]>;
  const named = isUpgrade ? [] : namedByConnection(request.headers.get('connection') ?? []);
  for (const [name, values] of request.headers) {
    if (isIdentity(name) || name === 'host' || named.includes(name)) continue;
    if (HOP_BY_HOP.has(name) && !(isUpgrade && isUpgradeHeader(name))) continue;
    headers[name] = values;
  }
  headers['host'] = [target.authority];
  const forwarded = [...(headers['x-forwarded-for'] ?? []), request.remoteAddress];
  headers['x-forwarded-for'] = [forwarded.filter((address) => address !== '').join(', ')];
  for (const [name, values] of credential.impersonation) headers[name] = values;
  if (credential.token !== undefined) headers['authorization'] = [`Bearer ${credential.token}`];
  return headers;
}

/** The same headers as HTTP clients want them: one value as text, several as a list. */
export function toWireHeaders(
  headers: Readonly<Record<string, readonly string[]>>,
): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, values]) => {
      const [only = ''] = values;
      return [name, values.length === 1 ? only : [...values]];
    }),
  );
}

function isIdentity(name: string): boolean {
  return name === 'authorization' || name.startsWith('x-remote-') || name.startsWith('impersonate-');
}

function isUpgradeHeader(name: string): boolean {
  return name === 'connection' || name === 'upgrade';
}

function namedByConnection(values: readonly string[]): string[] {
  return values.flatMap((value) => value.split(',')).map((name) => name.trim().toLowerCase());
}

/** Of two lengths, whoever comes next might believe the other one. */
function assertOneLength(value: string | readonly string[] | undefined): void {
  if (value === undefined || (typeof value === 'string' && /^[0-9]{1,15}$/.test(value))) return;
  throw new ApiError('ServiceUnavailable', `the answer has the length ${JSON.stringify(value)}`);
}

/** The headers of a child's answer, without those about its connection. @throws {ApiError} `ServiceUnavailable` when its length is unclear */
export function planResponseHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const connection = headers.connection;
  const named = namedByConnection(connection === undefined ? [] : [connection].flat());
  const result = Object.create(null) as OutgoingHttpHeaders;
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (value !== undefined && !HOP_BY_HOP.has(lower) && !named.includes(lower)) result[lower] = value;
  }
  assertOneLength(headers['content-length']);
  return result;
}

/**
 * The same for names and values in turn, as the tunnel brings them: one pass, as it runs for every answer.
 * @throws {ApiError} `ServiceUnavailable` when its length is unclear
 */
export function planResponseFields(fields: readonly string[]): OutgoingHttpHeaders {
  const result = Object.create(null) as Record<string, string | string[]>;
  let named: string[] | undefined;
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = (fields[index] ?? '').toLowerCase();
    const value = fields[index + 1] ?? '';
    if (HOP_BY_HOP.has(name)) {
      if (name === 'connection') named = [...(named ?? []), ...namedByConnection([value])];
      continue;
    }
    const known = result[name];
    if (known === undefined) result[name] = value;
    else if (typeof known === 'string') result[name] = [known, value];
    else known.push(value);
  }
  assertOneLength(result['content-length']);
  for (const name of named ?? []) Reflect.deleteProperty(result, name);
  return result;
}
