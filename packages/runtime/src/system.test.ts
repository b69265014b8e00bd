import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { noMetrics, silentLogger, systemClock, systemRandom } from './system.ts';

describe('systemClock', () => {
  it('sleeps, and says that it slept to the end', async () => {
    await expect(systemClock.sleep(1)).resolves.toBe(true);
  });

  it('wakes at once when the signal aborts, leaving no listener', async () => {
    const controller = new AbortController();
    const slept = systemClock.sleep(60_000, controller.signal);
    controller.abort();
    await expect(slept).resolves.toBe(false);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('does not sleep for a signal that has aborted already', async () => {
    await expect(systemClock.sleep(60_000, AbortSignal.abort())).resolves.toBe(false);
  });

  it('leaves no listener after sleeping to the end', async () => {
    const controller = new AbortController();
    await systemClock.sleep(1, controller.signal);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('does not fire a timer of 60 days at once', () => {
    vi.useFakeTimers();
    try {
      const days = 24 * 3_600_000;
      let fired = 0;
      systemClock.schedule(60 * days, () => (fired += 1));
      vi.advanceTimersByTime(59 * days);
      expect(fired).toBe(0);
      vi.advanceTimersByTime(2 * days);
      expect(fired).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it('cancels a long timer in its second leg too', () => {
    vi.useFakeTimers();
    try {
      const cancel = systemClock.schedule(2 ** 32, () => expect.fail('fired'));
      vi.advanceTimersByTime(2 ** 31);
      cancel();
      vi.advanceTimersByTime(2 ** 33);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('never goes back', () => {
    const first = systemClock.monotonicMs();
    expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(first);
    expect(Math.abs(systemClock.nowMs() - Date.now())).toBeLessThan(1000);
  });
});

describe('systemRandom', () => {
  it('stays in its range and gives what it is asked for', () => {
    for (let round = 0; round < 100; round += 1) {
      const value = systemRandom.next();
      expect(value >= 0 && value < 1).toBe(true);
    }
    expect(systemRandom.bytes(7)).toHaveLength(7);
    expect(systemRandom.uuid()).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });
});

describe('the adapters that do nothing', () => {
  it('take everything', () => {
    const log = silentLogger.child({ a: 1 });
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level]('nothing', { b: 2 });
    noMetrics.counter({ name: 'a_total', help: '' }).add();
    noMetrics.gauge({ name: 'b_keys', help: '' }).set(1);
    noMetrics.gauge({ name: 'b_keys', help: '' }).add(1);
    noMetrics.histogram({ name: 'c_seconds', help: '' }).observe(1);
    expect(log).toBe(silentLogger);
  });
});
