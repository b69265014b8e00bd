import { createHash, X509Certificate } from 'node:crypto';
import { PkiError } from './errors.ts';

/**
 * Splits a PEM bundle into certificates.
 * @throws {PkiError} `INVALID_CERTIFICATE` when one does not parse
 */
export function parseCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw new PkiError('INVALID_CERTIFICATE', 'a certificate in the bundle does not parse', { cause });
    }
  });
}

/**
 * The hash of a CA's public key as kubeadm prints it: `sha256:` and 64 hex digits over the
 * SubjectPublicKeyInfo.
 */
export function hashPublicKey(certificate: X509Certificate): string {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return `sha256:${createHash('sha256').update(spki).digest('hex')}`;
}

/** Whether `certificate` was signed by one of `cas` and is valid at `nowMs`. One level: no intermediates. */
export function isIssuedBy(
  certificate: X509Certificate,
  cas: readonly X509Certificate[],
  nowMs: number,
): boolean {
  if (certificate.validFromDate.getTime() > nowMs || certificate.validToDate.getTime() < nowMs) return false;
  return cas.some((ca) => certificate.checkIssued(ca) && certificate.verify(ca.publicKey));
}
