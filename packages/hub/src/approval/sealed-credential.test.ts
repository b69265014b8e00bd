import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { describe, expect, it } from 'vitest';
import { planCredential } from './sealed-credential.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = Date.UTC(2026, 0, 1);

function request(annotations: Record<string, string>): ClusterRegistrationRequest {
  return {
    apiVersion: 'clusters.clusternet.io/v1beta1',
    kind: 'ClusterRegistrationRequest',
    metadata: { name: 'clusternet-x', annotations },
  };
}

const key = { 'clusters.clusternet.io/credential-key': 'a-key' };
const sealed = (leftMs: number): Record<string, string> => ({
  ...key,
  'clusters.clusternet.io/sealed-credential': JSON.stringify({
    expires: new Date(NOW_MS + leftMs).toISOString(),
    box: 'x',
  }),
});

describe('planCredential', () => {
  it.each([
    { why: 'a request without a key is a Go agent’s', given: {}, want: { kind: 'plain' } },
    { why: 'a key and no credential', given: key, want: { kind: 'issue', publicKey: 'a-key' } },
    {
      why: 'a credential with two thirds of its life left',
      given: sealed(16 * HOUR_MS),
      want: { kind: 'fresh', requeueAfterMs: 8 * HOUR_MS, publicKey: 'a-key' },
    },
    {
      why: 'a credential with less than a third left',
      given: sealed(7 * HOUR_MS),
      want: { kind: 'issue', publicKey: 'a-key' },
    },
    { why: 'a credential that has run out', given: sealed(-1), want: { kind: 'issue', publicKey: 'a-key' } },
    {
      why: 'an annotation that somebody wrote by hand',
      given: { ...key, 'clusters.clusternet.io/sealed-credential': 'nonsense' },
      want: { kind: 'issue', publicKey: 'a-key' },
    },
  ])('$why', ({ given, want }) => {
    expect(planCredential(request(given), 24 * HOUR_MS, NOW_MS)).toEqual(want);
  });
});
