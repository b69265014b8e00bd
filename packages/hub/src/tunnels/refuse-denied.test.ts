import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { createStore } from '@clusternet/controller-kit';
import { silentLogger } from '@clusternet/runtime';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDeniedRefusal } from './refuse-denied.ts';

const ID = 'dc91021d-2361-4f6d-a404-7c33b9e01118';
const NAME = `clusternet-${ID}`;

function requestOf(status: unknown, name = NAME, clusterId = ID): ClusterRegistrationRequest {
  const request = { metadata: { name, uid: name }, spec: { clusterId }, status };
  return request as unknown as ClusterRegistrationRequest; // what is read of one
}

const stalled = (reason: string) => ({ type: 'Stalled', status: 'True', reason });

function start(...present: ClusterRegistrationRequest[]) {
  const store = createStore<ClusterRegistrationRequest>(silentLogger);
  store.replace(present);
  const closed: string[] = [];
  const listeners = new Set<(clusterId: string) => void>();
  const registry = {
    disconnect: (clusterId: string) => closed.push(clusterId) > 0,
    onSession: (listener: (clusterId: string) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const stop = new AbortController();
  const run = createDeniedRefusal({ requests: { store }, registry, log: silentLogger })(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await run;
    expect(listeners.size).toBe(0);
  });
  return {
    closed,
    write: (request: ClusterRegistrationRequest) => store.upsert(request),
    open: (id: string) => listeners.forEach((tell) => tell(id)),
  };
}

describe('the tunnel of a cluster that is denied', () => {
  it.each([
    ['by an operator', { result: 'Denied', conditions: [stalled('DeniedByOperator')] }],
    ['because it was detached', { result: 'Denied', conditions: [stalled('Detached')] }],
    ['by hand, or by a Go hub', { result: 'Denied', errorMessage: 'no' }],
  ])('is closed at once when it is denied %s', (_by, status) => {
    const { closed, write } = start(requestOf({ result: 'Approved' }));
    expect(closed).toEqual([]);
    write(requestOf(status));
    expect(closed).toEqual([ID]);
  });

  it('is closed when it opens again, by an authorization from before', () => {
    const { closed, open } = start(requestOf({ result: 'Denied' }));
    expect(closed).toEqual([ID]);
    open(ID);
    open('another');
    expect(closed).toEqual([ID, ID]);
  });

  it('stays where a malformed request, which a stranger can make, was denied', () => {
    const { closed } = start(requestOf({ result: 'Denied', conditions: [stalled('Denied')] }));
    expect(closed).toEqual([]);
  });

  it('is found by the name of the request, not by what that says of itself', () => {
    const { closed } = start(requestOf({ result: 'Denied' }, 'clusternet-mine', ID));
    expect(closed).toEqual(['mine']);
  });
});
