import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { createFakeApi, createLineStream, json } from './fakes/index.ts';
import type { FakeAnswer, FakeRequest } from './fakes/index.ts';
import { startMirror } from './testing/mirror.fixture.ts';

const isWatch = ({ query }: FakeRequest): boolean => query.get('watch') !== null;
const fail = (status: number): FakeAnswer => ({ status, headers: {}, body: 'down' });

/** What other informers are known to do wrong (ECOSYSTEM §2.3), one test each. */
describe('faults of other informers', () => {
  it('silent stop after an error: any error of list or watch is said and tried again, for ever', async () => {
    const api = createFakeApi();
    let isDown = true;
    const end = api.intercept(() => (isDown ? fail(500) : undefined));
    await using mirror = await startMirror({ api, given: ['a'] });
    await mirror.clock.advance(10 * 60_000);
    expect(mirror.lines.length).toBeGreaterThan(10);
    expect(mirror.lines[0]).toMatchObject({ level: 'warn', message: 'list or watch failed' });
    expect(String(mirror.errors.at(-1))).toContain('fake kube-apiserver answered 500');
    isDown = false;
    end();
    await mirror.clock.advance(60_000);
    expect([...mirror.objects.keys()]).toEqual(['a']);
  });

  it('non-410 error: waits grow, up to half a minute and a jitter', async () => {
    const api = createFakeApi();
    api.intercept(() => fail(503));
    await using mirror = await startMirror({ api });
    await mirror.clock.advance(1000);
    expect(mirror.lists()).toBeLessThanOrEqual(3);
    await mirror.clock.advance(10 * 60_000);
    const before = mirror.lists();
    await mirror.clock.advance(39_000);
    expect(mirror.lists() - before).toBeGreaterThanOrEqual(1);
    expect(mirror.lists()).toBeLessThan(40);
  });

  it('swallowed parse errors: what cannot be read is said, and the watch is dialled anew', async () => {
    await using mirror = await startMirror({ given: ['a'] });
    await mirror.clock.advance(5000);
    let answers = 1;
    mirror.api.intercept((request) =>
      isWatch(request) && answers-- > 0 ? { status: 200, headers: {}, body: '{"type":"ADD' } : undefined,
    );
    mirror.api.endWatches();
    await mirror.settle();
    expect(String(mirror.errors.at(-1))).toContain('not JSON');
    mirror.put('b');
    await mirror.clock.advance(1000);
    expect([...mirror.objects.keys()]).toEqual(['a', 'b']);
  });

  it('swallowed handler exceptions: they are said as errors, and cost only that object', async () => {
    const sink = {
      upsert: ({ metadata }: KubeObject) => {
        if (metadata.name === 'bad') throw new Error('handler is broken');
      },
    };
    await using mirror = await startMirror({ sink });
    mirror.put('bad');
    mirror.put('good');
    await mirror.settle();
    expect([...mirror.objects.keys()]).toEqual(['good']);
    expect(mirror.lines).toEqual([
      {
        level: 'error',
        message: 'handler failed',
        fields: { kind: 'ConfigMap', step: 'upsert', error: 'handler is broken' },
      },
    ]);
    expect(mirror.watches()).toHaveLength(1);
  });

  it('swallowed handler exceptions, in the list: said, and the watch goes on', async () => {
    const sink = {
      replace: () => {
        throw new Error('no room');
      },
    };
    await using mirror = await startMirror({ sink });
    mirror.put('a');
    await mirror.settle();
    expect(mirror.lines.map(({ fields }) => fields['error'])).toEqual(['no room']);
    expect([...mirror.objects.keys()]).toEqual(['a']);
  });

  it('watch re-dial every 30 s: an idle watch with bookmarks stays open for five minutes', async () => {
    await using mirror = await startMirror({ given: ['a'] });
    for (let minute = 0; minute < 5; minute += 1) {
      await mirror.clock.advance(60_000);
      mirror.api.sendBookmarks();
      await mirror.settle();
    }
    expect(mirror.watches()).toHaveLength(1);
    expect(mirror.lists()).toBe(1);
  });

  it('half-open connection: a watch that says nothing for too long is dialled anew, and nothing is missed', async () => {
    const api = createFakeApi();
    let isSilent = true;
    api.intercept((request, signal) =>
      isSilent && isWatch(request)
        ? { status: 200, headers: {}, body: createLineStream(signal, () => {}) }
        : undefined,
    );
    await using mirror = await startMirror({ api, given: ['a'] });
    mirror.put('b');
    await mirror.clock.advance(149_000);
    expect([...mirror.objects.keys()]).toEqual(['a']);
    expect(mirror.watches()).toHaveLength(1);
    isSilent = false;
    await mirror.clock.advance(2000);
    expect(mirror.watches()).toHaveLength(2);
    expect([...mirror.objects.keys()]).toEqual(['a', 'b']);
    expect(mirror.lists()).toBe(1);
    expect(mirror.lines).toEqual([]);
  });

  it.each([
    { why: 'with nothing in it', body: '' },
    {
      why: 'after a bookmark',
      body: '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"101"}}}\n',
    },
  ])(
    'hot loop: a server that ends each watch at once, $why, is asked a few times a minute',
    async ({ body }) => {
      const api = createFakeApi();
      api.intercept((request) => (isWatch(request) ? { status: 200, headers: {}, body } : undefined));
      await using mirror = await startMirror({ api, given: ['a'] });
      await mirror.clock.advance(1000);
      expect(mirror.watches().length).toBeLessThanOrEqual(5);
    },
  );

  it('hot loop: 410 upon 410 backs off', async () => {
    const api = createFakeApi();
    api.intercept((request) => (isWatch(request) ? fail(410) : undefined));
    await using mirror = await startMirror({ api });
    await mirror.clock.advance(10_000);
    expect(mirror.lists()).toBeLessThanOrEqual(8);
  });

  it('a list of more than 100,000 objects does not spread the stack', async () => {
    const items = Array.from({ length: 150_000 }, (_, index) => ({
      metadata: { name: `n${index}`, namespace: 'ns', resourceVersion: '1' },
    }));
    const api = createFakeApi();
    api.intercept((request) =>
      isWatch(request) ? undefined : json(200, { metadata: { resourceVersion: '100' }, items }),
    );
    await using mirror = await startMirror({ api });
    await mirror.settle();
    await expect.poll(() => mirror.objects.size).toBe(150_000);
    expect(mirror.errors).not.toContainEqual(expect.any(Error));
  });

  it('ends at once when told to, in each of its waits', async () => {
    const down = createFakeApi();
    down.intercept(() => fail(500));
    for (const api of [down, createFakeApi()]) {
      const mirror = await startMirror({ api });
      await mirror[Symbol.asyncDispose]();
      expect(mirror.clock.pending()).toBe(0);
    }
  });
});
