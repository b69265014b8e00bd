import { createKubeClient } from '@clusternet/client';
import { createFakeApi } from '@clusternet/client/fakes';
import type { FakeApi } from '@clusternet/client/fakes';
import { aborted, silentLogger } from '@clusternet/runtime';
import type { Clock } from '@clusternet/runtime';
import { createFakeClock, createFakeRandom } from '@clusternet/runtime/fakes';
import type { FakeClock } from '@clusternet/runtime/fakes';
import { runLeaderElection } from '../leader-election.ts';
import type { LeaderElectionOptions, Lease } from '../leader-election.ts';

export const leasePath = '/apis/coordination.k8s.io/v1/namespaces/sys/leases/lock';
const ref = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

/** What happens to a candidate's requests. */
export type Fault =
  /** The server does it, but the answer never comes. */
  'answer-lost' | 'down' | 'hangs' | 'none';

export interface Candidate {
  readonly name: string;
  fault: Fault;
  stop(): Promise<void>;
  /** Starts again after `stop`. */
  start(): void;
}

/** Candidates for one Lease, each with its own idea of the time of day, on one clock that the test moves. */
export interface LeaseRace {
  readonly api: FakeApi;
  readonly clock: FakeClock;
  readonly candidates: readonly Candidate[];
  /** Who leads now. */
  readonly leaders: ReadonlySet<string>;
  /** The most that led at once, so far. */
  most(): number;
  lease(): Lease | undefined;
  /** Stops all. */
  end(): Promise<void>;
}

export function createLeaseRace(count: number, options: Partial<LeaderElectionOptions> = {}): LeaseRace {
  const api = createFakeApi();
  const clock = createFakeClock();
  const leaders = new Set<string>();
  let most = 0;
  const candidates = Array.from({ length: count }, (_, index): Candidate => {
    const name = `c${index}`;
    const ownClock: Clock = { ...clock, nowMs: () => clock.nowMs() + index * 3_600_000 };
    let controller = new AbortController();
    let running: Promise<void> = Promise.resolve();
    const client = createKubeClient({
      ...api.transport,
      request: async (request, signal) => {
        switch (candidate.fault) {
          case 'none':
            return api.transport.request(request, signal);
          case 'down':
            throw new Error('down');
          case 'answer-lost':
            await api.transport.request(request, signal);
            break;
          case 'hangs':
            break;
        }
        await aborted(signal ?? AbortSignal.abort());
        throw signal?.reason;
      },
    });
    const candidate: Candidate = {
      name,
      fault: 'none',
      start: () => {
        controller = new AbortController();
        running = runLeaderElection(
          {
            leases: client.resource<Lease>(ref),
            clock: ownClock,
            random: createFakeRandom(index),
            log: silentLogger,
          },
          { namespace: 'sys', name: 'lock', identity: name, ...options },
          async (signal) => {
            leaders.add(name);
            most = Math.max(most, leaders.size);
            await aborted(signal);
            leaders.delete(name);
          },
          controller.signal,
        );
      },
      stop: async () => {
        controller.abort();
        if (candidate.fault !== 'none') candidate.fault = 'down'; // a hanging release would take real seconds
        await running;
      },
    };
    candidate.start();
    return candidate;
  });
  return {
    api,
    clock,
    candidates,
    leaders,
    most: () => most,
    lease: () => api.store.get(leasePath),
    end: async () => {
      await Promise.all(candidates.map((candidate) => candidate.stop()));
    },
  };
}
