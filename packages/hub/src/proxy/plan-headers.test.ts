import { createCa, issueCertificate } from '@clusternet/pki';
import { describe, expect, it } from 'vitest';
import { parseChildCredential } from './child-credential.ts';
import { planRequestHeaders, planResponseHeaders } from './plan-headers.ts';
import { planTarget } from './plan-target.ts';

const target = planTarget('/apis/g/v/sockets/c/proxy/direct', 'c', 'https://10.96.0.1:443');

function request(headers: Record<string, readonly string[]>, extra: Record<string, string[]> = {}) {
  const user = { name: 'clusternet', groups: [], extra: new Map(Object.entries(extra)) };
  return { headers: new Map(Object.entries(headers)), remoteAddress: '10.0.0.9', user };
}

const plan = (given: ReturnType<typeof request>, isUpgrade = false): Record<string, readonly string[]> =>
  planRequestHeaders(given, target, parseChildCredential(given), isUpgrade);

describe('planRequestHeaders', () => {
  it('lets nothing of the parent identity through', () => {
    const got = plan(
      request({
        authorization: ['Bearer parent'],
        'x-remote-user': ['eve'],
        'x-remote-extra-clusternet-token': ['child'],
        'x-remote-extra-a%2fb': ['x'],
        'impersonate-user': ['root'],
        host: ['parent'],
        accept: ['application/json'],
      }),
    );
    expect(got).toEqual({
      host: ['10.96.0.1:443'],
      accept: ['application/json'],
      'x-forwarded-for': ['10.0.0.9'],
      authorization: ['Bearer child'],
    });
  });

  it('drops what is about the connection, and keeps what an upgrade needs', () => {
    const headers = {
      connection: ['Upgrade, X-Private'],
      upgrade: ['SPDY/3.1'],
      'x-private': ['1'],
      te: ['trailers'],
      'transfer-encoding': ['chunked'],
      'keep-alive': ['5'],
      expect: ['100-continue'],
      'x-forwarded-for': ['1.2.3.4'],
      'x-forwarded-host': ['parent'],
      'audit-id': ['a'],
      'accept-encoding': ['gzip'],
    };
    const kept = {
      host: ['10.96.0.1:443'],
      'x-forwarded-for': ['1.2.3.4, 10.0.0.9'],
      'x-forwarded-host': ['parent'],
      'audit-id': ['a'],
      'accept-encoding': ['gzip'],
    };
    expect(plan(request(headers))).toEqual(kept);
    expect(plan(request(headers), true)).toEqual({
      ...kept,
      connection: ['Upgrade, X-Private'],
      upgrade: ['SPDY/3.1'],
      'x-private': ['1'],
    });
  });

  it('asks for impersonation in the child, and for nothing else by that way', () => {
    const extra = {
      'clusternet-token': ['t'],
      'clusternet-impersonate-user': ['jane'],
      'clusternet-impersonate-group': ['a', 'b'],
      'clusternet-impersonate-uid': ['7'],
      'clusternet-impersonate-extra-example.com/scopes': ['view'],
      'clusternet-impersonate-host': ['evil'],
      'clusternet-cookie': ['evil'],
      scopes: ['x'],
    };
    expect(plan(request({}, extra))).toEqual({
      host: ['10.96.0.1:443'],
      'x-forwarded-for': ['10.0.0.9'],
      authorization: ['Bearer t'],
      'impersonate-user': ['jane'],
      'impersonate-group': ['a', 'b'],
      'impersonate-uid': ['7'],
      'impersonate-extra-example.com%2Fscopes': ['view'],
    });
  });

  it('prefers extras of the user to headers of a direct caller', () => {
    const given = request(
      { 'x-remote-extra-clusternet-token': ['header'] },
      { 'clusternet-token': ['extra'] },
    );
    expect(plan(given)['authorization']).toEqual(['Bearer extra']);
  });
});

describe('planResponseHeaders', () => {
  it('drops what is about the connection', () => {
    const headers = {
      connection: 'X-A',
      'x-a': '1',
      'keep-alive': '5',
      'transfer-encoding': 'chunked',
      'set-cookie': ['a', 'b'],
    };
    expect(planResponseHeaders(headers)).toEqual({ 'set-cookie': ['a', 'b'] });
  });
});

describe('parseChildCredential', () => {
  const base64 = (text: string): string[] => [Buffer.from(text).toString('base64')];

  it('takes a certificate and its key', async () => {
    const ca = await createCa({ commonName: 'child' });
    const pair = await issueCertificate(ca, { commonName: 'jane', usage: 'client' });
    const other = await issueCertificate(ca, { commonName: 'joe', usage: 'client' });
    const parse = (certPem: string | undefined, keyPem: string | undefined) =>
      parseChildCredential(
        request(
          {},
          {
            ...(certPem === undefined ? {} : { 'clusternet-certificate': base64(certPem) }),
            ...(keyPem === undefined ? {} : { 'clusternet-privatekey': base64(keyPem) }),
          },
        ),
      );
    expect(parse(pair.certPem, pair.keyPem).certificate).toEqual(pair);
    expect(parse(pair.certPem, undefined).certificate).toBeUndefined();
    expect(() => parse('nonsense', pair.keyPem)).toThrow(
      'invalid certificate in header Clusternet-Certificate: ',
    );
    expect(() => parse(pair.certPem, 'nonsense')).toThrow(
      'invalid private key in header Clusternet-PrivateKey: ',
    );
    expect(() => parse(pair.certPem, other.keyPem)).toThrow('invalid key pair in header: ');
  });

  it('tells credentials apart', () => {
    const extras: Record<string, string[]>[] = [
      {},
      { 'clusternet-token': ['a'] },
      { 'clusternet-token': ['b'] },
    ];
    const prints = extras.map((extra) => parseChildCredential(request({}, extra)).fingerprint);
    expect(new Set(prints).size).toBe(3);
    expect(prints.join()).not.toContain('Bearer');
  });
});
