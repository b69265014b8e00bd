import type { ManagedCluster } from '@clusternet/api-types';
import { ApiError } from '@clusternet/client';
import type { ApiErrorCode } from '@clusternet/client';
import { describe, expect, it } from 'vitest';
import type { Attempt } from './attempt.ts';
import { judgeCluster } from './judge-cluster.ts';
import type { ClusterEvidence } from './judge-cluster.ts';

const NOW_MS = Date.parse('2026-01-01T00:05:00Z');
const found: Attempt<string> = { kind: 'found', value: 'v1.36.0' };
const failed = (code: ApiErrorCode, message: string): Attempt<never> => ({
  kind: 'failed',
  error: new ApiError(code, message),
});

function judge(change: {
  ready?: { status: string; reason: string; message: string } | null;
  conditions?: readonly object[];
  metadata?: object;
  spec?: object;
  version?: ClusterEvidence['version'];
}) {
  const { ready = { status: 'True', reason: 'ManagedClusterReady', message: '' }, conditions = [] } = change;
  const cluster = {
    metadata: { name: 'east', ...change.metadata },
    spec: { ...change.spec },
    status: {
      lastObservedTime: '2026-01-01T00:00:00Z',
      conditions: [...(ready === null ? [] : [{ type: 'Ready', ...ready }]), ...conditions],
    },
  } as unknown as ManagedCluster;
  const evidence = { label: 'east', cluster, version: change.version ?? found, user: found };
  return judgeCluster(evidence, NOW_MS, 'kc').map(({ level, says }) => `${level}: ${says}`);
}

describe('judgeCluster', () => {
  it('has one line for a cluster that is well', () => {
    expect(judge({})).toEqual(['ok: agent and tunnel work, Kubernetes v1.36.0; you are v1.36.0 there']);
  });

  it.each([
    { why: 'never reported', ready: null, want: 'fail: its agent has joined and never reported' },
    {
      why: 'not well',
      ready: { status: 'False', reason: 'ManagedClusterNotReady', message: '/readyz failed etcd' },
      want: 'fail: its agent reports that it is not well: /readyz failed etcd',
    },
    {
      why: 'silent',
      ready: { status: 'Unknown', reason: 'ClusterStatusUnknown', message: 'no report' },
      want: 'fail: its agent is silent, and reported last 5m ago: no report',
    },
    {
      why: 'no tunnel',
      version: failed('BAD_REQUEST', 'whose agent is disconnected'),
      want: 'fail: there is no way into it: whose agent is disconnected',
    },
    {
      why: 'no right to try the tunnel',
      version: failed(
        'FORBIDDEN',
        'cannot get resource "sockets/proxy" in API group "proxies.clusternet.io"',
      ),
      want: 'skip: its tunnel cannot be tried, as you may not reach inside clusters',
    },
    {
      why: 'twice',
      conditions: [{ type: 'Duplicated', status: 'True', message: 'a and b' }],
      want: 'fail: two agents report as this cluster: a and b',
    },
    {
      why: 'leaving',
      metadata: { annotations: { 'clusters.clusternet.io/detach': 'Remove' } },
      want: 'warn: it is leaving the fleet: not begun yet',
    },
    {
      why: 'cordoned',
      spec: { taints: [{ key: 'clusters.clusternet.io/cordoned', effect: 'NoSchedule' }] },
      want: 'warn: it is cordoned',
    },
  ])('$why', ({ want, ...change }) => {
    expect(judge(change)).toEqual([want]);
  });

  it('takes the refusal of a child for a tunnel that works', () => {
    expect(judge({ version: failed('FORBIDDEN', 'system:anonymous cannot get /version') })).toEqual([
      'ok: agent and tunnel work, Kubernetes ; you are v1.36.0 there',
    ]);
  });
});
