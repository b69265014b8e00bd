import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { silentLogger, systemClock } from '@clusternet/runtime';
import type { ResetCode } from '@clusternet/tunnel-protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dialTunnel } from '../dial-tunnel.ts';
import { TUNNEL_PROTOCOL } from '../handshake.ts';
import { listen } from '../loopback.fixture.ts';
import type { TunnelSession } from '../tunnel-session.ts';
import { createRequestServer } from './serve-requests.ts';

const END = 1;
const TYPE = { data: 0, request: 1, response: 2, reset: 6 } as const;
const GRANT = Buffer.from([0, 0, 255, 255]);

function frameOf(type: number, flags: number, stream: number, payload: Buffer | string = ''): Buffer {
  const bytes = Buffer.from(payload as string, 'latin1');
  const header = Buffer.alloc(9);
  header.writeUIntBE(bytes.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, bytes]);
}

const requestOf = (stream: number, texts: readonly string[], flags = END): Buffer =>
  frameOf(TYPE.request, flags, stream, Buffer.concat([GRANT, Buffer.from(texts.join('\0'), 'latin1')]));

interface Rig {
  readonly agent: TunnelSession;
  readonly hub: Socket;
  /** What the API server was asked: method and path. */
  readonly asked: string[];
  /** Type of the frames that came, with their streams. */
  readonly frames: { readonly type: number; readonly stream: number }[];
  connections(): number;
}

