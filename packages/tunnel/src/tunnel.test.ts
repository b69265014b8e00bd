import { once } from 'node:events';
import { connect } from 'node:net';
import { createFakeClock } from '@clusternet/runtime/fakes';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { WAYS, readAll, startAgent, startHub, startPair, startTarget } from './loopback.fixture.ts';

const MIB = 1024 * 1024;
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'none',
    (error: unknown) => (error as { code?: unknown }).code,
  );

describe.each(WAYS)('a tunnel of $way', ({ way, hub: hubOptions, agent: agentOptions }) => {
  const connectPair = (allowed?: readonly string[]) =>
    startPair({ hub: hubOptions, agent: { ...agentOptions, ...(allowed === undefined ? {} : { allowed }) } });

  it('carries bytes both ways and ends in order', async () => {
    const target = await startTarget((socket) => socket.pipe(socket));
    const { hub, agent } = await connectPair();
    const stream = hub.open('tcp', target);
    stream.write('hello ');
    stream.write('tunnel');
    const [chunk] = (await once(stream, 'data')) as [Buffer];
    expect(`hello tunnel`.startsWith(chunk.toString())).toBe(true);
    stream.end();
    await once(stream, 'close');
    await expect.poll(() => [hub.streams, agent.streams]).toEqual([0, 0]);
  });

  it('delivers what the target wrote before it closed', async () => {
    const body = Buffer.alloc(3 * MIB, 'x');
    const target = await startTarget((socket) => socket.end(body));
    const { hub } = await connectPair();
    expect((await readAll(hub.open('tcp', target))).equals(body)).toBe(true);
  });

  it('delivers to the target what was written before the end', async () => {
    const got = Promise.withResolvers<Buffer>();
    const target = await startTarget((socket) => void readAll(socket).then(got.resolve, got.reject));
    const { hub } = await connectPair();
    const body = Buffer.alloc(3 * MIB, 'y');
    const stream = hub.open('tcp', target);
    stream.on('error', () => {}); // the target never ends its half, so the end of the test does
    stream.end(body);
    expect((await got.promise).equals(body)).toBe(true);
  });

  it('runs many streams beside each other', async () => {
    const target = await startTarget((socket) => socket.pipe(socket));
    const { hub } = await connectPair();
    const bodies = Array.from({ length: 40 }, (_, index) => Buffer.alloc(100_000, index + 1));
    const echoed = await Promise.all(
      bodies.map(async (body) => {
        const stream = hub.open('tcp', target);
        stream.write(body);
        const chunks: Buffer[] = [];
        let sizeBytes = 0;
        for await (const chunk of stream as AsyncIterable<Buffer>) {
          chunks.push(chunk);
          sizeBytes += chunk.length;
          if (sizeBytes === body.length) break;
        }
        return Buffer.concat(chunks);
      }),
    );
    expect(echoed.every((body, index) => body.equals(bodies[index]!))).toBe(true);
  });

  it('makes the target wait for a reader that stopped, in bounded memory, and goes on later', async () => {
    const body = Buffer.alloc(48 * MIB, 'z');
    const target = await startTarget((socket) => socket.end(body));
    const { hub, agent } = await connectPair();
    const stream = hub.open('tcp', target);
    const [first] = (await once(stream, 'readable')) as [undefined];
    expect(first).toBeUndefined();
    await expect.poll(() => agent.sentBytes === hub.receivedBytes && hub.bufferedBytes > 190_000).toBe(true);
    expect(hub.bufferedBytes).toBeLessThan(8 * MIB);

    const other = await startTarget((socket) => socket.end('quick'));
    expect((await readAll(hub.open('tcp', other))).toString()).toBe('quick');
    expect((await readAll(stream)).length).toBe(body.length);
  });

  it('makes the writer wait for a target that stopped reading', async () => {
    const target = await startTarget((socket) => socket.pause());
    const { hub, agent } = await connectPair();
    const stream = hub.open('tcp', target);
    for (let count = 0; count < 40; count += 1) stream.write(Buffer.alloc(MIB));
    await expect.poll(() => agent.bufferedBytes > 30_000 && hub.sentBytes === agent.receivedBytes).toBe(true);
    expect(agent.bufferedBytes).toBeLessThan(8 * MIB);
    expect(stream.writableLength).toBeGreaterThan(10 * MIB);
    stream.destroy();
  });

  it('names the hop when the target refuses', async () => {
    const target = await startTarget(() => {});
    const closed = await startTarget((socket) => socket.destroy());
    const { hub } = await connectPair([target, '127.0.0.1:1', closed]);
    const refused = hub.open('tcp', '127.0.0.1:1');
    const [error] = (await once(refused, 'error')) as [Error & { code: string }];
    expect(error.code).toBe('DIAL_FAILED');
    expect(error.message).toMatch(
      /^hub → agent c-1 → 127\.0\.0\.1:1: dial tcp 127\.0\.0\.1:1: .*ECONNREFUSED/,
    );
    expect((await readAll(hub.open('tcp', closed))).length).toBe(0);
  });

  it('dials nothing that the policy does not list', async () => {
    const target = await startTarget(() => {});
    const { hub } = await connectPair(['10.0.0.1:443']);
    for (const [network, address] of [
      ['tcp', target],
      ['unix', '/run/x.sock'],
      ['udp', '10.0.0.1:443'],
    ] as const) {
      const [error] = (await once(hub.open(network, address), 'error')) as [Error & { code: string }];
      const want = way === 'version 1' ? 'DIAL_FAILED' : 'NOT_ALLOWED'; // version 1 has no codes
      expect([error.code, error.message]).toEqual([want, expect.stringContaining('policy')]);
    }
  });

  it('ends its streams on both sides when the peer vanishes', async () => {
    const target = await startTarget((socket) => socket.pipe(socket));
    const { hub, agent, rig } = await connectPair();
    const stream = hub.open('tcp', target);
    stream.write('x');
    await once(stream, 'data');
    for (const socket of rig.sockets) socket.destroy();
    const [error] = (await once(stream, 'error')) as [Error & { code: string }];
    expect(error.code).toBe('LOST');
    expect(await Promise.all([codeOf(hub.closed()), codeOf(agent.closed())])).toEqual(['LOST', 'LOST']);
    expect(() => hub.open('tcp', target)).toThrow('closed');
  });

  it('closes in order, after its streams if there is time', async () => {
    const done = Promise.withResolvers<undefined>();
    const target = await startTarget((socket) => void done.promise.then(() => socket.end('late')));
    const { hub, agent } = await connectPair();
    const stream = hub.open('tcp', target);
    const read = readAll(stream);
    const closing = hub.close(5000);
    expect(() => hub.open('tcp', target)).toThrow(/closed|no more/);
    done.resolve(undefined);
    expect((await read).toString()).toBe('late');
    stream.end();
    await closing;
    expect(await Promise.all([codeOf(hub.closed()), codeOf(agent.closed())])).toEqual(['none', 'LOST']);
  });

  it('notices silence before it gives up', async () => {
    const clock = createFakeClock();
    const { agent, rig } = await startPair({ hub: hubOptions, agent: { ...agentOptions, clock } });
    const told: boolean[] = [];
    agent.onSilence((isSilent) => told.push(isSilent));
    for (const socket of rig.sockets) socket.pause();
    await clock.advance(9000);
    expect([agent.isSilent, told]).toEqual([true, [true]]);
    await clock.advance(20_000);
    expect(await codeOf(agent.closed())).toBe('SILENT');
    expect(clock.pending()).toBe(0);
  });
});

