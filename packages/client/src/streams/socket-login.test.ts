import { describe, expect, it } from 'vitest';
import { readLogin } from './socket-login.ts';

const bearer = { authorization: 'Bearer a+b/c?>' };

describe('readLogin', () => {
  it('leaves headers as they are where they can be set', () => {
    expect(readLogin(bearer, true)).toEqual({ headers: bearer, protocols: [] });
  });

  it('has a token travel as a protocol in browsers, in the alphabet of names', () => {
    expect(readLogin(bearer, false)).toEqual({
      headers: {},
      protocols: ['base64url.bearer.authorization.k8s.io.YStiL2M_Pg'],
    });
    expect(readLogin({}, false)).toEqual({ headers: {}, protocols: [] });
  });

  it.each([
    { why: 'whom to impersonate', headers: { ...bearer, 'impersonate-user': 'clusternet' } },
    { why: 'a password', headers: { authorization: 'Basic eDp5' } },
  ])('refuses $why, which cannot travel', ({ headers }) => {
    expect(() => readLogin(headers, false)).toThrow('a browser cannot open this stream');
  });
});
