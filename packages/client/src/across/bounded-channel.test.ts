import { describe, expect, it } from 'vitest';
import { readAll } from '../testing/read-all.fixture.ts';
import { createBoundedChannel } from './bounded-channel.ts';

describe('a bounded channel', () => {
  it('lets those who bring wait while it is full', async () => {
    const channel = createBoundedChannel<number>(2);
    const brought: number[] = [];
    const bringing = (async () => {
      for (let item = 1; item <= 5; item += 1) {
        await channel.put(item);
        brought.push(item);
      }
      channel.end();
    })();
    await new Promise((resolve) => setImmediate(resolve));
    expect(brought).toEqual([1, 2]);
    channel.note(9); // does not wait
    expect(await readAll(channel)).toEqual([1, 2, 9, 3, 4, 5]);
    await bringing;
  });

  it('tells them that nobody takes any more, also those who wait', async () => {
    const channel = createBoundedChannel<number>(1);
    await channel.put(1);
    const waiting = [channel.put(2), channel.put(3)];
    for await (const item of channel) {
      expect(item).toBe(1);
      break;
    }
    expect(await Promise.all(waiting)).toContain(false);
    expect(await channel.put(4)).toBe(false);
  });

  it('throws what ended it, after what was brought', async () => {
    const channel = createBoundedChannel<number>(1);
    await channel.put(1);
    channel.end(new Error('broken'));
    const taker = channel[Symbol.asyncIterator]();
    expect((await taker.next()).value).toBe(1);
    await expect(taker.next()).rejects.toThrow('broken');
  });
});
