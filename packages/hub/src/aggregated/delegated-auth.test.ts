import { createAttributes, parseRequestInfo } from '@clusternet/apiserver';
import type { AuthorizationAttributes, UserInfo } from '@clusternet/apiserver';
import type { KubeClient, RestRequest } from '@clusternet/client';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import { createCa } from '@clusternet/pki';
import { createFakeClock } from '@clusternet/runtime/fakes';
import { beforeEach, describe, expect, it } from 'vitest';
import { createAccessReviewAuthorizer, createReviewSpec } from './access-review.ts';
import { createExpiringCache } from './expiring-cache.ts';
import { parseTrust } from './front-proxy.ts';
import { createTokenReviewVerifier } from './token-review.ts';

const signal = new AbortController().signal;
let clock = createFakeClock();
beforeEach(() => {
  clock = createFakeClock();
});

/** A parent that answers reviews as the test says. */
function createParent(answer: (spec: JsonObject) => JsonValue) {
  const asked: JsonObject[] = [];
  const rawJson = (request: RestRequest): Promise<JsonValue> => {
    const spec = (request.body as { spec: JsonObject }).spec;
    asked.push(spec);
    return Promise.resolve().then(() => ({ status: answer(spec) }));
  };
  return { asked, client: { rawJson } satisfies Pick<KubeClient, 'rawJson'> };
}

describe('createTokenReviewVerifier', () => {
  it('asks the parent once in ten seconds, for good tokens and bad ones', async () => {
    const { asked, client } = createParent(({ token }) =>
      token === 'good'
        ? {
            authenticated: true,
            user: { username: 'jane', uid: '7', groups: ['dev'], extra: { Scopes: ['view'] } },
          }
        : { authenticated: false, error: 'no' },
    );
    const verify = createTokenReviewVerifier({ client, clock });
    const want = { name: 'jane', uid: '7', groups: ['dev'], extra: new Map([['scopes', ['view']]]) };
    expect(
      await Promise.all([verify('good', signal), verify('good', signal), verify('bad', signal)]),
    ).toEqual([want, want, undefined]);
    await clock.advance(9999);
    await verify('good', signal);
    expect(asked).toHaveLength(2);
    await clock.advance(1);
    await verify('good', signal);
    expect(asked).toHaveLength(3);
  });

  it('keeps no failure of the parent', async () => {
    let isDown = true;
    const { client } = createParent(() => {
      if (isDown) throw new Error('down');
      return { authenticated: true, user: { username: 'jane' } };
    });
    const verify = createTokenReviewVerifier({ client, clock });
    await expect(verify('t', signal)).rejects.toThrow('down');
    isDown = false;
    expect((await verify('t', signal))?.name).toBe('jane');
  });
});

const user = (extra: Record<string, string[]> = {}): UserInfo => ({
  name: 'jane',
  groups: ['dev'],
  extra: new Map(Object.entries(extra)),
});
const attributes = (method: string, path: string, given: UserInfo = user()): AuthorizationAttributes =>
  createAttributes(given, parseRequestInfo(method, path, new URLSearchParams()));

const SOCKETS = '/apis/proxies.clusternet.io/v1alpha1/sockets';