describe('version 1', () => {
  it('refuses an address that does not fit', async () => {
    const { hub } = await startPair({ agent: { maxVersion: 1 } });
    expect(() => hub.open('tcp', `${'a'.repeat(100)}:443`)).toThrow('takes 108 bytes');
  });

  it('opens with the request of a Go agent, and knows its own kind', async () => {
    const rig = await startHub();
    await startAgent(`${rig.url}/prefix/`, { maxVersion: 1, target: { token: 't0k' } });
    const hub = await rig.nextSession();
    const [request] = rig.requests;
    expect(request?.url).toBe('/prefix/apis/proxies.clusternet.io/v1alpha1/sockets/c-1');
    expect(request?.headers).toMatchObject({ authorization: 'Bearer t0k', 'x-clusternet-tunnel': '1' });
    expect(request?.headers).not.toHaveProperty('sec-websocket-extensions');
    expect(hub.hop).toBe('hub → agent c-1');
  });
});

describe('the end of a tunnel', () => {
  it.each([
    { why: 'a text message', send: (socket: WebSocket) => socket.send('hello') },
    { why: 'half a header', send: (socket: WebSocket) => socket.send(Buffer.of(0x80)) },
    {
      why: 'Connect to a hub',
      send: (socket: WebSocket) => socket.send(Buffer.from('020404b0ea017463702f613a31', 'hex')),
    },
    { why: 'a huge message', send: (socket: WebSocket) => socket.send(Buffer.alloc(5 * MIB)) },
  ])('comes with $why', async ({ send }) => {
    const rig = await startHub();
    const socket = new WebSocket(`${rig.url}/apis/proxies.clusternet.io/v1alpha1/sockets/c-1`);
    await once(socket, 'open');
    const session = await rig.nextSession();
    const stream = session.open('tcp', 'a:1');
    const failed = once(stream, 'error');
    send(socket);
    expect(await codeOf(session.closed())).toBe('PROTOCOL');
    await failed;
    socket.terminate();
  });

  it('does not come with pings, or types of later versions', async () => {
    const rig = await startHub();
    const socket = new WebSocket(`${rig.url}/apis/proxies.clusternet.io/v1alpha1/sockets/c-1`);
    await once(socket, 'open');
    const session = await rig.nextSession();
    socket.send(Buffer.from('00008001', 'hex'));
    socket.ping('payload');
    await once(socket, 'pong');
    expect(session.isClosed).toBe(false);
    socket.terminate();
  });
});

