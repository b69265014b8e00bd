import { createUnauthorized } from '../errors/status-errors.ts';
import { getHeader } from '../server/header-map.ts';
import { withAuthenticatedGroup } from './identity.ts';
import type { Authenticator, UserInfo } from './identity.ts';

/** Tells whose token it is. `undefined`: not a token of this kind, or not valid. */
export type TokenVerifier = (token: string, signal: AbortSignal) => Promise<UserInfo | undefined>;

const WEBSOCKET_PREFIX = 'base64url.bearer.authorization.k8s.io.';

/** Reads `Authorization: Bearer`, or the token that browsers put into `Sec-WebSocket-Protocol`. */
export function createBearerAuthenticator(verifyToken: TokenVerifier): Authenticator {
  return async ({ headers }, signal) => {
    const token =
      readToken(getHeader(headers, 'authorization')) ??
      readWebSocketToken(headers.get('sec-websocket-protocol'));
    if (token === undefined) return undefined;
    const user = await verifyToken(token, signal);
    if (user === undefined) throw createUnauthorized();
    return { user: withAuthenticatedGroup(user), method: 'bearer', consumedHeaders: ['authorization'] };
  };
}

function readToken(header: string | undefined): string | undefined {
  const [scheme, token, ...more] = (header ?? '').trim().split(/ +/);
  if (scheme?.toLowerCase() !== 'bearer' || token === undefined || token === '' || more.length > 0)
    return undefined;
  return token;
}

function readWebSocketToken(values: readonly string[] | undefined): string | undefined {
  const protocol = (values ?? [])
    .flatMap((value) => value.split(','))
    .map((item) => item.trim())
    .find((item) => item.startsWith(WEBSOCKET_PREFIX));
  if (protocol === undefined) return undefined;
  return Buffer.from(protocol.slice(WEBSOCKET_PREFIX.length), 'base64url').toString('utf8');
}
