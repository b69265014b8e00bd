import type { Socket } from 'node:net';
import { createFakeClock } from '@clusternet/runtime/fakes';
import type { FakeClock } from '@clusternet/runtime/fakes';
import type { ResponseHead, V2Stream, V2StreamEvents } from '@clusternet/tunnel-protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startTarget } from '../loopback.fixture.ts';
import { Http1Pool } from './http1-pool.ts';
import type { Http1PoolOptions } from './http1-pool.ts';

/** A stream of a hub: it keeps what it is told. */
class FakeStream implements V2Stream {
  readonly id = 1;
  readonly head;
  readonly serviceClass = 'interactive';
  readonly bufferedBytes = 0;
  readonly trailers = [];
  pendingBytes = 0;
  isReadEnded: boolean;
  isClosed = false;
  answer: ResponseHead | undefined;
  text = '';
  isEnded = false;
  error: Error | undefined;
  isOver = 0;
  readonly #body: Buffer[] = [];
  #events: V2StreamEvents | undefined;

  constructor(method: string, fields: readonly string[] = [], hasBody = false) {
    this.head = { kind: 'request', target: 'apiserver', method, path: '/x', fields } as const;
    this.isReadEnded = !hasBody;
  }

  bind(events: V2StreamEvents): void {
    this.#events = events;
  }

  read(): Uint8Array | undefined {
    return this.#body.shift();
  }

  /** The hub sends of the body. */
  send(text: string, isEnd: boolean): void {
    if (text !== '') this.#body.push(Buffer.from(text));
    this.isReadEnded = isEnd;
    this.#events?.onReadable();
  }

  respond(head: ResponseHead): void {
    this.answer = head;
  }

  connected(): void {}

  write(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString();
  }

  end(): void {
    this.isEnded = true;
  }

  drain(): void {
    this.pendingBytes = 0;
    this.#events?.onDrain();
  }

  /** The hub resets it. */
  reset(): void {
    this.isClosed = true;
    this.#events?.onClose({ by: 'peer', code: 'CANCELLED', text: '' });
  }
}

interface Rig {
  readonly pool: Http1Pool;
  readonly clock: FakeClock;
  readonly sockets: Socket[];
  /** What came in all, by connection. */
  readonly texts: string[];
  ask(stream: FakeStream): FakeStream;
}

/** @param answer - told of each request head that came; the first argument is the number of the connection */
async function start(
  answer: (connection: number, socket: Socket, request: number) => void,
  options: Partial<Http1PoolOptions> = {},
): Promise<Rig> {
  const sockets: Socket[] = [];
  const texts: string[] = [];
  const address = await startTarget((socket) => {
    const connection = sockets.push(socket) - 1;
    texts.push('');
    let seen = 0;
    socket.on('data', (bytes: Buffer) => {
      texts[connection] = `${texts[connection] ?? ''}${bytes.toString('latin1')}`;
      const heads = (texts[connection] ?? '').split(' HTTP/1.1\r\n').length - 1;
      for (; seen < heads; seen += 1) answer(connection, socket, seen);
    });
    socket.on('end', () => socket.end());
  });
  const clock = createFakeClock();
  const target = { host: '127.0.0.1', port: Number(address.split(':')[1]) };
  const pool = new Http1Pool(
    { target, clock },
    { connections: 4, connectTimeoutMs: 10_000, keepMs: 30_000, ...options },
  );
  onTestFinished(() => pool[Symbol.asyncDispose]());
  const ask = (stream: FakeStream): FakeStream => {
    pool.perform(stream, {
      onError: (error) => (stream.error = error),
      onOver: () => (stream.isOver += 1),
    });
    return stream;
  };
  return { pool, clock, sockets, texts, ask };
}

const ok = (_connection: number, socket: Socket): void => {
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
};
const over = (stream: FakeStream): Promise<void> => expect.poll(() => stream.isOver).toBe(1);