describe('signs of life', () => {
  it('come both ways, and silence is told before the session is given up', async () => {
    const clock = createFakeClock();
    const rig = await startHub({ clock });
    const socket = new WebSocket(`${rig.url}/apis/proxies.clusternet.io/v1alpha1/sockets/c-1`, {
      autoPong: false,
    });
    await once(socket, 'open');
    const session = await rig.nextSession();
    const told: boolean[] = [];
    session.onSilence((isSilent) => told.push(isSilent));
    const pinged = once(socket, 'ping');
    await clock.advance(4000);
    await pinged;
    await clock.advance(4000);
    expect([session.isSilent, told]).toEqual([true, [true]]);
    socket.send(Buffer.from('00008001', 'hex'));
    await expect.poll(() => session.isSilent).toBe(false);
    expect(told).toEqual([true, false]);
    expect(session.lastSeenMs).toBe(clock.monotonicMs());
    await clock.advance(31_000);
    expect(await codeOf(session.closed())).toBe('SILENT');
    expect(clock.pending()).toBe(0);
    socket.terminate();
  });

  it('are sent by an agent every 3 s, whatever else flows', async () => {
    const clock = createFakeClock();
    const { agent, rig } = await startPair({ agent: { clock, maxVersion: 1 } });
    const before = rig.sockets[0]!.bytesRead;
    await clock.advance(3000);
    await expect.poll(() => rig.sockets[0]!.bytesRead - before).toBe(6);
    rig.sockets[0]!.pause(); // no Pong from now on
    await clock.advance(20_000);
    expect(await codeOf(agent.closed())).toBe('SILENT');
  });
});

describe('dialTunnel', () => {
  const answer = (status: string, body: string): string =>
    `HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;

  it.each([
    {
      given: answer('403 Forbidden', '{"kind":"Status","message":"sockets is forbidden"}'),
      want: 'REJECTED',
      text: 'answered 403: sockets is forbidden',
    },
    { given: answer('401 Unauthorized', 'no'), want: 'REJECTED', text: 'answered 401: no' },
    { given: answer('503 Service Unavailable', 'wait'), want: 'UNAVAILABLE', text: 'answered 503: wait' },
    { given: answer('404 Not Found', ''), want: 'HANDSHAKE_FAILED', text: 'answered 404' },
    { given: 'nonsense\r\n\r\n', want: 'HANDSHAKE_FAILED', text: 'Parse Error' },
  ])('says $want when the parent $text', async ({ given, want, text }) => {
    const rig = await startHub({ refuse: given });
    const error = await startAgent(rig.url).then(
      () => undefined,
      (cause: unknown) => cause as Error & { code: string },
    );
    expect([error?.code, error?.message]).toEqual([want, expect.stringContaining(text)]);
    expect(error?.message).toContain(`agent → parent ${rig.url}`);
  });

  it('says UNREACHABLE where nobody listens, and INVALID_ADDRESS for no URL', async () => {
    expect(await codeOf(startAgent('http://127.0.0.1:1'))).toBe('UNREACHABLE');
    expect(await codeOf(startAgent('parent'))).toBe('INVALID_ADDRESS');
  });

  it('gives up a handshake that takes too long', async () => {
    const target = await startTarget(() => {});
    const url = `http://${target}`;
    expect(await codeOf(startAgent(url, { handshakeTimeoutMs: 50 }))).toBe('TIMEOUT');
  });
});

describe('acceptTunnel', () => {
  it.each([
    {
      why: 'no websocket key',
      given: 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      want: '400',
    },
    {
      why: 'another method',
      given: 'POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      want: '405',
    },
  ])('answers $want to $why', async ({ given, want }) => {
    const rig = await startHub();
    const socket = connect(Number(new URL(rig.url).port), '127.0.0.1');
    socket.write(given);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect(chunk.toString()).toMatch(new RegExp(`^HTTP/1.1 ${want} `));
    socket.destroy();
  });
});
