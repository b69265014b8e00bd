import { describe, expect, it } from 'vitest';
import { backoffMs, retry } from './backoff.ts';
import { createFakeClock, createFakeRandom } from './fake-clock.ts';

describe('backoffMs', () => {
  it.each([
    { failures: 0, random: 0.5, want: 0 },
    { failures: 1, random: 0, want: 250 },
    { failures: 3, random: 0, want: 1000 },
    { failures: 3, random: 1, want: 1300 },
    { failures: 99, random: 0, want: 30_000 },
  ])('after $failures failures with $random', ({ failures, random, want }) => {
    expect(backoffMs(failures, random)).toBe(want);
  });
});

describe('retry', () => {
  it('tries again after a growing wait and gives the result', async () => {
    const clock = createFakeClock();
    let tries = 0;
    const done = retry(
      { clock, random: createFakeRandom() },
      async () => {
        await Promise.resolve();
        tries += 1;
        if (tries < 3) throw new Error('not yet');
        return tries;
      },
      { baseMs: 10 },
      new AbortController().signal,
    );
    await clock.advance(1000);
    await expect(done).resolves.toBe(3);
    expect(clock.pending()).toBe(0);
  });

  it('passes on at once what no retry can mend', async () => {
    const clock = createFakeClock();
    const done = retry(
      { clock, random: createFakeRandom() },
      () => Promise.reject(new Error('for good')),
      { isRetryable: () => false },
      new AbortController().signal,
    );
    await expect(done).rejects.toThrow('for good');
  });

  it('stops after the tries it has, telling of each that is followed by another', async () => {
    const clock = createFakeClock();
    const told: number[] = [];
    const done = retry(
      { clock, random: createFakeRandom() },
      () => Promise.reject(new Error('again')),
      { attempts: 3, onRetry: (_error, failures) => told.push(failures) },
      new AbortController().signal,
    );
    const settled = expect(done).rejects.toThrow('again');
    await clock.advance(10_000);
    await settled;
    expect(told).toEqual([1, 2]);
  });

  it('gives the last error when the signal aborts while it waits', async () => {
    const clock = createFakeClock();
    const controller = new AbortController();
    const done = retry(
      { clock, random: createFakeRandom() },
      () => Promise.reject(new Error('down')),
      {},
      controller.signal,
    );
    const settled = expect(done).rejects.toThrow('down');
    await clock.advance(0);
    controller.abort();
    await settled;
    expect(clock.pending()).toBe(0);
  });
});
