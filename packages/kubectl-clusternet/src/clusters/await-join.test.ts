import type { ClusterRegistrationRequest, ManagedCluster } from '@clusternet/api-types';
import { describe, expect, it } from 'vitest';
import { planJoinProgress } from './await-join.ts';
import { readJoinRequest } from './read-join-request.ts';

const request = (result?: string, errorMessage?: string) =>
  ({ spec: { clusterName: 'east' }, status: { result, errorMessage } }) as ClusterRegistrationRequest;
const cluster = (status?: string, message = '') =>
  ({
    metadata: { name: 'east' },
    status: { conditions: status === undefined ? [] : [{ type: 'Ready', status, message }] },
  }) as unknown as ManagedCluster;

describe('planJoinProgress', () => {
  it.each([
    { requests: [], clusters: [], kind: 'under way', says: 'has not asked yet' },
    { requests: [request()], clusters: [], kind: 'under way', says: '`kc accept east` lets it in' },
    { requests: [request('Approved')], clusters: [], kind: 'under way', says: 'east is let in' },
    { requests: [request('Denied', 'no')], clusters: [], kind: 'denied', says: 'east was turned away: no' },
    // An agent that was turned away before asks anew.
    { requests: [request('Denied', 'no'), request()], clusters: [], kind: 'under way', says: 'asks to join' },
    { requests: [], clusters: [cluster()], kind: 'under way', says: 'its agent has not reported yet' },
    { requests: [], clusters: [cluster('False', 'etcd')], kind: 'under way', says: 'east has joined: etcd' },
    { requests: [], clusters: [cluster('True')], kind: 'ready', says: 'east is ready' },
  ])('$kind: $says', ({ requests, clusters, kind, says }) => {
    const progress = planJoinProgress('east', requests, clusters, 'kc');
    expect(progress.kind).toBe(kind);
    expect(progress.says).toContain(says);
  });
});

describe('readJoinRequest', () => {
  it.each([
    ['a b', 'join takes one name'],
    ['A', 'join takes one name'],
    ['x'.repeat(31), 'at most 30 characters'],
    ['a --sync-mode Both', '--sync-mode takes Dual, Pull, Push, not "Both"'],
    ['a --hours 1000', '--hours takes up to 720, not "1000"'],
    ['--child-context x', 'join needs a name'],
    ['a --wait=soon', '--wait takes true or false, not "soon"'],
    ['a --now', 'join takes --sync-mode, --parent-url'],
  ])('%s makes no sense', (line, want) => {
    expect(() => readJoinRequest(line.split(' '), false)).toThrow(want);
  });
});
