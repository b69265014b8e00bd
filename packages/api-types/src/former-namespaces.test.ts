import { describe, expect, it } from 'vitest';
import type { ClusterRegistrationRequest } from './clusters.ts';
import { planFormerNamespaces, readFormerNamespaces } from './former-namespaces.ts';

function request(former?: string): ClusterRegistrationRequest {
  const annotations: Record<string, string> =
    former === undefined ? {} : { 'clusters.clusternet.io/former-namespaces': former };
  return {
    apiVersion: 'clusters.clusternet.io/v1beta1',
    kind: 'ClusterRegistrationRequest',
    metadata: { name: 'clusternet-x', annotations },
  };
}

describe('former namespaces', () => {
  it('reads none where there are none', () => {
    expect(readFormerNamespaces(request(), 'now')).toEqual([]);
    expect(readFormerNamespaces(request(''), 'now')).toEqual([]);
  });

  it('does not count the present one, which a cluster may have got back', () => {
    expect(readFormerNamespaces(request('a,now,b'), 'now')).toEqual(['a', 'b']);
  });

  it('adds the last one, once', () => {
    expect(planFormerNamespaces([], 'a')).toBe('a');
    expect(planFormerNamespaces(['a', 'b'], 'a')).toBe('b,a');
  });

  it('forgets the oldest beyond ten', () => {
    const many = Array.from({ length: 10 }, (_, index) => `n${index}`);
    expect(planFormerNamespaces(many, 'last').split(',')).toEqual([...many.slice(1), 'last']);
  });
});
