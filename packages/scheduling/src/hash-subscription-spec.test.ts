import type { SubscriptionSpec } from '@clusternet/api-types';
import { applyDefaults } from '@clusternet/api-types';
import { describe, expect, it } from 'vitest';
import { hashSubscriptionSpec } from './hash-subscription-spec.ts';

function withDefaults(spec: SubscriptionSpec): SubscriptionSpec {
  return applyDefaults({
    apiVersion: 'apps.clusternet.io/v1alpha1',
    kind: 'Subscription',
    metadata: {},
    spec,
  }).spec;
}

const byId = (id: string): SubscriptionSpec['subscribers'][number]['clusterAffinity'] => ({
  matchLabels: { 'clusters.clusternet.io/cluster-id': id },
});

describe('hashSubscriptionSpec', () => {
  it('is what Go computes for its own test', () => {
    const spec: SubscriptionSpec = {
      feeds: [{ name: 'bar', namespace: 'foo', apiVersion: 'abc.com/v1', kind: 'Demo' }],
      subscribers: [{ clusterAffinity: { matchLabels: { 'cluster-name': 'abc' } } }],
      schedulingStrategy: 'Replication',
      schedulerName: 'default',
    };
    expect(hashSubscriptionSpec(spec)).toBe(2608449479);
    const { feeds, subscribers, ...rest } = spec;
    expect(hashSubscriptionSpec({ ...rest, subscribers, feeds })).toBe(2608449479);
  });

  it('is what Go computes for the app-demo of the README', () => {
    const spec: SubscriptionSpec = {
      subscribers: [{ clusterAffinity: byId('dc91021d-2361-4f6d-a404-7c33b9e01118') }],
      feeds: [
        { apiVersion: 'apps.clusternet.io/v1alpha1', kind: 'HelmChart', name: 'mysql', namespace: 'default' },
        { apiVersion: 'v1', kind: 'Namespace', name: 'foo' },
        { apiVersion: 'v1', kind: 'Service', name: 'my-nginx-svc', namespace: 'foo' },
        { apiVersion: 'apps/v1', kind: 'Deployment', name: 'my-nginx', namespace: 'foo' },
      ],
    };
    expect(hashSubscriptionSpec(withDefaults(spec))).toBe(2822916576);
  });

  it('is what Go computes for the static dividing example', () => {
    const spec: SubscriptionSpec = {
      subscribers: [
        { clusterAffinity: byId('dc91021d-2361-4f6d-a404-7c33b9e01118'), weight: 1 },
        { clusterAffinity: byId('5f9da921-0437-4fea-a89d-42aa1ede9b25'), weight: 2 },
      ],
      schedulingStrategy: 'Dividing',
      dividingScheduling: { type: 'Static' },
      feeds: [
        { apiVersion: 'v1', kind: 'Namespace', name: 'bar' },
        { apiVersion: 'v1', kind: 'Service', name: 'my-nginx-svc', namespace: 'bar' },
        { apiVersion: 'apps/v1', kind: 'Deployment', name: 'my-nginx', namespace: 'bar' },
      ],
    };
    expect(hashSubscriptionSpec(withDefaults(spec))).toBe(825616919);
  });

  it('tells a pointer to zero from nothing, and nothing from an empty list', () => {
    const spec: SubscriptionSpec = { subscribers: [], feeds: [] };
    const hash = hashSubscriptionSpec(spec);
    expect(hashSubscriptionSpec({ ...spec, priority: 0 })).not.toBe(hash);
    expect(hashSubscriptionSpec({ ...spec, schedulingBySubGroup: false })).not.toBe(hash);
    expect(hashSubscriptionSpec({ ...spec, schedulerName: '', clusterTolerations: [] })).toBe(hash);
  });
});