/** An agent of ours whose hub is the test. Its API server answers `ok`, but to `/hang` nothing. */
async function start(
  options: Parameters<typeof createRequestServer>[1] = {},
  onRefused?: (code: ResetCode) => void,
): Promise<Rig> {
  const asked: string[] = [];
  let connections = 0;
  const api = createServer((request, response) => {
    asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
    request.resume();
    if (request.url !== '/hang') response.end('ok');
  });
  api.on('connection', () => (connections += 1));
  const door = createServer();
  await Promise.all([listen(api), listen(door)]);
  const upgraded = once(door, 'upgrade') as Promise<[IncomingMessage, Socket, Buffer]>;
  const requests = createRequestServer(
    {
      connection: { server: `http://127.0.0.1:${(api.address() as AddressInfo).port}` },
      clock: systemClock,
      log: silentLogger,
      ...(onRefused === undefined ? {} : { onRefused }),
    },
    options,
  );
  const stop = new AbortController();
  const dialled = dialTunnel(
    { clock: systemClock, log: silentLogger, onStream: (stream) => stream.destroy(), requests },
    { parentUrl: `http://127.0.0.1:${(door.address() as AddressInfo).port}`, clusterId: 'c-1' },
    {},
    stop.signal,
  );
  const [, hub] = await upgraded;
  hub.on('error', () => {});
  hub.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${TUNNEL_PROTOCOL}\r\n\r\n`);
  const frames: { type: number; stream: number }[] = [];
  let waiting: Buffer = Buffer.alloc(0);
  hub.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    while (waiting.length >= 9 && waiting.length >= 9 + waiting.readUIntBE(0, 3)) {
      frames.push({ type: waiting.readUInt8(3), stream: waiting.readUInt32BE(5) });
      waiting = waiting.subarray(9 + waiting.readUIntBE(0, 3));
    }
  });
  const agent = await dialled;
  agent.closed().catch(() => {});
  onTestFinished(async () => {
    stop.abort();
    hub.destroy();
    await requests[Symbol.asyncDispose]();
    api.closeAllConnections();
    api.close();
    door.close();
  });
  return { agent, hub, asked, frames, connections: () => connections };
}

const SECOND = 'GET /second HTTP/1.1\r\nHost: x\r\n\r\n';

describe('a hub that wants two requests for one', () => {
  it.each([
    { why: 'a line end in the path', texts: ['apiserver', 'GET', `/ HTTP/1.1\r\n\r\n${SECOND}`] },
    { why: 'a space in the path', texts: ['apiserver', 'GET', '/ HTTP/1.1'] },
    { why: 'a path that is a URL', texts: ['apiserver', 'GET', 'http://other/'] },
    { why: 'no path', texts: ['apiserver', 'GET', ''] },
    { why: 'a line end in the method', texts: ['apiserver', `GET / HTTP/1.1\r\n\r\n${SECOND}GET`, '/'] },
    { why: 'a space in the method', texts: ['apiserver', 'GET /second', '/'] },
    { why: 'the method CONNECT', texts: ['apiserver', 'CONNECT', '/'] },
    { why: 'a line end in a name', texts: ['apiserver', 'GET', '/', `a: b\r\n\r\n${SECOND}x`, 'y'] },
    { why: 'a colon in a name', texts: ['apiserver', 'GET', '/', 'transfer-encoding:', 'chunked'] },
    { why: 'a space behind a name', texts: ['apiserver', 'GET', '/', 'content-length ', '40'] },
    { why: 'a line end in a value', texts: ['apiserver', 'GET', '/', 'a', `b\r\n\r\n${SECOND}`] },
    {
      why: 'a line feed alone in a value',
      texts: ['apiserver', 'GET', '/', 'a', 'b\ntransfer-encoding: chunked'],
    },
  ])('gets none, and loses its session: $why', async ({ texts }) => {
    const rig = await start();
    rig.hub.write(requestOf(2, texts));
    await expect(rig.agent.closed()).rejects.toMatchObject({ code: 'PROTOCOL' });
    expect(rig.asked).toEqual([]);
  });

  it.each([
    {
      why: 'Transfer-Encoding',
      fields: ['transfer-encoding', 'chunked'],
      body: `0\r\n\r\n${SECOND}`,
      most: 0,
    },
    { why: 'two lengths', fields: ['content-length', '0', 'content-length', '40'], body: SECOND, most: 1 },
    { why: 'a length that is too small', fields: ['content-length', '2'], body: `ok${SECOND}`, most: 1 },
    { why: 'a length and no body', fields: ['content-length', '40'], body: undefined, most: 1 },
    { why: 'a length that is no number', fields: ['content-length', '0x10'], body: SECOND, most: 0 },
    {
      why: 'a length and Transfer-Encoding',
      fields: ['content-length', '2', 'transfer-encoding', 'chunked'],
      body: SECOND,
      most: 0,
    },
    { why: 'an upgrade', fields: ['connection', 'upgrade', 'upgrade', 'h2c'], body: SECOND, most: 0 },
    {
      why: 'Expect',
      fields: ['expect', '100-continue', 'content-length', '2'],
      body: `ok${SECOND}`,
      most: 0,
    },
    { why: 'two hosts', fields: ['host', 'a', 'host', 'b'], body: undefined, most: 1 },
  ])('gets one at most: $why', async ({ fields, body, most }) => {
    for (const method of ['POST', 'GET', 'DELETE']) {
      const rig = await start();
      rig.hub.write(requestOf(2, ['apiserver', method, '/first', ...fields], body === undefined ? END : 0));
      if (body !== undefined) rig.hub.write(frameOf(TYPE.data, END, 2, body));
      await expect.poll(() => rig.frames.some(({ stream }) => stream === 2)).toBe(true);
      rig.hub.write(requestOf(4, ['apiserver', 'GET', '/after']));
      await expect.poll(() => rig.frames.some(({ stream }) => stream === 4)).toBe(true);
      await expect.poll(() => rig.asked.at(-1)).toBe('GET /after');
      expect(rig.asked.filter((line) => line.endsWith('/first')).length).toBeLessThanOrEqual(most);
      expect(rig.asked.filter((line) => line.includes('second'))).toEqual([]);
    }
  });
});

describe('a hub that asks without end', () => {
  it('fills no queue with what it resets: that waits for nothing any more', async () => {
    const rig = await start({ connections: 2, maxRequests: 100 });
    const frames: Buffer[] = [];
    for (let stream = 2; stream < 10_002; stream += 2) {
      frames.push(requestOf(stream, ['apiserver', 'GET', '/hang']), frameOf(TYPE.reset, 0, stream, '\0\0'));
    }
    rig.hub.write(Buffer.concat(frames));
    rig.hub.write(requestOf(20_000, ['apiserver', 'GET', '/after']));
    await expect.poll(() => rig.asked.includes('GET /after'), { timeout: 10_000 }).toBe(true);
    expect(rig.frames.filter(({ type }) => type === TYPE.reset)).toEqual([]);
    expect(rig.connections()).toBeLessThanOrEqual(200);
    await expect.poll(() => rig.agent.streams).toBe(0);
  });

  it('is refused beyond what may wait for the API server', async () => {
    const rig = await start({ connections: 2, maxRequests: 100 });
    const streams = Array.from({ length: 1000 }, (_, index) => 2 + 2 * index);
    rig.hub.write(Buffer.concat(streams.map((stream) => requestOf(stream, ['apiserver', 'GET', '/hang']))));
    await expect.poll(() => rig.frames.filter(({ type }) => type === TYPE.reset).length).toBe(900);
    await expect.poll(() => rig.asked.length).toBe(2);
    expect(rig.connections()).toBe(2);
    rig.hub.write(Buffer.concat(streams.map((stream) => frameOf(TYPE.reset, 0, stream, '\0\0'))));
    rig.hub.write(requestOf(20_000, ['apiserver', 'GET', '/after']));
    await expect.poll(() => rig.asked.includes('GET /after')).toBe(true);
  });

  it('is refused beyond what the heads of its requests may take together, and that is counted', async () => {
    const codes: string[] = [];
    const rig = await start({ connections: 1, maxHeadChars: 100_000 }, (code) => codes.push(code));
    const streams = Array.from({ length: 20 }, (_, index) => 2 + 2 * index);
    const texts = ['apiserver', 'GET', '/hang', 'x-filler', 'x'.repeat(9000)];
    rig.hub.write(Buffer.concat(streams.map((stream) => requestOf(stream, texts))));
    await expect.poll(() => rig.frames.filter(({ type }) => type === TYPE.reset).length).toBe(9);
    expect(codes).toEqual(Array.from({ length: 9 }, () => 'OVERLOADED'));
    rig.hub.write(Buffer.concat(streams.map((stream) => frameOf(TYPE.reset, 0, stream, '\0\0'))));
    rig.hub.write(requestOf(20_000, ['apiserver', 'GET', '/after', 'x-filler', 'x'.repeat(9000)]));
    await expect.poll(() => rig.asked.includes('GET /after')).toBe(true);
  });
});
