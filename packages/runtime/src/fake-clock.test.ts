import { describe, expect, it } from 'vitest';
import { createFakeClock, createFakeRandom } from './fake-clock.ts';

describe('createFakeClock', () => {
  it('runs what falls due in order of time, then of asking', async () => {
    const clock = createFakeClock();
    const seen: string[] = [];
    clock.schedule(20, () => seen.push('late'));
    clock.schedule(10, () => seen.push('first'));
    clock.schedule(10, () => seen.push('second'));
    await clock.advance(15);
    expect(seen).toEqual(['first', 'second']);
    await clock.advance(5);
    expect(seen).toEqual(['first', 'second', 'late']);
  });

  it('runs timers that a timer or a promise behind it starts within the same stretch', async () => {
    const clock = createFakeClock();
    const times: number[] = [];
    const run = async (): Promise<void> => {
      for (let round = 0; round < 3; round += 1) {
        await clock.sleep(10);
        times.push(clock.monotonicMs());
      }
    };
    void run();
    await clock.advance(35);
    expect(times).toEqual([10, 20, 30]);
    expect(clock.monotonicMs()).toBe(35);
  });

  it('cancels, and forgets a sleeper whose signal aborts', async () => {
    const clock = createFakeClock();
    const controller = new AbortController();
    const slept = clock.sleep(10, controller.signal);
    clock.schedule(10, () => expect.fail('cancelled'))();
    controller.abort();
    await expect(slept).resolves.toBe(false);
    expect(clock.pending()).toBe(0);
    await expect(clock.sleep(10, controller.signal)).resolves.toBe(false);
  });

  it('moves both times alike', async () => {
    const clock = createFakeClock(1000);
    await clock.advance(5);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([1005, 5]);
  });
});

describe('createFakeRandom', () => {
  it('gives the same numbers in every run, and others for another seed', () => {
    const draw = (seed: number): number[] => {
      const random = createFakeRandom(seed);
      return [random.next(), random.next(), ...random.bytes(2)];
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(createFakeRandom().uuid()).toMatch(/^[0-9a-f-]{36}$/);
  });
});
