import fc from 'fast-check';
import { createFakeClock } from '@clusternet/runtime/fakes';
import { describe, expect, it } from 'vitest';
import { createWorkQueue } from './work-queue.ts';

const never = new AbortController().signal;

describe('createWorkQueue', () => {
  it('keeps a key once however often it is added', async () => {
    const queue = createWorkQueue(createFakeClock());
    queue.add('a');
    queue.add('a');
    queue.add('b');
    expect(queue.depth).toBe(2);
    expect([await queue.take(never), await queue.take(never)]).toEqual(['a', 'b']);
    expect(queue.depth).toBe(0);
  });

  it('gives a key that is added while it is worked on once more afterwards (dirty while processing)', async () => {
    const queue = createWorkQueue(createFakeClock());
    queue.add('a');
    await queue.take(never);
    queue.add('a');
    queue.add('a');
    expect(queue.depth).toBe(0);
    queue.done('a');
    expect(queue.depth).toBe(1);
    await queue.take(never);
    queue.done('a');
    expect(queue.depth).toBe(0);
  });

  it('puts what a person asked for first, also when it waited in the background already', async () => {
    const queue = createWorkQueue(createFakeClock());
    for (const key of ['a', 'b', 'c']) queue.add(key);
    queue.add('c', 'user');
    queue.add('c', 'background');
    queue.add('d', 'user');
    const order = [];
    while (queue.depth > 0) order.push(await queue.take(never));
    expect(order).toEqual(['c', 'd', 'a', 'b']);
  });

  it('remembers while a key is worked on that a person asked', async () => {
    const queue = createWorkQueue(createFakeClock());
    queue.add('a');
    await queue.take(never);
    queue.add('b');
    queue.add('a', 'user');
    queue.add('a', 'background');
    queue.done('a');
    expect(await queue.take(never)).toBe('a');
  });

  it('waits 5 ms after the first failure, twice as long after each more, and 1000 s at most', async () => {
    const clock = createFakeClock();
    const queue = createWorkQueue(clock, { retriesPerSecond: 1e9, retryBurst: 1e9 });
    const waits = [];
    for (let round = 0; round < 20; round += 1) {
      queue.addRateLimited('a');
      const fromMs = clock.monotonicMs();
      while (queue.depth === 0) await clock.advance(5);
      waits.push(clock.monotonicMs() - fromMs);
      queue.done((await queue.take(never)) ?? '');
      if (round === 11) break;
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10_240]);
    for (let round = 0; round < 60; round += 1) queue.addRateLimited('b');
    expect(queue.failures('b')).toBe(60);
    await clock.advance(1_000_000);
    expect(queue.depth).toBe(1);
  });

  it('starts with the shortest wait again after a success, and remembers nothing', async () => {
    const clock = createFakeClock();
    const queue = createWorkQueue(clock);
    queue.addRateLimited('a');
    queue.addRateLimited('a');
    await clock.advance(100);
    queue.forget('a');
    expect(queue.failures('a')).toBe(0);
    queue.done((await queue.take(never)) ?? '');
    queue.addRateLimited('a');
    await clock.advance(5);
    expect(queue.depth).toBe(1);
  });

  it('lets a hundred failed keys through at once and ten a second after that', async () => {
    const clock = createFakeClock();
    const queue = createWorkQueue(clock);
    for (let index = 0; index < 130; index += 1) queue.addRateLimited(`key-${index}`);
    await clock.advance(5);
    expect(queue.depth).toBe(100);
    await clock.advance(995);
    expect(queue.depth).toBe(110);
    await clock.advance(2000);
    expect(queue.depth).toBe(130);
  });

  it('keeps the earliest date of a key', async () => {
    const clock = createFakeClock();
    const queue = createWorkQueue(clock);
    queue.addAfter('a', 100);
    queue.addAfter('a', 10);
    queue.addAfter('a', 50);
    expect(clock.pending()).toBe(1);
    await clock.advance(10);
    expect(queue.depth).toBe(1);
    expect(clock.pending()).toBe(0);
    queue.addAfter('b', 0);
    queue.addAfter('c', -1);
    queue.addAfter('d', Number.NaN);
    expect(queue.depth).toBe(4);
  });

  it('wakes as many takers as there are keys', async () => {
    const queue = createWorkQueue(createFakeClock());
    const taken = Promise.all([queue.take(never), queue.take(never)]);
    queue.add('a');
    queue.add('b');
    expect(await taken).toEqual(['a', 'b']);
  });

  it('lets takers go when their signal aborts, with no timer left', async () => {
    const clock = createFakeClock();
    const queue = createWorkQueue(clock);
    const controller = new AbortController();
    const taken = queue.take(controller.signal);
    queue.addAfter('a', 1000);
    controller.abort();
    expect(await taken).toBeUndefined();
    expect(await queue.take(controller.signal)).toBeUndefined();
    expect(clock.pending()).toBe(0);
  });

  it('does not lose a key to a taker that leaves in that moment', async () => {
    const queue = createWorkQueue(createFakeClock());
    const controller = new AbortController();
    const leaving = queue.take(controller.signal);
    const staying = queue.take(never);
    queue.add('a');
    controller.abort();
    expect(await leaving).toBeUndefined();
    expect(await staying).toBe('a');
  });
});

type Step =
  | { readonly kind: 'add'; readonly key: string; readonly isUser: boolean }
  | { readonly kind: 'after'; readonly key: string; readonly ms: number }
  | { readonly kind: 'fail' | 'finish' | 'take' }
  | { readonly kind: 'wait'; readonly ms: number };

const key = fc.constantFrom('a', 'b', 'c', 'd');
const ms = fc.integer({ min: 0, max: 2000 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), key, isUser: fc.boolean() }),
  fc.record({ kind: fc.constant('after' as const), key, ms }),
  fc.record({ kind: fc.constantFrom('fail' as const, 'finish' as const, 'take' as const) }),
  fc.record({ kind: fc.constant('wait' as const), ms }),
);

describe('any sequence of calls', () => {
  it('never gives a key to two at once, never loses one, and ends empty', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = createFakeClock();
        const queue = createWorkQueue(clock);
        const working: string[] = [];
        /** Keys asked for and not taken since. */
        const owed = new Set<string>();
        const take = async (): Promise<void> => {
          const taken = (await queue.take(never)) ?? '';
          expect(working).not.toContain(taken);
          working.push(taken);
          owed.delete(taken);
        };
        const giveBack = (hasFailed: boolean): void => {
          const first = working.shift();
          if (first === undefined) return;
          if (hasFailed) {
            queue.addRateLimited(first);
            owed.add(first);
          } else queue.forget(first);
          queue.done(first);
        };
        for (const now of steps) {
          if (now.kind === 'add') queue.add(now.key, now.isUser ? 'user' : 'background');
          if (now.kind === 'after') queue.addAfter(now.key, now.ms);
          if (now.kind === 'add' || now.kind === 'after') owed.add(now.key);
          if (now.kind === 'take' && queue.depth > 0) await take();
          if (now.kind === 'fail' || now.kind === 'finish') giveBack(now.kind === 'fail');
          if (now.kind === 'wait') await clock.advance(now.ms);
        }
        await clock.advance(2_000_000);
        while (queue.depth > 0 || working.length > 0) {
          if (queue.depth > 0) await take();
          else giveBack(false);
        }
        expect([...owed]).toEqual([]);
        expect(clock.pending()).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});
