import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { createSealKeys, sealText } from '@clusternet/pki';
import { describe, expect, it } from 'vitest';
import { readCredential } from './read-credential.ts';
import { renewalWaitMs } from './renew-credential.ts';

const keys = createSealKeys();

function request(sealed: string | undefined, token?: string): ClusterRegistrationRequest {
  const annotations: Record<string, string> =
    sealed === undefined ? {} : { 'clusters.clusternet.io/sealed-credential': sealed };
  return {
    apiVersion: 'clusters.clusternet.io/v1beta1',
    kind: 'ClusterRegistrationRequest',
    metadata: { name: 'clusternet-x', annotations },
    status: token === undefined ? {} : { token: Buffer.from(token).toString('base64') },
  };
}

function seal(publicKey: string): string {
  const expires = '2026-01-02T00:00:00Z';
  return JSON.stringify({
    expires,
    box: sealText(publicKey, JSON.stringify({ token: 'short-lived', expires })),
  });
}

describe('readCredential', () => {
  it('opens what is sealed to our key', () => {
    expect(readCredential(request(seal(keys.publicKey)), keys)).toEqual({
      token: 'short-lived',
      expiresMs: Date.UTC(2026, 0, 2),
    });
  });

  it('takes the plain token of a Go parent', () => {
    expect(readCredential(request(undefined, 'for ever'), keys)).toEqual({
      token: 'for ever',
      expiresMs: undefined,
    });
  });

  it('waits while there is none', () => {
    expect(readCredential(request(undefined), keys)).toBeUndefined();
  });

  it('says what to do when it is sealed to another key', () => {
    expect(() => readCredential(request(seal(createSealKeys().publicKey)), keys)).toThrow(
      /clusternet-x is sealed to the key of another agent; delete the request/,
    );
  });
});

describe('renewalWaitMs', () => {
  it.each([
    { why: 'half of what is left', left: 1000_000, want: 500_000 },
    { why: 'an hour at most', left: 24 * 3_600_000, want: 3_600_000 },
    { why: 'not in a hot loop once it has run out', left: -5, want: 5000 },
  ])('$why', ({ left, want }) => {
    expect(renewalWaitMs(1_000_000 + left, 1_000_000)).toBe(want);
  });

  it('looks hourly for what never runs out', () => {
    expect(renewalWaitMs(undefined, 0)).toBe(3_600_000);
  });
});
