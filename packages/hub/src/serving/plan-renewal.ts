import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { CertificatePair } from '@clusternet/pki';

/** What Secret `clusternet-hub-serving` holds: an authority of the installation, and what hubs show. */
export interface ServingSecret {
  readonly ca: CertificatePair;
  readonly serving: CertificatePair;
}

/** What has to be made anew: nothing, the certificate, or the authority with it. */
export type Renewal = 'all' | 'none' | 'serving';

/** Renewed when a third of the time is left. */
const RENEW_AT = 1 / 3;

/** @param names - DNS names and addresses that the certificate has to be good for */
export function planRenewal(
  { ca, serving }: ServingSecret,
  names: readonly string[],
  nowMs: number,
): Renewal {
  if (isDue(ca.certPem, nowMs)) return 'all';
  const certificate = new X509Certificate(serving.certPem);
  const isIssued = certificate.checkIssued(new X509Certificate(ca.certPem));
  const isNamed = names.every(
    (name) => (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined,
  );
  return !isIssued || !isNamed || isDue(serving.certPem, nowMs) ? 'serving' : 'none';
}

function isDue(certPem: string, nowMs: number): boolean {
  const { validFromDate, validToDate } = new X509Certificate(certPem);
  const [from, to] = [validFromDate.getTime(), validToDate.getTime()];
  return nowMs > to - (to - from) * RENEW_AT;
}
