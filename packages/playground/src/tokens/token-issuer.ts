import { generateKeyPairSync, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isJsonObject } from '@clusternet/kube-data';
import type { JsonObject } from '@clusternet/kube-data';

/** Signs and checks JSON web tokens with one P-256 key. */
export interface TokenIssuer {
  readonly issuer: string;
  sign(claims: JsonObject): string;
  /** The claims of a token that this issuer signed; undefined for any other text. */
  verify(token: string): JsonObject | undefined;
  /** The key set that `/openid/v1/jwks` answers. */
  readonly keySet: JsonObject;
}

/** @param issuer - what goes into `iss` */
export function createTokenIssuer(issuer: string): TokenIssuer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' });
  const keyId = (jwk.x ?? '').slice(0, 16);
  const header = encode({ alg: 'ES256', kid: keyId });
  return {
    issuer,
    sign(claims) {
      const text = `${header}.${encode(claims)}`;
      return `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
    },
    verify: (token) => verifyToken(token, publicKey),
    keySet: {
      keys: [
        { use: 'sig', kty: 'EC', kid: keyId, crv: 'P-256', alg: 'ES256', x: jwk.x ?? '', y: jwk.y ?? '' },
      ],
    },
  };
}

function encode(value: JsonObject): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined; // not a token of ours
  }
}

function verifyToken(token: string, publicKey: KeyObject): JsonObject | undefined {
  const [head = '', body = '', signature = '', ...more] = token.split('.');
  if (more.length > 0 || decode(head)?.['alg'] !== 'ES256') return undefined;
  const key = { key: publicKey, dsaEncoding: 'ieee-p1363' as const };
  const isOurs = verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'));
  return isOurs ? decode(body) : undefined;
}
