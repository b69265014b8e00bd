import { describe, expect, it } from 'vitest';
import { createV2Limits } from './limits.ts';
import { ReceiveWindow, WindowBudget } from './receive-window.ts';

const KIB = 1024;

/** The windows after each of several rounds in which half a window, or what is granted, comes and is read. */
function grow(rounds: number, options: { roundTripMs?: number; roundMs: number }): number {
  const budget = new WindowBudget(createV2Limits());
  if (options.roundTripMs !== undefined) budget.observeRoundTrip(options.roundTripMs);
  const window = new ReceiveWindow(budget, 256 * KIB);
  for (let round = 0; round < rounds; round += 1) {
    budget.nowMs += options.roundMs;
    const bytes = Math.ceil(window.grantedBytes / 2);
    window.receive(bytes);
    window.read(bytes);
    window.grant();
  }
  return window.grantedBytes;
}

describe('ReceiveWindow', () => {
  it.each([
    {
      why: 'grows on a long way, as far as it may',
      given: { roundTripMs: 100, roundMs: 50 },
      want: 4096 * KIB,
    },
    {
      why: 'stays where the way is short and the reader the limit',
      given: { roundTripMs: 0, roundMs: 3 },
      want: 256 * KIB,
    },
    {
      why: 'grows for whoever keeps up while the way is not known',
      given: { roundMs: 1000 },
      want: 4096 * KIB,
    },
  ])('$why', ({ given, want }) => {
    expect(grow(20, given)).toBe(want);
  });

  it('goes by the best round trip lately: what waits in front of an answer is not the way', () => {
    const budget = new WindowBudget(createV2Limits());
    for (const ms of [20, 500, 500]) budget.observeRoundTrip(ms);
    expect(budget.roundTripMs).toBeLessThan(90);
    for (let count = 0; count < 200; count += 1) budget.observeRoundTrip(500);
    expect(budget.roundTripMs).toBeGreaterThan(490);
    budget.observeRoundTrip(20);
    expect(budget.roundTripMs).toBe(20);
  });
});
