import { describe, expect, it } from 'vitest';
import { readRegistration } from './registration.ts';

const secret = (data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace: 'capi-system', name: 'clusternet-cluster-api' },
  data: Object.fromEntries(
    Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  ),
});
const whole = { parentURL: 'https://10.0.0.1:6443', regToken: 'abcdef.0123456789abcdef' };

describe('readRegistration', () => {
  it('reads what Go has there, and a CA', () => {
    expect(readRegistration(secret({ ...whole, image: 'agent:v1\n', parentCA: 'PEM' }))).toEqual({
      parentUrl: whole.parentURL,
      token: whole.regToken,
      parentCaPem: 'PEM',
      image: 'agent:v1',
    });
    expect(readRegistration(secret(whole))).toEqual({
      parentUrl: whole.parentURL,
      token: whole.regToken,
      parentCaPem: undefined,
    });
  });

  it.each([
    ['is missing', undefined, 'there is no Secret capi-system/clusternet-cluster-api'],
    ['has no URL', secret({ regToken: 'x' }), 'parentURL of Secret'],
    ['has another URL', secret({ ...whole, parentURL: 'http://plain' }), 'parentURL of Secret'],
    ['has no token', secret({ ...whole, regToken: ' \n' }), 'regToken of Secret'],
  ])('says so where it %s, and never the token', (_why, given, want) => {
    const message = readRegistration(given);
    expect(message).toContain(want);
    expect(message).not.toContain(whole.regToken);
  });
});
