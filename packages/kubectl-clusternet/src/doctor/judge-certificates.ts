import { X509Certificate } from 'node:crypto';
import type { Finding } from './finding.ts';

/** What ends by itself. */
export interface Expiring {
  readonly check: string;
  /** In a sentence. */
  readonly what: string;
  readonly endsMs: number;
  readonly mend: string;
}

const DAY_MS = 86_400_000;
/** Long enough to do something about it. */
const SOON_MS = 14 * DAY_MS;

/** Whether it still counts, and for how long. */
export function judgeExpiry({ check, what, endsMs, mend }: Expiring, nowMs: number): Finding {
  const days = Math.floor(Math.abs(endsMs - nowMs) / DAY_MS);
  const when = new Date(endsMs).toISOString().slice(0, 10);
  if (endsMs <= nowMs)
    return { check, level: 'fail', says: `${what} ran out ${days} days ago, on ${when}`, mend };
  const says = `${what} counts until ${when}, ${days} days from now`;
  return endsMs - nowMs < SOON_MS ? { check, level: 'warn', says, mend } : { check, level: 'ok', says };
}

/** When the first certificate of a PEM text ends, Unix ms; undefined for what is no certificate. */
export function readCertificateEnd(pem: string): number | undefined {
  try {
    return Date.parse(new X509Certificate(pem).validTo);
  } catch {
    return undefined; // whoever reads it to connect says what is wrong with it
  }
}

/** When a token that is a JWT ends, Unix ms; undefined for any other, which does not say. */
export function readTokenEnd(token: string): number | undefined {
  const [, payload = ''] = token.split('.');
  try {
    const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { exp?: unknown };
    return typeof exp === 'number' ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
