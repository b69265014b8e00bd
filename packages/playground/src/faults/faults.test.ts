import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { createFakeClock } from '@clusternet/runtime/fakes';
import { parseJson } from '@clusternet/kube-data';
import type { JsonObject } from '@clusternet/kube-data';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createSystemContext } from '../control-plane/system-context.ts';
import { startControlPlane } from '../control-plane/start-control-plane.ts';
import type { ControlPlane } from '../control-plane/start-control-plane.ts';
import { createTestHttp2 } from '../testing/h2-http.fixture.ts';
import { createTestHttp, eventually } from '../testing/plane-http.fixture.ts';
import type { TestHttp } from '../testing/plane-http.fixture.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const WATCH = `${CONFIG_MAPS}?watch=true&resourceVersion=0`;

interface Client {
  readonly call: TestHttp['call'];
  stream(path: string): Promise<Readable>;
}

describe.each(['HTTP/1.1', 'HTTP/2'])('faults over %s', (protocol) => {
  const stack = new AsyncDisposableStack();
  let plane: ControlPlane;
  let client: Client;
  let lastName = 0;
  beforeAll(async () => {
    plane = stack.use(await startControlPlane());
    client = protocol === 'HTTP/2' ? stack.use(await createTestHttp2(plane)) : await createTestHttp(plane);
  });
  afterEach(() => {
    plane.faults.clear();
  });
  afterAll(() => stack.disposeAsync());

  const create = async (): Promise<string> => {
    lastName += 1;
    const name = `map-${lastName}`;
    await client.call(CONFIG_MAPS, {
      method: 'POST',
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } },
    });
    return name;
  };
  const isStored = async (name: string): Promise<boolean> => {
    const { items } = await plane.api.of('', 'configmaps').list('default');
    return items.some(({ metadata }) => metadata.name === name);
  };
  /** Writes past HTTP. */
  const store = (name: string) =>
    plane.api
      .of('', 'configmaps')
      .create(
        'default',
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } },
        createSystemContext('test'),
      );
  /** Names by which a watch has told of objects; it is over when `ended` settles. */
  const watch = async () => {
    const stream = await client.stream(WATCH);
    stack.defer(() => void stream.destroy());
    const seen: string[] = [];
    const lines = createInterface({ input: stream });
    lines.on('line', (line) => {
      const { object } = parseJson(line) as JsonObject & { object: { metadata: { name: string } } };
      seen.push(object.metadata.name);
    });
    lines.on('error', () => undefined); // the stream says it too
    const ended = new Promise<'closed' | 'cut'>((resolve) => {
      stream.once('end', () => resolve('closed'));
      stream.once('error', () => resolve('cut'));
    });
    return { seen, ended };
  };

  it('answers with nothing unusual when nothing is set', async () => {
    const name = await create();
    expect(await isStored(name)).toBe(true);
    expect(plane.faults).toMatchObject({ settings: {}, isFrozen: false, waiting: 0 });
  });

  it('delays', async () => {
    plane.faults.set({ requests: [{ match: { verbs: ['list'] }, latencyMs: 50 }] });
    const startMs = performance.now();
    expect((await client.call(CONFIG_MAPS)).code).toBe(200);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(49); // timers count whole milliseconds
  });

  it.each([
    { code: 429, retryAfterSeconds: undefined, wantReason: 'TooManyRequests', wantHeader: '1' },
    { code: 429, retryAfterSeconds: 7, wantReason: 'TooManyRequests', wantHeader: '7' },
    { code: 500, retryAfterSeconds: undefined, wantReason: 'InternalError', wantHeader: undefined },
    { code: 503, retryAfterSeconds: 3, wantReason: 'ServiceUnavailable', wantHeader: '3' },
    { code: 504, retryAfterSeconds: undefined, wantReason: 'Timeout', wantHeader: undefined },
  ] as const)(
    'answers the next two with $code, $retryAfterSeconds',
    async ({ code, retryAfterSeconds, wantReason, wantHeader }) => {
      const after = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
      plane.faults.set({ requests: [{ times: 2, fail: { kind: 'status', code, ...after } }] });
      for (const _ of [1, 2]) {
        const answer = await client.call(CONFIG_MAPS);
        expect(answer.code).toBe(code);
        expect(answer.headers['retry-after']).toBe(wantHeader);
        expect(answer.body).toMatchObject({ kind: 'Status', reason: wantReason, code });
      }
      expect((await client.call(CONFIG_MAPS)).code).toBe(200);
    },
  );

  it('fails for one user only', async () => {
    plane.faults.set({ requests: [{ match: { users: ['other'] }, fail: { kind: 'status', code: 503 } }] });
    const other = await createTestHttp(
      plane,
      await plane.issueClientCertificate({ name: 'other', groups: ['system:masters'] }),
    );
    expect((await other.call(CONFIG_MAPS)).code).toBe(503);
    expect((await client.call(CONFIG_MAPS)).code).toBe(200);
  });

  it('cuts a request off before it takes effect', async () => {
    plane.faults.set({ requests: [{ times: 1, fail: { kind: 'cut', when: 'before' } }] });
    await expect(create()).rejects.toThrow();
    expect(await isStored(`map-${lastName}`)).toBe(false);
    expect(await isStored(await create())).toBe(true);
  });

  it('loses the answer of a request that took effect', async () => {
    plane.faults.set({ requests: [{ times: 1, fail: { kind: 'cut', when: 'after' } }] });
    await expect(create()).rejects.toThrow();
    expect(await isStored(`map-${lastName}`)).toBe(true);
    expect(await isStored(await create())).toBe(true);
  });

  it('loses the answer to a request that is refused, and that a watch was opened', async () => {
    plane.faults.set({ requests: [{ times: 2, fail: { kind: 'cut', when: 'after' } }] });
    await expect(client.call(`${CONFIG_MAPS}/none`)).rejects.toThrow();
    await expect(client.stream(WATCH)).rejects.toThrow();
    expect((await client.call(`${CONFIG_MAPS}/none`)).code).toBe(404);
  });

  it.each([
    { by: 'close', want: 'closed' },
    { by: 'cut', want: 'cut' },
  ] as const)('drops watches now: $by', async ({ by, want }) => {
    const dropped = await watch();
    expect(plane.faults.dropWatches({ by, match: { resources: ['secrets'] } })).toBe(0);
    expect(plane.faults.dropWatches({ by })).toBe(1);
    expect(await dropped.ended).toBe(want);
    const next = await watch();
    const name = await create();
    await eventually(() => Promise.resolve(next.seen.includes(name) || undefined));
    plane.faults.dropWatches();
    await next.ended;
  });

  it('drops watches again and again, until it is cleared', async () => {
    plane.faults.set({ watches: { everyMs: 20 } });
    expect(await (await watch()).ended).toBe('closed');
    expect(await (await watch()).ended).toBe('closed');
    plane.faults.clear();
    const lasting = await watch();
    const name = await create();
    await eventually(() => Promise.resolve(lasting.seen.includes(name) || undefined));
    expect(plane.faults.dropWatches()).toBe(1);
  });

  it('freezes: nothing is answered, watches are silent; the thaw answers what waited', async () => {
    const silent = await watch();
    // What was sent before the freeze may still be on its way: the freeze begins once all of it is here.
    await store(`before-${protocol === 'HTTP/2'}`);
    await eventually(() =>
      Promise.resolve(silent.seen.includes(`before-${protocol === 'HTTP/2'}`) || undefined),
    );
    plane.faults.freeze();
    let answered = 0;
    const calls = [create(), create(), client.call('/readyz')].map(async (call) => {
      await call;
      answered += 1;
    });
    await eventually(() => Promise.resolve(plane.faults.waiting === 3 || undefined));
    await store(`inside-${protocol === 'HTTP/2'}`);
    plane.faults.dropWatches();
    const shown = silent.seen.length;
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect({ answered, shown: silent.seen.length, waiting: plane.faults.waiting }).toEqual({
      answered: 0,
      shown,
      waiting: 3,
    });
    expect(await isStored(`map-${lastName}`)).toBe(false);
    plane.faults.thaw();
    await Promise.all(calls);
    expect(await isStored(`map-${lastName}`)).toBe(true);
    expect(await silent.ended).toBe('closed');
    expect(silent.seen).toContain(`inside-${protocol === 'HTTP/2'}`);
    expect(plane.faults).toMatchObject({ isFrozen: false, waiting: 0 });
  });

  it('lets a delayed request wait for the thaw, and its answer gets lost all the same', async () => {
    let isSeen = false;
    const match = (): boolean => (isSeen = true);
    plane.faults.set({
      requests: [{ match, times: 1, latencyMs: 30, fail: { kind: 'cut', when: 'after' } }],
    });
    const lost = create();
    const outcome = lost.then(
      () => 'answered',
      () => 'lost',
    );
    await eventually(() => Promise.resolve(isSeen || undefined));
    plane.faults.freeze();
    await eventually(() => Promise.resolve(plane.faults.waiting === 1 || undefined));
    expect(await isStored(`map-${lastName}`)).toBe(false);
    plane.faults.thaw();
    expect(await outcome).toBe('lost');
    expect(await isStored(`map-${lastName}`)).toBe(true);
  });

  it('cuts off what comes when as many wait as may', async () => {
    plane.faults.freeze({ maxRequests: 1 });
    const first = create();
    await eventually(() => Promise.resolve(plane.faults.waiting === 1 || undefined));
    await expect(client.call(CONFIG_MAPS)).rejects.toThrow();
    expect(plane.faults.waiting).toBe(1);
    plane.faults.thaw();
    await first;
  });

  it('cuts off a watch that would hold back more than may be', async () => {
    const greedy = await watch();
    plane.faults.freeze({ maxHeldBytes: 10 });
    await store(`big-${protocol === 'HTTP/2'}`);
    expect(await greedy.ended).toBe('cut');
  });
});

