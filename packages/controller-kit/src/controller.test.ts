import { ApiError } from '@clusternet/client';
import { aborted, noMetrics, silentLogger } from '@clusternet/runtime';
import { createFakeClock } from '@clusternet/runtime/fakes';
import type { FakeClock } from '@clusternet/runtime/fakes';
import { describe, expect, it } from 'vitest';
import { createController } from './controller.ts';
import type { ControllerDeps, ControllerOptions, Reconcile } from './controller.ts';
import { isTerminalError, TerminalError } from './errors.ts';
import { createWorkQueue } from './work-queue.ts';
import type { WorkQueue } from './work-queue.ts';

interface Running extends AsyncDisposable {
  readonly queue: WorkQueue;
  readonly clock: FakeClock;
}

function start(
  reconcile: Reconcile,
  options: Partial<ControllerOptions> = {},
  deps: Partial<ControllerDeps> = {},
): Running {
  const clock = createFakeClock();
  const queue = createWorkQueue(clock);
  const controller = new AbortController();
  const running = createController(
    { queue, clock, reconcile, log: silentLogger, metrics: noMetrics, ...deps },
    { name: 'test', ...options },
  )(controller.signal);
  return {
    queue,
    clock,
    [Symbol.asyncDispose]: async () => {
      controller.abort();
      await running;
      expect(clock.pending()).toBe(0);
    },
  };
}

describe('createController', () => {
  it('works on several keys at once, never on the same one twice', async () => {
    const working = new Set<string>();
    const rounds: string[] = [];
    let most = 0;
    await using loop = start(async (key) => {
      expect(working.has(key)).toBe(false);
      working.add(key);
      most = Math.max(most, working.size);
      await loop.clock.sleep(10);
      working.delete(key);
      rounds.push(key);
      return {};
    });
    for (const key of ['a', 'b', 'a']) loop.queue.add(key);
    await loop.clock.advance(5);
    loop.queue.add('a');
    await loop.clock.advance(100);
    expect(rounds.sort()).toEqual(['a', 'a', 'b']);
    expect(most).toBe(2);
  });

  it('tries a failed key again with growing waits, and says so each time', async () => {
    const reports: unknown[] = [];
    let tries = 0;
    await using loop = start(
      () => {
        tries += 1;
        return tries < 4 ? Promise.reject(new Error(`no ${tries}`)) : Promise.resolve({});
      },
      {},
      { reportError: (_key, error) => Promise.resolve(void reports.push(String(error))) },
    );
    loop.queue.add('a');
    await loop.clock.advance(14);
    expect(tries).toBe(2);
    await loop.clock.advance(1000);
    expect(reports).toEqual(['Error: no 1', 'Error: no 2', 'Error: no 3']);
    expect(loop.queue.failures('a')).toBe(0);
  });

  it('does not try again what only a changed spec can help, but says so', async () => {
    const reports: string[] = [];
    let tries = 0;
    await using loop = start(
      () => {
        tries += 1;
        return Promise.reject(new TerminalError('bad spec'));
      },
      {},
      {
        reportError: (key, error) =>
          Promise.resolve(void reports.push(`${key}: ${String(isTerminalError(error))}`)),
      },
    );
    loop.queue.add('a');
    await loop.clock.advance(3_600_000);
    expect([tries, reports]).toEqual([1, ['a: true']]);
    loop.queue.add('a');
    await loop.clock.advance(0);
    expect(tries).toBe(2);
  });

  it('looks again when a reconcile asks for it', async () => {
    let tries = 0;
    await using loop = start(() => Promise.resolve((tries += 1) === 1 ? { requeueAfterMs: 1000 } : {}));
    loop.queue.add('a');
    await loop.clock.advance(999);
    expect(tries).toBe(1);
    await loop.clock.advance(1);
    expect(tries).toBe(2);
    await loop.clock.advance(10_000);
    expect(tries).toBe(2);
  });

  it('keeps a race over an object to itself, but not a fight', async () => {
    const reports: unknown[] = [];
    let tries = 0;
    await using loop = start(
      () => {
        tries += 1;
        return Promise.reject(new ApiError('CONFLICT', 'modified'));
      },
      {},
      { reportError: () => Promise.resolve(void reports.push(tries)) },
    );
    loop.queue.add('a');
    await loop.clock.advance(2000);
    expect(reports[0]).toBe(6);
  });

  it('survives a reconcile that throws at once, and a report that fails in any way', async () => {
    const seen: string[] = [];
    await using loop = start(
      (key) => {
        seen.push(key);
        throw new Error('at once');
      },
      { workers: 1 },
      {
        reportError: (key) => {
          if (key === 'a') throw new Error('at once too');
          return Promise.reject(new Error('later'));
        },
      },
    );
    loop.queue.add('a');
    loop.queue.add('b');
    await loop.clock.advance(1);
    expect(seen).toEqual(['a', 'b']);
  });

  it('ends a reconcile that takes too long, and tries it again', async () => {
    const reports: string[] = [];
    await using loop = start(
      async (_key, signal) => {
        await aborted(signal);
        throw signal.reason;
      },
      { timeoutMs: 5 },
      { reportError: (_key, error) => Promise.resolve(void reports.push((error as Error).message)) },
    );
    loop.queue.add('a');
    await expect.poll(() => reports).toEqual(['test a did not finish within 5 ms']);
    expect(loop.queue.failures('a')).toBe(1);
  });

  it('settles after the last reconcile has, reporting nothing and leaving no timer', async () => {
    const seen: string[] = [];
    const loop = start(
      async (key, signal) => {
        await aborted(signal);
        await Promise.resolve();
        seen.push(key);
        if (key === 'a') throw new Error('because of the abort');
        return { requeueAfterMs: 1000 };
      },
      {},
      { reportError: () => Promise.resolve(void seen.push('reported')) },
    );
    loop.queue.add('a');
    loop.queue.add('b');
    loop.queue.addAfter('c', 5000);
    await loop.clock.advance(0);
    await loop[Symbol.asyncDispose]();
    expect(seen.sort()).toEqual(['a', 'b']);
  });

  it('counts', async () => {
    const counts = new Map<string, number>();
    const count =
      (name: string) =>
      (by = 1) =>
        void counts.set(name, (counts.get(name) ?? 0) + by);
    const metrics = {
      counter: ({ name }: { name: string }) => ({ add: count(name) }),
      gauge: () => ({ set: () => {}, add: () => {} }),
      histogram: ({ name }: { name: string }) => ({ observe: () => count(name)() }),
    };
    await using loop = start(
      (key) => (key === 'bad' ? Promise.reject(new TerminalError('x')) : Promise.resolve({})),
      {},
      { metrics },
    );
    loop.queue.add('bad');
    loop.queue.add('good');
    await loop.clock.advance(0);
    expect(Object.fromEntries(counts)).toEqual({
      clusternet_reconcile_total: 2,
      clusternet_reconcile_errors_total: 1,
      clusternet_reconcile_seconds: 2,
    });
  });
});
