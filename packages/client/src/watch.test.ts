import { describe, expect, it } from 'vitest';
import { decodeWatch, splitLines } from './watch.ts';

async function* chunked(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    await Promise.resolve();
    yield typeof part === 'string' ? Buffer.from(part) : part;
  }
}

async function gather<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}

const read = (...parts: readonly (string | Uint8Array)[]) =>
  gather(decodeWatch(chunked(...parts), 'watch Pod', 'the hop'));

describe('splitLines', () => {
  it.each([
    { why: 'several in a chunk', given: ['a\nb\n', 'c\n'], want: ['a', 'b', 'c'] },
    { why: 'one over many chunks', given: ['a', 'b', 'c\nd', '\n'], want: ['abc', 'd'] },
    { why: 'a last one without its end', given: ['a\nb'], want: ['a', 'b'] },
    { why: 'empty ones', given: ['\n\na\n'], want: ['', '', 'a'] },
    { why: 'nothing', given: [], want: [] },
  ])('$why', async ({ given, want }) => {
    expect(await gather(splitLines(chunked(...given), 100, 'hop'))).toEqual(want);
  });

  it('puts a character together that two chunks share', async () => {
    const bytes = Buffer.from('é\n');
    expect(await gather(splitLines(chunked(bytes.subarray(0, 1), bytes.subarray(1)), 10, 'hop'))).toEqual([
      'é',
    ]);
  });

  it.each([[['x'.repeat(20)]], [[`${'x'.repeat(20)}\n`]], [['xxxxxxxx', 'xxxxxxxx\n']]])(
    'ends with TOO_LARGE for a line above the limit',
    async (parts) => {
      const reading = gather(splitLines(chunked(...parts), 10, 'hop'));
      await expect(reading).rejects.toMatchObject({ code: 'TOO_LARGE' });
    },
  );
});

describe('decodeWatch', () => {
  it('gives events and bookmarks', async () => {
    const object = { metadata: { name: 'a', resourceVersion: '5' } };
    const events = await read(
      `${JSON.stringify({ type: 'ADDED', object })}\n\n`,
      `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '9' } } })}\n`,
    );
    expect(events).toEqual([
      { type: 'ADDED', object },
      { type: 'BOOKMARK', resourceVersion: '9' },
    ]);
  });

  it.each([
    '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}',
    '{"object":{"message":"too old","reason":"Expired","code":410},"type":"ERROR"}',
    '{ "type": "ERROR", "object": {"code": 410, "message": "too old"} }',
  ])('throws what an ERROR event says, however it is written', async (line) => {
    await expect(read(`${line}\n`)).rejects.toMatchObject({
      code: 'GONE',
      message: expect.stringContaining('too old') as string,
    });
  });

  it.each([
    '{',
    'null',
    '[]',
    '{"type":"ADDED"}',
    '{"type":"ADDED","object":null}',
    '{"type":"ADDED","object":{}}',
    '{"type":"NEW","object":{"metadata":{}}}',
    '{"object":{"metadata":{}}}',
  ])('throws BAD_RESPONSE for %s (swallowed parse errors)', async (line) => {
    await expect(read(`${line}\n`)).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
  });

  it('treats an ERROR without a usable code as a server error', async () => {
    await expect(read('{"type":"ERROR","object":{"code":"x"}}\n')).rejects.toMatchObject({
      code: 'SERVER_ERROR',
    });
  });
});
