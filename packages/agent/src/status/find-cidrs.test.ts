import type { ListOptions } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import type { Child } from '../child.ts';
import { findCidrs, findFlag } from './find-cidrs.ts';

function pod(command: readonly string[], args: readonly string[] = []): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'sidecar' }, { name: 'main', command, args }] },
  };
}

describe('findFlag', () => {
  it.each([
    { why: 'in the command', given: pod(['x', '--cluster-cidr=10.0.0.0/8']), want: '10.0.0.0/8' },
    { why: 'in the arguments', given: pod(['x'], ['--cluster-cidr=10.0.0.0/8']), want: '10.0.0.0/8' },
    {
      why: 'in what a shell runs',
      given: pod(['/bin/sh', '-c'], ['exec kcm --v=2 --cluster-cidr=10.0.0.0/8 --x']),
      want: '10.0.0.0/8',
    },
    {
      why: 'A §11.2-25: as two arguments',
      given: pod(['x', '--cluster-cidr', '10.0.0.0/8']),
      want: '10.0.0.0/8',
    },
    { why: 'A §11.2-25: last, without a value', given: pod(['x', '--cluster-cidr']), want: undefined },
    {
      why: 'A §11.2-25: without a value, before another flag',
      given: pod(['x', '--cluster-cidr', '--v=2']),
      want: undefined,
    },
    { why: 'A §11.2-25: with a second =', given: pod(['--cluster-cidr=a=b']), want: 'a=b' },
    {
      why: 'A §11.2-25: behind a longer flag with the same beginning',
      given: pod(['--cluster-cidr-mask=24', '--cluster-cidr=10.0.0.0/8']),
      want: '10.0.0.0/8',
    },
    { why: 'empty', given: pod(['--cluster-cidr=']), want: undefined },
    {
      why: 'both families, word for word',
      given: pod(['--cluster-cidr=10.0.0.0/8,fd00::/48']),
      want: '10.0.0.0/8,fd00::/48',
    },
    { why: 'in a pod without a spec', given: { ...pod([]), spec: undefined }, want: undefined },
  ])('$why', ({ given, want }) => {
    expect(findFlag(given, '--cluster-cidr')).toBe(want);
  });
});

describe('findCidrs', () => {
  const find = (
    pods: Record<string, KubeObject[]>,
    fallback: { clusterCidr: string | undefined; serviceCidr: string | undefined },
  ) => {
    const list = ({ labelSelector = '' }: ListOptions) =>
      Promise.resolve({ items: pods[labelSelector] ?? [] });
    const child = { pods: { list } } as unknown as Pick<Child, 'pods'>;
    return findCidrs(child, fallback, AbortSignal.timeout(1000));
  };
  const none = { clusterCidr: undefined, serviceCidr: undefined };

  it('looks in the order of spec A §6.4', async () => {
    const pods = {
      'component=kube-apiserver': [pod(['--service-cluster-ip-range=10.1.0.0/16'])],
      'component=kube-controller-manager': [
        pod(['--service-cluster-ip-range=10.9.0.0/16', '--cluster-cidr=10.2.0.0/16']),
      ],
      'k8s-app=kube-proxy': [pod(['--cluster-cidr=10.9.0.0/16'])],
    };
    expect(await find(pods, none)).toEqual({ serviceCIDR: '10.1.0.0/16', clusterCIDR: '10.2.0.0/16' });
  });

  it('takes the environment only where the pods are silent', async () => {
    const fallback = { clusterCidr: '10.7.0.0/16', serviceCidr: '10.8.0.0/16' };
    const pods = { 'k8s-app=kube-proxy': [pod(['--cluster-cidr=10.2.0.0/16'])] };
    expect(await find(pods, fallback)).toEqual({ clusterCIDR: '10.2.0.0/16', serviceCIDR: '10.8.0.0/16' });
    expect(await find({}, none)).toEqual({});
  });
});
