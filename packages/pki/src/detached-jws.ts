import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Signs a text by HMAC-SHA-256, as Kubernetes signs `cluster-info` with bootstrap tokens: a compact JWS whose payload is left
 * out (RFC 7515, appendix F).
 *
 * @param keyId - which secret it was: the id of a bootstrap token
 */
export function signDetachedJws(content: string, keyId: string, secret: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid: keyId })).toString('base64url');
  return `${header}..${sign(header, content, secret).toString('base64url')}`;
}

/** Whether a text was signed by {@link signDetachedJws} or its like with this key. */
export function verifyDetachedJws(content: string, jws: string, keyId: string, secret: string): boolean {
  const [header = '', payload, signature = '', ...rest] = jws.split('.');
  if (payload !== '' || rest.length > 0 || !isOurs(header, keyId)) return false;
  const wanted = sign(header, content, secret);
  const found = Buffer.from(signature, 'base64url');
  return found.length === wanted.length && timingSafeEqual(found, wanted);
}

function sign(header: string, content: string, secret: string): Buffer {
  const payload = Buffer.from(content).toString('base64url');
  return createHmac('sha256', secret).update(`${header}.${payload}`).digest();
}

function isOurs(header: string, keyId: string): boolean {
  try {
    const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as Record<
      string,
      unknown
    >;
    return alg === 'HS256' && kid === keyId;
  } catch {
    return false;
  }
}
