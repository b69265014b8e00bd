import fc from 'fast-check';
import { createKubeClient } from '@clusternet/client';
import { createFakeApi } from '@clusternet/client/fakes';
import { silentLogger } from '@clusternet/runtime';
import { createFakeClock, createFakeRandom } from '@clusternet/runtime/fakes';
import { describe, expect, it } from 'vitest';
import { runLeaderElection } from './leader-election.ts';
import type { Lease } from './leader-election.ts';
import { createLeaseRace, leasePath } from './testing/lease-race.fixture.ts';
import type { Fault } from './testing/lease-race.fixture.ts';

describe('runLeaderElection', () => {
  it('makes one of several candidates the leader, and says so in the Lease as Go does', async () => {
    const race = createLeaseRace(3);
    await race.clock.advance(100);
    expect([...race.leaders]).toEqual(['c0']);
    expect(race.lease()?.spec).toEqual({
      holderIdentity: 'c0',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
    await race.clock.advance(60_000);
    expect([...race.leaders]).toEqual(['c0']);
    expect(race.lease()?.spec?.acquireTime).toBe('2026-01-01T00:00:00.000000Z');
    expect(race.lease()?.spec?.renewTime).not.toBe('2026-01-01T00:00:00.000000Z');
    await race.end();
    expect(race.clock.pending()).toBe(0);
  });

  it('gives the Lease back on a clean exit, so that the next need not wait', async () => {
    const race = createLeaseRace(2);
    await race.clock.advance(100);
    await race.candidates[0]?.stop();
    expect(race.lease()?.spec).toMatchObject({
      holderIdentity: '',
      leaseDurationSeconds: 1,
      leaseTransitions: 0,
    });
    await race.clock.advance(2500);
    expect([...race.leaders]).toEqual(['c1']);
    expect(race.lease()?.spec).toMatchObject({ holderIdentity: 'c1', leaseTransitions: 1 });
    await race.end();
  });

  it.each(['down', 'hangs', 'answer-lost'] satisfies Fault[])(
    'stops a leader whose renewals fail (%s) before anybody else starts',
    async (fault) => {
      const race = createLeaseRace(2);
      await race.clock.advance(100);
      const [first] = race.candidates;
      if (first !== undefined) first.fault = fault;
      await race.clock.advance(9000);
      expect([...race.leaders]).toEqual(['c0']);
      await race.clock.advance(5000);
      expect([...race.leaders]).toEqual([]);
      if (first !== undefined) first.fault = 'down';
      await race.clock.advance(20_000);
      expect([...race.leaders]).toEqual(['c1']);
      expect(race.most()).toBe(1);
      await race.end();
    },
  );

  it('stops at the deadline although a renewal that began in time is under way', async () => {
    const race = createLeaseRace(1);
    await race.clock.advance(100);
    const [first] = race.candidates;
    if (first !== undefined) first.fault = 'down';
    await race.clock.advance(7000);
    if (first !== undefined) first.fault = 'hangs';
    await race.clock.advance(3000);
    expect([...race.leaders]).toEqual([]);
    await race.end();
  });

  it('stops at once when it sees that another holds the Lease', async () => {
    const race = createLeaseRace(1);
    await race.clock.advance(100);
    const lease = race.lease();
    if (lease === undefined) throw new Error('no lease');
    race.api.store.put(leasePath, { ...lease, spec: { ...lease.spec, holderIdentity: 'someone' } });
    await race.clock.advance(2500);
    expect([...race.leaders]).toEqual([]);
    await race.clock.advance(14_000);
    expect([...race.leaders]).toEqual([]);
    await race.clock.advance(5000);
    expect([...race.leaders]).toEqual(['c0']);
    await race.end();
  });

  it('goes by what it saw on its own clock, not by the times in the Lease', async () => {
    const race = createLeaseRace(1);
    await race.end();
    const spec = {
      holderIdentity: 'someone',
      leaseDurationSeconds: 15,
      renewTime: '1999-01-01T00:00:00.000000Z',
      acquireTime: '1999-01-01T00:00:00.000000Z',
      leaseTransitions: 4,
    };
    race.api.store.put(leasePath, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace: 'sys', name: 'lock' },
      spec,
    });
    race.candidates[0]?.start();
    await race.clock.advance(14_900);
    expect([...race.leaders]).toEqual([]);
    await race.clock.advance(3000);
    expect([...race.leaders]).toEqual(['c0']);
    expect(race.lease()?.spec?.leaseTransitions).toBe(5);
    await race.end();
  });

  it('waits as long as the holder said, which may be longer than its own lease', async () => {
    const race = createLeaseRace(1);
    await race.end();
    const spec = { holderIdentity: 'slow', leaseDurationSeconds: 60, renewTime: 'x' };
    const metadata = { namespace: 'sys', name: 'lock' };
    race.api.store.put(leasePath, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec });
    race.candidates[0]?.start();
    await race.clock.advance(59_000);
    expect([...race.leaders]).toEqual([]);
    await race.clock.advance(4000);
    expect([...race.leaders]).toEqual(['c0']);
    await race.end();
  });

  it('refuses times with which two could lead', async () => {
    const api = createFakeApi();
    const deps = {
      leases: createKubeClient(api.transport).resource<Lease>({
        group: 'coordination.k8s.io',
        version: 'v1',
        kind: 'Lease',
        plural: 'leases',
        namespaced: true,
      }),
      clock: createFakeClock(),
      random: createFakeRandom(),
      log: silentLogger,
    };
    const options = {
      namespace: 'sys',
      name: 'lock',
      identity: 'a',
      leaseDurationMs: 5000,
      renewDeadlineMs: 9000,
    };
    const running = runLeaderElection(deps, options, () => Promise.resolve(), AbortSignal.timeout(50));
    await expect(running).rejects.toThrow(RangeError);
  });

  it.each([
    { why: 'later', lead: () => Promise.reject(new Error('broken')) },
    {
      why: 'at once',
      lead: () => {
        throw new Error('broken');
      },
    },
  ])('passes on what the work throws $why, after giving the Lease back', async ({ lead }) => {
    const race = createLeaseRace(0);
    const leases = createKubeClient(race.api.transport).resource<Lease>({
      group: 'coordination.k8s.io',
      version: 'v1',
      kind: 'Lease',
      plural: 'leases',
      namespaced: true,
    });
    const deps = { leases, clock: race.clock, random: createFakeRandom(), log: silentLogger };
    const options = { namespace: 'sys', name: 'lock', identity: 'a' };
    const running = runLeaderElection(deps, options, lead, new AbortController().signal);
    await expect(running).rejects.toThrow('broken');
    expect(race.lease()?.spec?.holderIdentity).toBe('');
    expect(race.clock.pending()).toBe(0);
  });
});

