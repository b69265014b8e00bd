import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createCa, issueCertificate, signCsr } from './certificates.ts';
import { hashPublicKey, isIssuedBy, parseCertificates } from './trust.ts';

describe('issueCertificate', () => {
  it('makes a client certificate that Node verifies, with groups as organizations', async () => {
    const ca = await createCa({ commonName: 'test-ca' });
    const pair = await issueCertificate(ca, {
      commonName: 'admin',
      organizations: ['system:masters', 'ops'],
      usage: 'client',
    });
    const certificate = new X509Certificate(pair.certPem);
    expect(certificate.subject.split('\n')).toEqual(['O=system:masters', 'O=ops', 'CN=admin']);
    expect(certificate.checkPrivateKey(createPrivateKey(pair.keyPem))).toBe(true);
    expect(isIssuedBy(certificate, parseCertificates(ca.certPem), Date.now())).toBe(true);
  });

  it('puts names and addresses into a server certificate', async () => {
    const ca = await createCa({ commonName: 'test-ca' });
    const pair = await issueCertificate(ca, {
      commonName: 'hub',
      dnsNames: ['hub.clusternet-system.svc', 'localhost'],
      ipAddresses: ['127.0.0.1'],
      usage: 'server',
    });
    const certificate = new X509Certificate(pair.certPem);
    expect(certificate.checkHost('hub.clusternet-system.svc')).toBeDefined();
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
  });

  it('does not take a certificate of another authority of the same name for its own', async () => {
    const [ca, other] = await Promise.all([
      createCa({ commonName: 'same' }),
      createCa({ commonName: 'same' }),
    ]);
    const pair = await issueCertificate(other, { commonName: 'x', usage: 'client' });
    const certificate = new X509Certificate(pair.certPem);
    expect(isIssuedBy(certificate, parseCertificates(ca.certPem), Date.now())).toBe(false);
  });

  it('does not take an expired certificate', async () => {
    const ca = await createCa({ commonName: 'ca' });
    const pair = await issueCertificate(ca, { commonName: 'x', usage: 'client', days: 1 });
    const certificate = new X509Certificate(pair.certPem);
    expect(isIssuedBy(certificate, parseCertificates(ca.certPem), Date.now() + 2 * 86_400_000)).toBe(false);
  });

  it('refuses what is not an address', async () => {
    const ca = await createCa({ commonName: 'ca' });
    await expect(
      issueCertificate(ca, { commonName: 'x', usage: 'server', ipAddresses: ['localhost'] }),
    ).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });
});

describe('signCsr', () => {
  it('refuses what is not a request', async () => {
    const ca = await createCa({ commonName: 'ca' });
    await expect(signCsr(ca, 'nonsense', { commonName: 'x', usage: 'client' })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
  });
});

describe('hashPublicKey', () => {
  it('prints the form that kubeadm prints', async () => {
    const ca = await createCa({ commonName: 'ca' });
    expect(hashPublicKey(new X509Certificate(ca.certPem))).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
});
