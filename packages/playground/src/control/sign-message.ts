import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Where signatures travel: of the caller over what it asks, of the playground over what it answers. */
export const SIGNATURE_HEADER = 'x-playground-signature';
/** Drawn by the caller for each call, and part of both signatures. */
export const NONCE_HEADER = 'x-playground-nonce';

export function createNonce(): string {
  return randomBytes(16).toString('hex');
}

/**
 * Signs a message with the secret in the run file. The secret itself never travels: the port of a playground that
 * died may be anybody's, who would then be sent it, or answer with a kubeconfig of his own.
 *
 * @param parts - joined with line feeds, so all but the last must not hold any
 */
export function signMessage(secret: string, parts: readonly string[]): string {
  return createHmac('sha256', secret).update(parts.join('\n')).digest('hex');
}

/** Whether a signature is that of `parts`. */
export function isSignedBy(secret: string, parts: readonly string[], signature: unknown): boolean {
  if (typeof signature !== 'string') return false;
  const given = Buffer.from(signature);
  const wanted = Buffer.from(signMessage(secret, parts));
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
