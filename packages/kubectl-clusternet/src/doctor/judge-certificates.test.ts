import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { judgeExpiry, readCertificateEnd, readTokenEnd } from './judge-certificates.ts';

const NOW_MS = Date.parse('2026-01-01T00:00:00Z');
const judge = (days: number) =>
  judgeExpiry({ check: 'login', what: 'it', endsMs: NOW_MS + days * 86_400_000, mend: 'x' }, NOW_MS);

describe('judgeExpiry', () => {
  it.each([
    [100, 'ok', 'it counts until 2026-04-11, 100 days from now'],
    [13, 'warn', 'it counts until 2026-01-14, 13 days from now'],
    [-3, 'fail', 'it ran out 3 days ago, on 2025-12-29'],
  ])('%d days', (days, level, says) => {
    expect(judge(days)).toMatchObject({ level, says });
  });
});

describe('reading ends', () => {
  it('of a token', () => {
    const token = (payload: object) => `h.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.s`;
    expect(readTokenEnd(token({ exp: 10 }))).toBe(10_000);
    for (const other of [token({}), 'opaque', 'a.b.c', '']) expect(readTokenEnd(other)).toBeUndefined();
  });

  it('of a certificate', () => {
    expect(readCertificateEnd('no certificate')).toBeUndefined();
    const [pem = ''] = rootCertificates;
    expect(readCertificateEnd(pem)).toBe(Date.parse(new X509Certificate(pem).validTo));
  });
});
