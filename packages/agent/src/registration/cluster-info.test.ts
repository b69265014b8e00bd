import { createCa, signDetachedJws } from '@clusternet/pki';
import { beforeAll, describe, expect, it } from 'vitest';
import { readPublishedCa, readSignedCa } from './cluster-info.ts';

const token = '07401b.f395accd246ae52d';

describe('readSignedCa', () => {
  let caPem: string;
  /** As kubeadm writes it. */
  let kubeconfig: string;
  beforeAll(async () => {
    ({ certPem: caPem } = await createCa({ commonName: 'kubernetes' }));
    kubeconfig = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${Buffer.from(caPem).toString('base64')}
    server: https://10.0.0.1:6443
  name: ""
contexts: null
current-context: ""
kind: Config
users: null
`;
  });
  const signedBy = (id: string, secret: string, text = kubeconfig) => ({
    kubeconfig: text,
    signatures: new Map([[id, signDetachedJws(kubeconfig, id, secret)]]),
  });

  it('trusts what the token signed', () => {
    expect(readSignedCa(signedBy('07401b', 'f395accd246ae52d'), token)).toBe(caPem);
  });

  it('reads JSON as well', () => {
    const cluster = {
      server: 'https://x',
      'certificate-authority-data': Buffer.from(caPem).toString('base64'),
    };
    const text = JSON.stringify({ apiVersion: 'v1', kind: 'Config', clusters: [{ name: '', cluster }] });
    expect(readPublishedCa({ kubeconfig: text, signatures: new Map() })).toBe(caPem);
  });

  it.each([
    { why: 'by somebody without its secret', info: () => signedBy('07401b', '0000000000000000') },
    { why: 'by another token', info: () => signedBy('aaaaaa', 'f395accd246ae52d') },
    {
      why: 'before it was changed',
      info: () => signedBy('07401b', 'f395accd246ae52d', kubeconfig.replace('10.0.0.1', '10.0.0.2')),
    },
    { why: 'by nobody', info: () => ({ kubeconfig, signatures: new Map<string, string>() }) },
  ])('does not trust what was signed $why', ({ info }) => {
    expect(readSignedCa(info(), token)).toBeUndefined();
  });

  it('knows that a service-account token signs nothing', () => {
    expect(readSignedCa(signedBy('07401b', 'f395accd246ae52d'), 'e30.e30.sig')).toBeUndefined();
  });
});