describe('Http1Pool', () => {
  it('writes one head as it came, with the framing that it decides itself', async () => {
    const rig = await start(ok);
    await over(rig.ask(new FakeStream('GET', ['Accept', 'a/b', 'x', '1', 'x', '2', 'Host', 'h'])));
    await over(rig.ask(new FakeStream('POST')));
    expect(rig.texts).toEqual([
      'GET /x HTTP/1.1\r\nAccept: a/b\r\nx: 1\r\nx: 2\r\nHost: h\r\n\r\n' +
        `POST /x HTTP/1.1\r\nhost: 127.0.0.1:${rig.sockets[0]?.localPort ?? 0}\r\ncontent-length: 0\r\n\r\n`,
    ]);
  });

  it('keeps no more connections than it may, and lets requests wait in their order', async () => {
    const rig = await start(ok, { connections: 2 });
    const streams = Array.from({ length: 20 }, () => rig.ask(new FakeStream('GET')));
    for (const stream of streams) await over(stream);
    expect(streams.map(({ text, isEnded }) => [text, isEnded])).toEqual(streams.map(() => ['ok', true]));
    expect(rig.sockets.length).toBe(2);
  });

  it('repeats a GET once that a kept connection swallowed, on a connection of its own', async () => {
    const rig = await start((connection, socket, request) => {
      if (connection === 0 && request === 1) socket.destroy();
      else ok(connection, socket);
    });
    await over(rig.ask(new FakeStream('GET')));
    const second = rig.ask(new FakeStream('GET'));
    await over(second);
    expect([second.text, second.error, rig.sockets.length]).toEqual(['ok', undefined, 2]);
  });

  it.each([
    { why: 'a POST', stream: () => new FakeStream('POST'), answer: '' },
    { why: 'what was answered in part', stream: () => new FakeStream('GET'), answer: 'HTTP/1.1 20' },
  ])('does not repeat $why', async ({ stream, answer }) => {
    const rig = await start((_connection, socket) => socket.end(answer));
    const asked = rig.ask(stream());
    await over(asked);
    expect(asked.error).toMatchObject({ name: 'Http1Error' });
    expect(rig.sockets.length).toBe(1);
  });

  it('sends a body of unknown length in chunks, and one of a known length as it is', async () => {
    const rig = await start(() => {});
    const [chunked, plain] = [
      new FakeStream('PUT', [], true),
      new FakeStream('PUT', ['content-length', '5'], true),
    ];
    for (const stream of [chunked, plain]) {
      rig.ask(stream);
      stream.send('hel', false);
      stream.send('lo', true);
    }
    await expect
      .poll(() => rig.texts.length === 2 && rig.texts.every((text) => text.includes('lo')))
      .toBe(true);
    const bodies = rig.texts.map((text) => text.slice(text.indexOf('\r\n\r\n') + 4)).sort();
    expect(bodies).toEqual(['3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n', 'hello']);
  });

  it.each([
    { why: 'longer', body: 'hello!' },
    { why: 'shorter', body: 'hi' },
  ])('breaks off a body that is $why than announced', async ({ body }) => {
    const rig = await start(() => {});
    const stream = rig.ask(new FakeStream('PUT', ['content-length', '5'], true));
    await expect.poll(() => rig.texts[0]).toContain('PUT');
    stream.send(body, true);
    await over(stream);
    expect(stream.error).toMatchObject({ code: 'MALFORMED_REQUEST' });
    expect(rig.texts[0]).not.toContain('hello!');
  });

  it('uses no connection again on which a body was cut short by its answer', async () => {
    const rig = await start(ok);
    const early = rig.ask(new FakeStream('PUT', [], true));
    await over(early);
    expect([early.text, early.isEnded]).toEqual(['ok', true]);
    await over(rig.ask(new FakeStream('GET')));
    expect(rig.sockets.length).toBe(2);
  });

  it('reads no further than the tunnel takes, and goes on when it has drained', async () => {
    const mib = 'x'.repeat(1024 * 1024);
    const rig = await start((_connection, socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${8 * mib.length}\r\n\r\n`);
      for (let count = 0; count < 8; count += 1) socket.write(mib);
    });
    const stream = new FakeStream('GET');
    stream.pendingBytes = 1024 * 1024;
    rig.ask(stream);
    await expect.poll(() => stream.text.length).toBeGreaterThan(0);
    await new Promise((resolve) => setImmediate(resolve));
    const heldBytes = stream.text.length;
    expect(heldBytes).toBeLessThan(mib.length);
    stream.drain();
    await over(stream);
    expect(stream.text.length).toBe(8 * mib.length);
  });

  it('ends the connection of a request that nobody wants any more, and takes what waits off the queue', async () => {
    const rig = await start(
      (connection, socket, request) => {
        if (connection > 0 || request > 0) ok(connection, socket);
      },
      { connections: 1 },
    );
    const [hanging, waiting, last] = [new FakeStream('GET'), new FakeStream('GET'), new FakeStream('GET')];
    for (const stream of [hanging, waiting, last]) rig.ask(stream);
    await expect.poll(() => rig.texts[0]).toContain('GET');
    waiting.reset();
    expect(waiting.isOver).toBe(1);
    hanging.reset();
    await over(last);
    expect([hanging.isOver, hanging.error, last.text]).toEqual([1, undefined, 'ok']);
    expect(rig.texts.join('').split('GET').length - 1).toBe(2);
  });

  it('closes what nobody used for long, and leaves no timer', async () => {
    const rig = await start(ok);
    await over(rig.ask(new FakeStream('GET')));
    await expect.poll(() => rig.clock.pending()).toBe(1);
    await rig.clock.advance(36_000);
    expect([rig.pool.size, rig.clock.pending()]).toEqual([0, 0]);
  });

  it('uses no connection that its server is about to close', async () => {
    const rig = await start((_connection, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=3\r\nContent-Length: 0\r\n\r\n');
    });
    await over(rig.ask(new FakeStream('GET')));
    await rig.clock.advance(2500);
    await over(rig.ask(new FakeStream('GET')));
    expect(rig.sockets.length).toBe(2);
  });

  it('drops a kept connection on which something comes that nobody asked for', async () => {
    const rig = await start((_connection, socket, request) => {
      ok(0, socket);
      if (request === 0) setImmediate(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'));
    });
    await over(rig.ask(new FakeStream('GET')));
    await expect.poll(() => rig.pool.size).toBe(0);
    const next = rig.ask(new FakeStream('GET'));
    await over(next);
    expect(next.text).toBe('ok');
  });

  it.each([
    { why: 'that nobody listens', address: () => Promise.resolve('127.0.0.1:1'), code: 'ECONNREFUSED' },
    { why: 'that nobody shakes hands', address: () => startTarget(() => {}), code: 'CONNECT_TIMEOUT' },
  ])('says $why, and leaves nothing', async ({ address, code }) => {
    const clock = createFakeClock();
    const port = Number((await address()).split(':')[1]);
    const target = { host: '127.0.0.1', port, tls: {} };
    const pool = new Http1Pool(
      { target, clock },
      { connections: 4, connectTimeoutMs: 10_000, keepMs: 30_000 },
    );
    const stream = new FakeStream('GET');
    pool.perform(stream, {
      onError: (error) => (stream.error = error),
      onOver: () => (stream.isOver += 1),
    });
    if (code === 'CONNECT_TIMEOUT') await clock.advance(10_001);
    await over(stream);
    expect([stream.error, pool.size, clock.pending()]).toMatchObject([{ code }, 0, 0]);
  });

  it('ends everything when it is disposed of', async () => {
    const rig = await start(() => {}, { connections: 1 });
    const streams = [rig.ask(new FakeStream('GET')), rig.ask(new FakeStream('GET'))];
    await expect.poll(() => rig.texts[0]).toContain('GET');
    await rig.pool[Symbol.asyncDispose]();
    expect(streams.map(({ isOver, error }) => [isOver, error?.message])).toEqual(
      streams.map(() => [1, 'the agent stops']),
    );
    expect([rig.pool.size, rig.clock.pending()]).toEqual([0, 0]);
    expect(rig.ask(new FakeStream('GET')).error?.message).toBe('the agent stops');
  });
});