it('answers 504 at the thaw to what waited longer than its time limit, and lets its watches go on', async () => {
  const clock = createFakeClock(Date.now());
  await using plane = await startControlPlane({ clock });
  const http = await createTestHttp(plane);
  plane.faults.freeze();
  const list = http.call(CONFIG_MAPS);
  const stream = http.stream(WATCH);
  await eventually(() => Promise.resolve(plane.faults.waiting === 2 || undefined));
  await clock.advance(61_000);
  expect(plane.faults.waiting).toBe(2);
  plane.faults.thaw();
  expect((await list).code).toBe(504);
  expect((await stream).statusCode).toBe(200);
  (await stream).destroy();
});

it('forgets a request whose client leaves while it waits', async () => {
  await using plane = await startControlPlane();
  const leaving = await createTestHttp2(plane);
  plane.faults.freeze();
  const waiting = leaving.call(CONFIG_MAPS);
  await eventually(() => Promise.resolve(plane.faults.waiting === 1 || undefined));
  await Promise.all([leaving[Symbol.asyncDispose](), expect(waiting).rejects.toThrow()]);
  await eventually(() => Promise.resolve(plane.faults.waiting === 0 || undefined));
});

it('kills a plane at once, frozen or not: connections are cut and the port is free', async () => {
  const plane = await startControlPlane();
  const http = await createTestHttp(plane);
  const stream = await http.stream(WATCH);
  const cut = new Promise((resolve) => stream.once('error', resolve));
  plane.faults.freeze();
  const waiting = http.call(CONFIG_MAPS);
  await eventually(() => Promise.resolve(plane.faults.waiting === 1 || undefined));
  await Promise.all([plane.kill(), expect(waiting).rejects.toThrow(), cut]);
  await plane.kill();
  await expect(http.call('/readyz')).rejects.toThrow(/ECONNREFUSED/);
  await using again = await startControlPlane({ port: plane.port });
  expect(again.port).toBe(plane.port);
});

it('is disposed of while it is frozen', async () => {
  const plane = await startControlPlane();
  const http = await createTestHttp(plane);
  plane.faults.freeze();
  const waiting = http.call(CONFIG_MAPS);
  await eventually(() => Promise.resolve(plane.faults.waiting === 1 || undefined));
  await Promise.all([plane[Symbol.asyncDispose](), expect(waiting).rejects.toThrow()]);
});
