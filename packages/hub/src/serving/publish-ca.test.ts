import { describe, expect, it } from 'vitest';
import { planPublication } from './publish-ca.ts';
import type { ApiService } from './publish-ca.ts';

const service = { namespace: 'clusternet-system', name: 'clusternet-hub' };

function apiService(spec: ApiService['spec']): ApiService {
  const metadata = { name: 'v1alpha1.proxies.clusternet.io' };
  return { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata, ...(spec && { spec }) };
}

describe('planPublication', () => {
  it.each([
    { why: 'publishes where there is none', spec: { service }, want: 'publish' },
    { why: 'publishes in place of another', spec: { service, caBundle: 'b2xk' }, want: 'publish' },
    { why: 'leaves what is right', spec: { service, caBundle: 'Y2E=' }, want: 'is-published' },
    {
      why: 'leaves what was told not to verify, as the Go manifests do',
      spec: { service, insecureSkipTLSVerify: true },
      want: 'is-unverified',
    },
    {
      why: 'leaves what is served elsewhere',
      spec: { service: { ...service, namespace: 'other' } },
      want: 'is-foreign',
    },
    { why: 'leaves what kube-apiserver serves itself', spec: { service: null }, want: 'is-foreign' },
    { why: 'leaves what says nothing', spec: undefined, want: 'is-foreign' },
  ])('$why', ({ spec, want }) => {
    expect(planPublication(apiService(spec), 'clusternet-system', 'Y2E=')).toBe(want);
  });
});
