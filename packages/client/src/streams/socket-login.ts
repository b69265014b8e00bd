import { encodeBase64, encodeUtf8 } from '@clusternet/kube-data';
import { ApiError } from '../errors.ts';

type Headers = Readonly<Record<string, readonly string[] | string>>;

/** How a websocket shows who opens it. */
export interface SocketLogin {
  readonly headers: Headers;
  /** Beside those of the stream. */
  readonly protocols: readonly string[];
}

/**
 * Browsers let nobody set headers of websockets: there a bearer token travels as a protocol, as kube-apiserver takes it.
 * @throws {ApiError} `INVALID_CONFIG` for a login that cannot travel that way
 */
export function readLogin(headers: Headers, canSetHeaders: boolean): SocketLogin {
  if (canSetHeaders) return { headers, protocols: [] };
  const { authorization, ...others } = headers;
  const [, token] = /^Bearer (.+)$/.exec(String(authorization ?? '')) ?? [];
  const [other] = Object.keys(others);
  if (other !== undefined || (authorization !== undefined && token === undefined))
    throw new ApiError(
      'INVALID_CONFIG',
      `a browser cannot open this stream: of a login only a bearer token can travel, not ${other ?? 'this kind of authorization'}; visit clusters as yourself, or do it in Node`,
    );
  if (token === undefined) return { headers: {}, protocols: [] };
  const encoded = encodeBase64(encodeUtf8(token))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
  return { headers: {}, protocols: [`base64url.bearer.authorization.k8s.io.${encoded}`] };
}
