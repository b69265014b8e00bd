import { X509Certificate } from 'node:crypto';
import { createCa, issueCertificate } from '@clusternet/pki';
import type { CertificatePair } from '@clusternet/pki';
import { systemClock } from '@clusternet/runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseHeaders } from '../server/header-map.ts';
import type { PeerCertificates } from '../server/peer-certificates.ts';
import { createRequestHeaderAuthenticator, createX509Authenticator } from './certificate-authenticators.ts';

const signal = new AbortController().signal;
const deps = { clock: systemClock };

function peerOf({ certPem }: CertificatePair): PeerCertificates {
  return { leaf: new X509Certificate(certPem), intermediates: [] };
}

describe('certificate authenticators', () => {
  let frontCa: CertificatePair;
  let clientCa: CertificatePair;
  let front: PeerCertificates;
  let jane: PeerCertificates;

  beforeAll(async () => {
    [frontCa, clientCa] = await Promise.all([
      createCa({ commonName: 'front' }),
      createCa({ commonName: 'client' }),
    ]);
    front = peerOf(await issueCertificate(frontCa, { commonName: 'front-proxy', usage: 'client' }));
    jane = peerOf(
      await issueCertificate(clientCa, { commonName: 'jane', organizations: ['a', 'b'], usage: 'client' }),
    );
  });

  const authenticate = (peer: PeerCertificates | undefined, allowedNames: string[] = ['front-proxy']) =>
    createRequestHeaderAuthenticator(deps, () => ({
      cas: [new X509Certificate(frontCa.certPem)],
      allowedNames,
      usernameHeaders: ['x-remote-user'],
      uidHeaders: ['x-remote-uid'],
      groupHeaders: ['x-remote-group'],
      extraHeaderPrefixes: ['x-remote-extra-'],
    }))(
      {
        headers: parseHeaders([
          'X-Remote-User',
          'admin',
          'X-Remote-Group',
          'g1',
          'X-Remote-Group',
          'g2, system:masters',
          'X-Remote-Extra-Clusternet%2Fa',
          'v1',
        ]),
        path: '/',
        peer,
      },
      signal,
    );

  it('believes the front proxy, and keeps repeated headers apart', async () => {
    const found = await authenticate(front);
    expect(found?.method).toBe('request-header');
    expect(found?.user).toEqual({
      name: 'admin',
      groups: ['g1', 'g2, system:masters', 'system:authenticated'],
      extra: new Map([['clusternet/a', ['v1']]]),
    });
  });

  it('believes nobody whose certificate comes from another CA', async () => {
    expect(await authenticate(jane)).toBeUndefined();
    expect(await authenticate(undefined)).toBeUndefined();
  });

  it('refuses a name that is not allowed', async () => {
    await expect(authenticate(front, ['somebody-else'])).rejects.toMatchObject({ code: 'Unauthorized' });
  });

  it('reads name and groups from a client certificate', async () => {
    const own = createX509Authenticator(deps, () => [new X509Certificate(clientCa.certPem)]);
    const found = await own({ headers: new Map(), path: '/', peer: jane }, signal);
    expect(found?.user).toMatchObject({ name: 'jane', groups: ['a', 'b', 'system:authenticated'] });
    expect(await own({ headers: new Map(), path: '/', peer: front }, signal)).toBeUndefined();
  });

  it('refuses certificates for servers, and those out of date', async () => {
    const server = peerOf(
      await issueCertificate(clientCa, { commonName: 'jane', dnsNames: ['x'], usage: 'server' }),
    );
    const own = createX509Authenticator(deps, () => [new X509Certificate(clientCa.certPem)]);
    expect(await own({ headers: new Map(), path: '/', peer: server }, signal)).toBeUndefined();
    const late = { ...systemClock, nowMs: () => Date.now() + 20 * 365 * 86_400_000 };
    const later = createX509Authenticator({ clock: late }, () => [new X509Certificate(clientCa.certPem)]);
    expect(await later({ headers: new Map(), path: '/', peer: jane }, signal)).toBeUndefined();
  });
});
