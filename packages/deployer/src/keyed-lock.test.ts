import { createFakeClock } from '@clusternet/runtime/fakes';
import { describe, expect, it } from 'vitest';
import { createKeyedLock } from './keyed-lock.ts';

describe('createKeyedLock', () => {
  it('runs one at a time for a key, in order, and other keys beside it', async () => {
    const lock = createKeyedLock();
    const clock = createFakeClock();
    const seen: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      seen.push(`${name} starts`);
      await clock.sleep(10);
      seen.push(`${name} ends`);
    };
    const all = Promise.all([lock.run('k', work('a')), lock.run('k', work('b')), lock.run('l', work('c'))]);
    await clock.advance(20);
    await all;
    expect(seen.indexOf('a ends')).toBeLessThan(seen.indexOf('b starts'));
    expect(seen.indexOf('c starts')).toBeLessThan(seen.indexOf('a ends'));
  });

  it('goes on after a failure, which only the one who failed hears of', async () => {
    const lock = createKeyedLock();
    const first = lock.run('k', () => Promise.reject(new Error('no')));
    const second = lock.run('k', () => Promise.resolve('fine'));
    await expect(first).rejects.toThrow('no');
    await expect(second).resolves.toBe('fine');
  });
});
