import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServerBench, readToEnd } from './server-bench.fixture.ts';
import type { ServerBench } from './server-bench.fixture.ts';

const MIB = 1024 * 1024;
const POST = 'POST / HTTP/1.1\r\nHost: a\r\n';

let bench: ServerBench;

beforeAll(async () => {
  bench = await createServerBench({
    headersTimeoutMs: 300,
    idleTimeoutMs: 300,
    requestTimeoutMs: 400,
    drainTimeoutMs: 200,
  });
});

afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

describe('HTTP/1.1 connections that misbehave', () => {
  it.each([
    { why: 'no HTTP at all', send: '\u0000\u0001 hello\r\n\r\n', want: 400 },
    { why: 'no host', send: 'GET / HTTP/1.1\r\n\r\n', want: 400 },
    { why: 'another version', send: 'GET / HTTP/9.9\r\nHost: a\r\n\r\n', want: 400 },
    {
      why: 'a target of more than 1 MiB',
      send: `GET /${'a'.repeat(MIB)} HTTP/1.1\r\nHost: a\r\n\r\n`,
      want: 431,
    },
    {
      why: 'a header of more than 1 MiB',
      send: `GET / HTTP/1.1\r\nHost: a\r\nA: ${'a'.repeat(MIB)}`,
      want: 431,
    },
    {
      why: 'a flood of headers',
      send: `GET / HTTP/1.1\r\nHost: a\r\n${'a: b\r\n'.repeat(200_000)}\r\n`,
      want: 431,
    },
    { why: 'a header without a colon', send: 'GET / HTTP/1.1\r\nHost: a\r\nspam\r\n\r\n', want: 400 },
    { why: 'a header that is folded', send: 'GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n', want: 400 },
    { why: 'a NUL in a header', send: 'GET / HTTP/1.1\r\nHost: a\r\nA: b\u0000c\r\n\r\n', want: 400 },
    { why: 'two lengths', send: `${POST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, want: 400 },
    { why: 'a length below zero', send: `${POST}Content-Length: -1\r\n\r\n`, want: 400 },
    { why: 'a length that is no number', send: `${POST}Content-Length: 0x1\r\n\r\na`, want: 400 },
    {
      why: 'a length and chunks, which proxies and servers read differently',
      send: `${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      want: 400,
    },
    { why: 'a head that does not end', send: 'GET / HTTP/1.1\r\nHost: a\r\nA: ', want: 408 },
  ])('$why: answers $want and closes', async ({ send, want }) => {
    const socket = await bench.open('http/1.1');
    socket.write(send);
    expect(await readToEnd(socket)).toMatch(new RegExp(`^HTTP/1.1 ${want} `));
    expect(await bench.ask()).toBe(200);
  });

  it.each([
    { why: 'chunks that are garbage', send: `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n` },
    {
      why: 'a chunk size beyond what numbers hold',
      send: `${POST}Transfer-Encoding: chunked\r\n\r\n${'f'.repeat(20)}\r\n`,
    },
    {
      why: 'chunk extensions without end',
      send: `${POST}Transfer-Encoding: chunked\r\n\r\n1;${'a'.repeat(64 * 1024)}`,
    },
  ])('$why: the body counts as broken, and the connection closes', async ({ send }) => {
    const before = bench.bodies.length;
    const socket = await bench.open('http/1.1');
    socket.write(send);
    await readToEnd(socket);
    expect(bench.bodies.slice(before).filter((body) => body.startsWith('whole'))).toEqual([]);
    expect(await bench.ask()).toBe(200);
  });

  it('takes what follows a body for a request, and finds that it is none', async () => {
    const socket = await bench.open('http/1.1');
    socket.write(`${POST}Content-Length: 2\r\n\r\nabcdef`);
    expect(await readToEnd(socket)).toContain('HTTP/1.1 400 Bad Request');
  });

  it('gives up on a body that is shorter than its length when its client hangs up', async () => {
    const before = bench.bodies.length;
    const socket = await bench.open('http/1.1');
    socket.end(`${POST}Content-Length: 100\r\n\r\nab`);
    await readToEnd(socket);
    await expect.poll(() => bench.bodies.slice(before)).toEqual([expect.not.stringContaining('whole')]);
    expect(await bench.ask()).toBe(200);
  });

  it('answers a client that closed its half after the request', async () => {
    const socket = await bench.open('http/1.1');
    socket.end('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await readToEnd(socket)).toMatch(/^HTTP\/1.1 200 /);
  });

  it('waits for a slow body until the deadline, then says so and closes', async () => {
    const socket = await bench.open('http/1.1');
    socket.write(`${POST}Content-Length: 100000\r\n\r\n`);
    const drip = setInterval(() => socket.write('a'), 20);
    const answer = await readToEnd(socket);
    clearInterval(drip);
    expect(answer).toMatch(/^HTTP\/1.1 504 /);
    expect(answer).toMatch(/connection: close/i);
    expect(answer).toContain('"reason":"Timeout"');
  });

  it('lets a client ask for less time than there is', async () => {
    const socket = await bench.open('http/1.1');
    const startedAt = performance.now();
    socket.write('POST /?timeout=50ms HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n');
    expect(await readToEnd(socket)).toMatch(/^HTTP\/1.1 504 /);
    expect(performance.now() - startedAt).toBeLessThan(350);
  });

  it('cuts off a client that does not read its answer', async () => {
    const socket = await bench.open('http/1.1');
    socket.pause();
    socket.write('GET /big HTTP/1.1\r\nHost: a\r\n\r\n');
    await new Promise((resolve) => setTimeout(resolve, 700)); // longer than the deadline: nothing tells of it earlier
    const text = await readToEnd(socket.resume());
    expect(text).toMatch(/^HTTP\/1.1 200 /);
    expect(text.length).toBeLessThan(32 * MIB);
  });

  it('reads more than a thousand headers, of which Node drops the rest unless told otherwise', async () => {
    const socket = await bench.open('http/1.1');
    const headers = Array.from({ length: 3000 }, (_, index) => `h${index}: v\r\n`).join('');
    socket.write(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers}\r\n`);
    expect(await readToEnd(socket)).toContain('"headers":3002');
  });

  it('closes what sends nothing, before and after the handshake, and what is idle', async () => {
    const raw = connect({ host: '127.0.0.1', port: bench.server.port });
    raw.on('error', () => undefined);
    const silent = await bench.open('http/1.1');
    const idle = await bench.open('http/1.1');
    idle.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await Promise.all([once(raw.resume(), 'close'), readToEnd(silent), readToEnd(idle)]);
    expect(await bench.ask()).toBe(200);
  });
});
