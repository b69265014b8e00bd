import { readAll } from '../testing/read-all.fixture.ts';
import { describe, expect, it } from 'vitest';
import { createMessageQueue } from './message-queue.ts';

function create(highBytes = 10) {
  const told: string[] = [];
  const queue = createMessageQueue<string>({
    highBytes,
    onFull: () => told.push('full'),
    onRoom: () => told.push('room'),
  });
  return { queue, told, push: (text: string) => queue.push(text, text.length) };
}

describe('a queue of messages', () => {
  it('gives them in order, also those that come later, and ends after the last', async () => {
    const { queue, push } = create();
    push('a');
    const read = readAll(queue);
    push('b');
    await Promise.resolve();
    push('c');
    queue.end();
    push('too late');
    expect(await read).toEqual(['a', 'b', 'c']);
  });

  it('says when it is full, and when there is room again', async () => {
    const { queue, told, push } = create();
    for (let count = 0; count < 5; count += 1) push('1234');
    expect(told).toEqual(['full']);
    const reader = queue[Symbol.asyncIterator]();
    await reader.next();
    await reader.next();
    expect(told).toEqual(['full']);
    for (let count = 0; count < 2; count += 1) await reader.next();
    expect(told).toEqual(['full', 'room']);
  });

  it('throws what ended it, after what came before', async () => {
    const { queue, push } = create();
    push('a');
    queue.end(new Error('broken'));
    queue.end();
    const reader = queue[Symbol.asyncIterator]();
    expect(await reader.next()).toEqual({ done: false, value: 'a' });
    await expect(reader.next()).rejects.toThrow('broken');
  });
});
