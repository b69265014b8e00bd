import { createFakeRandom } from '@clusternet/runtime/fakes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertFaultSettings } from './fault-settings.ts';
import type { FaultRequest, FaultSettings, RequestFailure, RequestFault } from './fault-settings.ts';
import { planFault } from './plan-fault.ts';

const BUSY: RequestFailure = { kind: 'status', code: 429 };
const LOST: RequestFailure = { kind: 'cut', when: 'after' };

const request = (over: Partial<FaultRequest> = {}): FaultRequest => ({
  method: 'PUT',
  path: '/api/v1/namespaces/default/pods/web/status',
  verb: 'update',
  group: '',
  resource: 'pods',
  subresource: 'status',
  namespace: 'default',
  name: 'web',
  user: 'me',
  ...over,
});

const plan = (faults: readonly RequestFault[], draws: readonly number[] = [], over = {}) => {
  const rest = [...draws];
  return planFault(
    faults.map((fault) => ({ fault, left: fault.times ?? Infinity })),
    request(over),
    {
      next: () => {
        const drawn = rest.shift();
        if (drawn === undefined) throw new Error('more was drawn than the case says');
        return drawn;
      },
    },
  );
};

describe('planFault', () => {
  it.each<{ why: string; match: RequestFault['match']; want: boolean }>([
    { why: 'no match is for all', match: undefined, want: true },
    { why: 'an empty one too', match: {}, want: true },
    { why: 'a verb of several', match: { verbs: ['create', 'update'] }, want: true },
    { why: 'another verb', match: { verbs: ['create'] }, want: false },
    { why: 'the core group', match: { groups: [''] }, want: true },
    { why: 'another group', match: { groups: ['apps'] }, want: false },
    { why: 'a resource stands for its subresources', match: { resources: ['pods'] }, want: true },
    { why: 'a subresource', match: { resources: ['pods/status'] }, want: true },
    { why: 'another subresource', match: { resources: ['pods/log'] }, want: false },
    { why: 'a path by its beginning', match: { paths: ['/api/v1/namespaces/default/'] }, want: true },
    { why: 'another path', match: { paths: ['/apis/'] }, want: false },
    { why: 'a user', match: { users: ['me'] }, want: true },
    { why: 'another user', match: { users: ['you'] }, want: false },
    { why: 'every list has to fit', match: { verbs: ['update'], users: ['you'] }, want: false },
    { why: 'an empty list fits nothing', match: { verbs: [] }, want: false },
    { why: 'a function decides', match: ({ name }) => name === 'web', want: true },
  ])('matches: $why', ({ match, want }) => {
    const fault = { fail: BUSY, ...(match === undefined ? {} : { match }) };
    expect(plan([fault]).failure).toEqual(want ? BUSY : undefined);
  });

  it.each<{
    why: string;
    faults: readonly RequestFault[];
    draws?: readonly number[];
    want: readonly [number, RequestFailure | undefined, readonly number[]];
  }>([
    { why: 'nothing set, nothing happens', faults: [], want: [0, undefined, []] },
    { why: 'delays add up', faults: [{ latencyMs: 20 }, { latencyMs: 5 }], want: [25, undefined, [0, 1]] },
    {
      why: 'jitter goes both ways',
      faults: [
        { latencyMs: 20, jitterMs: 10 },
        { latencyMs: 20, jitterMs: 10 },
      ],
      draws: [0, 0.75],
      want: [10 + 25, undefined, [0, 1]],
    },
    {
      why: 'a delay is never below nothing',
      faults: [{ jitterMs: 10 }],
      draws: [0],
      want: [0, undefined, [0]],
    },
    {
      why: 'the first failure counts, later rules do not happen',
      faults: [{ fail: LOST }, { fail: BUSY, latencyMs: 5 }],
      want: [0, LOST, [0]],
    },
    {
      why: 'a failure comes after the delays before it',
      faults: [{ latencyMs: 5 }, { fail: BUSY, latencyMs: 2 }],
      want: [7, BUSY, [0, 1]],
    },
    {
      why: 'the rate is a share',
      faults: [{ rate: 0.1, fail: BUSY }],
      draws: [0.099],
      want: [0, BUSY, [0]],
    },
    {
      why: 'and what is drawn at it does not happen',
      faults: [{ rate: 0.1, latencyMs: 9, fail: BUSY }],
      draws: [0.1],
      want: [0, undefined, []],
    },
    { why: 'a rate of 1 draws nothing', faults: [{ rate: 1, fail: BUSY }], want: [0, BUSY, [0]] },
    {
      why: 'a rate of 0 never happens',
      faults: [{ rate: 0, fail: BUSY }],
      draws: [0],
      want: [0, undefined, []],
    },
  ])('$why', ({ faults, draws, want: [delayMs, failure, happened] }) => {
    expect(plan(faults, draws)).toEqual({ delayMs, failure, happened });
  });

  it('does not happen once nothing of it is left', () => {
    const fault = { fail: BUSY, times: 1 };
    expect(planFault([{ fault, left: 0 }], request(), createFakeRandom()).failure).toBeUndefined();
  });

  it('asks a function only for rules that are not used up', () => {
    const fault: RequestFault = {
      match: () => {
        throw new Error('asked');
      },
    };
    expect(planFault([{ fault, left: 0 }], request(), createFakeRandom()).happened).toEqual([]);
  });

  it('delays within the bounds of the rules', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            latencyMs: fc.nat(1000),
            jitterMs: fc.nat(1000),
            rate: fc.float({ min: 0, max: 1, noNaN: true }),
          }),
        ),
        fc.integer(),
        (faults, seed) => {
          const active = faults.map((fault) => ({ fault, left: Infinity }));
          const { delayMs, failure } = planFault(active, request(), createFakeRandom(seed));
          const most = faults.reduce((sum, { latencyMs, jitterMs }) => sum + latencyMs + jitterMs, 0);
          expect(delayMs).toBeGreaterThanOrEqual(0);
          expect(delayMs).toBeLessThanOrEqual(most);
          expect(failure).toBeUndefined();
        },
      ),
    );
  });
});

describe('assertFaultSettings', () => {
  it.each<{ why: FaultSettings; want: string }>([
    { why: { requests: [{ rate: 1.1 }] }, want: 'rate goes from 0 to 1, not 1.1' },
    { why: { requests: [{ rate: NaN }] }, want: 'rate goes from 0 to 1, not NaN' },
    { why: { requests: [{ times: 0 }] }, want: 'times is a whole number from 1, not 0' },
    { why: { requests: [{ times: 1.5 }] }, want: 'times is a whole number from 1, not 1.5' },
    { why: { requests: [{ latencyMs: -1 }] }, want: 'latencyMs is a number from 0, not -1' },
    { why: { requests: [{ jitterMs: Infinity }] }, want: 'jitterMs is a number from 0, not Infinity' },
    { why: { watches: { everyMs: 0 } }, want: 'everyMs is a number from 1, not 0' },
  ])('refuses $why', ({ why, want }) => {
    expect(() => assertFaultSettings(why)).toThrow(new RangeError(want));
  });

  it('takes what is in range', () => {
    assertFaultSettings({ requests: [{ rate: 0, times: 1, latencyMs: 0 }], watches: { everyMs: 1 } });
  });
});
