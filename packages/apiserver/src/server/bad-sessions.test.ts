import { once } from 'node:events';
import { connect } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServerBench, readToEnd } from './server-bench.fixture.ts';
import type { ServerBench } from './server-bench.fixture.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const TYPE = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, continuation: 9 };
const END_STREAM = 1;
const END_HEADERS = 4;
/** `GET https: /` with an authority, in HPACK's static table. */
const REQUEST = Buffer.from([0x82, 0x87, 0x84, 0x41, 0x01, 0x61]);

let bench: ServerBench;

beforeAll(async () => {
  bench = await createServerBench({ idleTimeoutMs: 300, requestTimeoutMs: 2000, drainTimeoutMs: 200 });
});

afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

function frame(type: number, flags: number, streamId: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** Sends frames until they are through or the server hangs up, and waits for the latter. */
async function flood(socket: TLSSocket, frames: Iterable<Buffer>): Promise<number> {
  let sent = 0;
  const closed = readToEnd(socket);
  socket.write(Buffer.concat([PREFACE, frame(TYPE.settings, 0, 0)]));
  for (const next of frames) {
    if (socket.destroyed) break;
    sent++;
    if (!socket.write(next))
      await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
  }
  await closed;
  return sent;
}

function* repeat(count: number, create: (index: number) => Buffer): Generator<Buffer> {
  for (let index = 0; index < count; index++) yield create(index);
}

const FLOODS: readonly { why: string; frames: () => Iterable<Buffer> }[] = [
  {
    why: 'what is no HTTP/2',
    frames: () => repeat(1, () => Buffer.from('GET / HTTP/1.1\r\n\r\n'.repeat(10))),
  },
  {
    why: 'headers that go on in ever more frames',
    frames: () =>
      repeat(100_000, (index) =>
        index === 0
          ? frame(TYPE.headers, END_STREAM, 1, REQUEST)
          : frame(TYPE.continuation, 0, 1, Buffer.from([0x00, 0x01, 0x61, 0x01, 0x62])),
      ),
  },
  {
    why: 'streams that are reset as soon as they are open',
    frames: () =>
      repeat(50_000, (index) =>
        Buffer.concat([
          frame(TYPE.headers, END_STREAM | END_HEADERS, 2 * index + 1, REQUEST),
          frame(TYPE.reset, 0, 2 * index + 1, Buffer.from([0, 0, 0, 8])),
        ]),
      ),
  },
  {
    why: 'settings without end',
    frames: () =>
      repeat(1, () => frame(TYPE.settings, 0, 0, Buffer.alloc(6 * 2000, Buffer.from([0, 3, 0, 0, 0, 1])))),
  },
  {
    why: 'a frame longer than any may be',
    frames: () => repeat(1, () => frame(TYPE.ping, 0, 0, Buffer.alloc(1 << 20))),
  },
  {
    why: 'a head that does not end',
    frames: () => repeat(1, () => frame(TYPE.headers, END_STREAM, 1, REQUEST)),
  },
  { why: 'nothing', frames: () => [] },
];

describe('HTTP/2 sessions that misbehave', () => {
  it.each(FLOODS)('$why: closes the connection, and serves others', async ({ frames }) => {
    await flood(await bench.open('h2'), frames());
    expect(await bench.ask()).toBe(200);
  });

  it('ends a session whose client asks for much and reads nothing', async () => {
    const socket = await bench.open('h2');
    socket.pause();
    socket.write(Buffer.concat([PREFACE, frame(TYPE.settings, 0, 0)]));
    const pings = Buffer.concat([...repeat(10_000, () => frame(TYPE.ping, 0, 0, Buffer.alloc(8)))]);
    for (let round = 0; round < 20 && !socket.destroyed; round++) socket.write(pings);
    expect(await bench.ask()).toBe(200);
    await readToEnd(socket.resume());
    expect(await bench.ask()).toBe(200);
  });

  it.each([
    {
      why: 'too many headers',
      headers: () => Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`h${i}`, 'v'])),
    },
    { why: 'too large headers', headers: () => ({ a: 'x'.repeat(700_000), b: 'x'.repeat(700_000) }) },
  ])('$why: refuses the request', async ({ headers }) => {
    const session = openSession();
    const stream = session.request({ ':path': '/', ...headers() });
    const answer = new Promise<number>((resolve) => {
      stream.once('response', (answered) => resolve(answered[':status'] ?? 0));
      stream.once('error', () => resolve(431));
      stream.once('close', () => resolve(431));
    });
    expect(await answer).toBe(431);
    session.destroy();
    expect(await bench.ask()).toBe(200);
  });

  it('takes many headers that are small', async () => {
    const session = openSession();
    const headers = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`h${index}`, 'v']));
    const stream = session.request({ ':path': '/', ...headers });
    stream.setEncoding('utf8');
    const [text] = (await once(stream, 'data')) as [string];
    expect(text).toContain('"headers":1000');
    session.destroy();
  });

  it('closes a session that is idle, and keeps one that has a request under way', async () => {
    const idle = openSession();
    const busy = openSession();
    const stream = busy.request({ ':path': '/', ':method': 'POST' });
    stream.write('a');
    await once(idle, 'close');
    await new Promise((resolve) => setTimeout(resolve, 400)); // idle for longer than sessions may be
    expect(busy.closed).toBe(false);
    stream.end('b');
    stream.setEncoding('utf8');
    const [text] = (await once(stream, 'data')) as [string];
    expect(text).toContain('"bytes":2');
    busy.destroy();
  });

  it('answers a body that is slow at its deadline', async () => {
    const session = openSession();
    const stream = session.request({ ':path': '/?timeout=100ms', ':method': 'POST' });
    stream.on('error', () => undefined);
    stream.write('a');
    const [answer] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(answer[':status']).toBe(504);
    session.destroy();
  });
});

function openSession(): ClientHttp2Session {
  const session = connect(bench.server.url, {
    rejectUnauthorized: false,
    maxSendHeaderBlockLength: 4 * 1024 * 1024,
  });
  session.on('error', () => undefined);
  return session;
}