describe('createAccessReviewAuthorizer', () => {
  it.each([
    ['GET', `${SOCKETS}/c-1`, 'get', ''],
    ['HEAD', `${SOCKETS}/c-1/proxy/direct/api`, 'get', 'proxy'],
    ['POST', `${SOCKETS}/c-1/proxy/direct/api/v1/pods`, 'create', 'proxy'],
    ['PUT', `${SOCKETS}/c-1/proxy/direct/x`, 'update', 'proxy'],
    ['PATCH', `${SOCKETS}/c-1/proxy/direct/x`, 'patch', 'proxy'],
    ['DELETE', `${SOCKETS}/c-1/proxy/direct/x`, 'delete', 'proxy'],
    ['OPTIONS', `${SOCKETS}/c-1/proxy/direct/x`, '', 'proxy'],
  ])('%s %s is verb "%s" of subresource "%s"', (method, path, verb, subresource) => {
    expect(createReviewSpec(attributes(method, path))['resourceAttributes']).toEqual({
      namespace: '',
      verb,
      group: 'proxies.clusternet.io',
      version: 'v1alpha1',
      resource: 'sockets',
      subresource,
      name: 'c-1',
    });
  });

  it('never sends the child credential to the parent', () => {
    const given = user({ 'clusternet-token': ['secret'], scopes: ['view'] });
    expect(createReviewSpec(attributes('GET', '/metrics', given))).toEqual({
      user: 'jane',
      groups: ['dev'],
      extra: { scopes: ['view'] },
      nonResourceAttributes: { path: '/metrics', verb: 'get' },
    });
    const impersonation: AuthorizationAttributes = {
      ...attributes('GET', '/apis/authentication.k8s.io/v1/userextras/secret'),
      verb: 'impersonate',
      subresource: 'clusternet-token',
    };
    expect(JSON.stringify(createReviewSpec(impersonation))).not.toContain('secret');
  });

  it('keeps allow and deny for ten seconds, and failures not at all', async () => {
    let status: JsonObject | undefined = { allowed: true };
    const { asked, client } = createParent(() => {
      if (status === undefined) throw new Error('down');
      return status;
    });
    const authorize = createAccessReviewAuthorizer({ client, clock });
    const ask = (path: string) => authorize(attributes('GET', path), signal);
    expect([(await ask('/a')).decision, (await ask('/a')).decision, asked.length]).toEqual([
      'allow',
      'allow',
      1,
    ]);
    status = { allowed: false, denied: true, reason: 'because' };
    expect(await ask('/b')).toEqual({ decision: 'deny', reason: 'because' });
    status = { allowed: false };
    expect((await ask('/c')).decision).toBe('no-opinion');
    status = undefined;
    await expect(ask('/d')).rejects.toMatchObject({ code: 'ServiceUnavailable' });
    status = { allowed: true };
    expect((await ask('/d')).decision).toBe('allow');
  });
});

describe('createExpiringCache', () => {
  it('forgets the oldest answer beyond its size', async () => {
    let loads = 0;
    const cache = createExpiringCache<number>(clock, { ttlMs: 1000, maxEntries: 2 });
    const get = (key: string): Promise<number> => cache.get(key, () => Promise.resolve((loads += 1)));
    for (const key of ['a', 'b', 'c', 'b', 'c']) await get(key);
    expect(loads).toBe(3);
    await get('a');
    expect(loads).toBe(4);
  });
});

describe('parseTrust', () => {
  it('reads what kube-apiserver writes', async () => {
    const [ca, proxyCa] = await Promise.all([
      createCa({ commonName: 'clients' }),
      createCa({ commonName: 'proxy' }),
    ]);
    const trust = parseTrust({
      'client-ca-file': ca.certPem,
      'requestheader-client-ca-file': proxyCa.certPem,
      'requestheader-allowed-names': '["front-proxy-client"]',
      'requestheader-username-headers': '["X-Remote-User"]',
      'requestheader-extra-headers-prefix': '["X-Custom-"]',
    });
    expect(trust.clientCas.map(({ subject }) => subject)).toEqual(['CN=clients']);
    expect(trust.requestHeader).toMatchObject({
      allowedNames: ['front-proxy-client'],
      usernameHeaders: ['x-remote-user'],
      groupHeaders: ['x-remote-group'],
      extraHeaderPrefixes: ['x-custom-'],
    });
  });

  it('trusts nobody to speak for others without a CA', () => {
    expect(parseTrust({})).toEqual({ clientCas: [], requestHeader: undefined });
    expect(() =>
      parseTrust({ 'requestheader-allowed-names': '"x"', 'requestheader-client-ca-file': '' }),
    ).not.toThrow();
  });
});