type Step =
  | { readonly kind: 'fault'; readonly who: number; readonly fault: Fault }
  | { readonly kind: 'start' | 'stop'; readonly who: number }
  | { readonly kind: 'wait'; readonly ms: number };

const who = fc.integer({ min: 0, max: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('fault' as const),
    who,
    fault: fc.constantFrom<Fault>('none', 'none', 'down', 'hangs', 'answer-lost'),
  }),
  fc.record({ kind: fc.constantFrom('start' as const, 'stop' as const), who }),
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
  },
);

describe('whatever happens to their requests', () => {
  it('never do two lead at once, and when all is well again one does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const race = createLeaseRace(3);
        const isStopped = new Set<number>();
        for (const now of steps) {
          const candidate = now.kind === 'wait' ? undefined : race.candidates[now.who];
          if (now.kind === 'wait') await race.clock.advance(now.ms);
          if (now.kind === 'fault' && candidate !== undefined) candidate.fault = now.fault;
          if (now.kind === 'stop' && !isStopped.has(now.who)) {
            isStopped.add(now.who);
            await candidate?.stop();
          }
          if (now.kind === 'start' && isStopped.delete(now.who)) candidate?.start();
          expect(race.leaders.size).toBeLessThanOrEqual(1);
        }
        for (const candidate of race.candidates) candidate.fault = 'none';
        for (const index of isStopped) race.candidates[index]?.start();
        // Requests that hang cost a round each, and rounds may meet: in some minutes one leads.
        for (let minute = 0; minute < 5 && race.leaders.size === 0; minute += 1)
          await race.clock.advance(60_000);
        expect(race.leaders.size).toBe(1);
        expect(race.most()).toBe(1);
        await race.end();
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});
