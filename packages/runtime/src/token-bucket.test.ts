import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from './fake-clock.ts';
import { createTokenBucket } from './token-bucket.ts';

describe('createTokenBucket', () => {
  it('lets a burst through, then spaces by the rate', () => {
    const bucket = createTokenBucket(createFakeClock(), { perSecond: 10, burst: 2 });
    expect([bucket.take(), bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 100, 200]);
  });

  it('fills up again with time, never above the burst', async () => {
    const clock = createFakeClock();
    const bucket = createTokenBucket(clock, { perSecond: 10, burst: 2 });
    bucket.take();
    bucket.take();
    await clock.advance(60_000);
    expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 100]);
  });

  it('takes back what was not used', () => {
    const bucket = createTokenBucket(createFakeClock(), { perSecond: 10, burst: 1 });
    bucket.take();
    bucket.giveBack();
    expect(bucket.take()).toBe(0);
  });

  it('never lets more through in any stretch than the burst and what came back meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 30 }),
        async (gaps) => {
          const clock = createFakeClock();
          const bucket = createTokenBucket(clock, { perSecond: 10, burst: 5 });
          const usedAt: number[] = [];
          for (const gap of gaps) {
            await clock.advance(gap);
            usedAt.push(clock.monotonicMs() + bucket.take());
          }
          usedAt.forEach((from, start) => {
            usedAt.slice(start).forEach((to, index) => {
              expect(index + 1).toBeLessThanOrEqual(5 + ((to - from) / 1000) * 10 + 1 + 1e-6);
            });
          });
        },
      ),
      { numRuns: 30 },
    );
  });
});
