import { describe, expect, it } from 'vitest';
import { signDetachedJws, verifyDetachedJws } from './detached-jws.ts';

const text = 'apiVersion: v1\nkind: Config\n';
const secret = 'f395accd246ae52d';
const jws = signDetachedJws(text, '07401b', secret);
const [header = '', , signature = ''] = jws.split('.');
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a detached JWS', () => {
  it('vouches for its text', () => {
    expect(verifyDetachedJws(text, jws, '07401b', secret)).toBe(true);
  });

  it.each([
    { why: 'another text', of: `${text}x`, by: jws },
    { why: 'another token', of: text, by: signDetachedJws(text, '07401b', 'a395accd246ae52d') },
    { why: 'another id', of: text, by: signDetachedJws(text, '07401c', secret) },
    { why: 'a payload within', of: text, by: `${header}.${encode(text)}.${signature}` },
    { why: 'another algorithm', of: text, by: `${encode({ alg: 'none', kid: '07401b' })}..` },
    { why: 'no signature', of: text, by: `${header}..` },
    { why: 'more parts', of: text, by: `${jws}.x` },
    { why: 'a head that is none', of: text, by: `x..${signature}` },
    { why: 'nothing', of: text, by: '' },
  ])('does not vouch for $why', ({ of, by }) => {
    expect(verifyDetachedJws(of, by, '07401b', secret)).toBe(false);
  });
});
