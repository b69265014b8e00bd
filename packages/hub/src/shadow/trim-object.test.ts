import { cloneJson } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { trimObject } from './trim-object.ts';

function trimmed(object: KubeObject): KubeObject {
  const copy = cloneJson(object);
  trimObject(copy);
  return copy;
}

function service(spec: Record<string, unknown>): KubeObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec };
}

describe('trimObject', () => {
  it('takes out what the system says of an object, and keeps its uid', () => {
    const metadata = {
      name: 'web',
      uid: 'u',
      generation: 3,
      resourceVersion: '7',
      creationTimestamp: '2026-01-01T00:00:00Z',
      managedFields: [{}],
      labels: { a: 'b' },
    };
    const given = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: {}, status: { replicas: 1 } };
    expect(trimmed(given)).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', uid: 'u', labels: { a: 'b' } },
      spec: {},
    });
  });

  it.each([
    {
      why: 'an address that was given out',
      spec: { type: 'ClusterIP', clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv4'] },
      want: { type: 'ClusterIP', ipFamilies: ['IPv4'] },
    },
    {
      why: 'none of a headless service',
      spec: { type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'] },
      want: { type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'] },
    },
    {
      why: 'ports of nodes',
      spec: {
        type: 'LoadBalancer',
        clusterIP: '10.0.0.1',
        healthCheckNodePort: 30_001,
        ports: [{ port: 80, nodePort: 30_000 }],
      },
      want: { type: 'LoadBalancer', ports: [{ port: 80 }] },
    },
    { why: 'nothing where no type is', spec: { clusterIP: '10.0.0.1' }, want: { clusterIP: '10.0.0.1' } },
  ])('of a Service: $why', ({ spec, want }) => {
    expect(trimmed(service(spec))['spec']).toEqual(want);
  });

  it('of a Job: what ties its pods to this one, but not the old label with its name', () => {
    const labels = {
      'controller-uid': 'u',
      'batch.kubernetes.io/controller-uid': 'u',
      'batch.kubernetes.io/job-name': 'once',
      'job-name': 'once',
    };
    const spec = {
      selector: {
        matchLabels: { 'controller-uid': 'u', 'batch.kubernetes.io/controller-uid': 'u', mine: '1' },
      },
      template: { metadata: { creationTimestamp: null, labels }, spec: {} },
    };
    expect(trimmed({ apiVersion: 'batch/v1', kind: 'Job', metadata: {}, spec })['spec']).toEqual({
      selector: { matchLabels: { mine: '1' } },
      template: { metadata: { labels: { 'job-name': 'once' } }, spec: {} },
    });
  });

  it('leaves a kind of the same name in another group alone', () => {
    const given = { ...service({ type: 'ClusterIP', clusterIP: '1' }), apiVersion: 'serving.example.com/v1' };
    expect(trimmed(given)).toEqual(given);
  });
});
