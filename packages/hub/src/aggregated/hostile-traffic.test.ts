import { once } from 'node:events';
import { createServer } from 'node:tls';
import { connect as connectTls } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  CLUSTER_ID,
  SOCKETS,
  call,
  createTestPki,
  startAgent,
  startChild,
  startHub,
} from './loopback.fixture.ts';
import type { Hub, TestPki, Way } from './loopback.fixture.ts';

const DIRECT = `${SOCKETS}/${CLUSTER_ID}/proxy/direct`;

let parentPki: TestPki;
let childPki: TestPki;
beforeAll(async () => {
  [parentPki, childPki] = await Promise.all([createTestPki('parent'), createTestPki('child')]);
});

const WAYS = ['version 1', 'raw streams of version 2', 'requests of version 2'] as const;

/** A hub and an agent whose child is a TLS server that is no HTTP server. */
async function wire(way: (typeof WAYS)[number], address: string): Promise<Hub> {
  const apiServer = { server: `https://${address}`, caPem: childPki.ca.certPem };
  const hub = await startHub(parentPki, () => ({
    apiserverUrl: apiServer.server,
    caPem: apiServer.caPem,
    useSocket: true,
    namespace: 'clusternet-x',
  }));
  const options: Way =
    way === 'version 1' ? { maxVersion: 1 } : way === 'requests of version 2' ? { apiServer } : {};
  await startAgent(hub, [address], {}, options);
  return hub;
}

async function startRawChild(answer: string): Promise<string> {
  const { certPem, keyPem } = childPki.server;
  const sockets = new Set<TLSSocket>();
  const server = createServer({ cert: certPem, key: keyPem }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      if (chunk.includes('GET /fine ')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine');
      else socket.end(Buffer.from(answer, 'latin1'));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.each(WAYS)('a child that answers with nonsense, over %s', (way) => {
  it.each([
    { why: 'no HTTP', answer: 'SSH-2.0-OpenSSH_9\r\n' },
    { why: 'a status that is none', answer: 'HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n' },
    { why: 'a status of one digit', answer: 'HTTP/1.1 7 Odd\r\nContent-Length: 0\r\n\r\n' },
    { why: 'a huge header', answer: `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(300_000)}\r\n\r\n` },
    { why: 'very many headers', answer: `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(60_000)}\r\n` },
    {
      why: 'a control character in a value',
      answer: 'HTTP/1.1 200 OK\r\nX: a\u0001b\r\nContent-Length: 0\r\n\r\n',
    },
    { why: 'a name that is none', answer: 'HTTP/1.1 200 OK\r\nX y: a\r\nContent-Length: 0\r\n\r\n' },
    { why: 'two lengths', answer: 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab' },
    {
      why: 'a length and chunks',
      answer: 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    },
  ])('fails that request and no other: $why', async ({ answer }) => {
    const hub = await wire(way, await startRawChild(answer));
    const session = hub.registry.pick(CLUSTER_ID);
    const { status, text } = await call(hub, `${DIRECT}/odd`);
    expect([status >= 500, JSON.parse(text)]).toEqual([true, expect.objectContaining({ kind: 'Status' })]);
    expect((await call(hub, `${DIRECT}/fine`)).text).toBe('fine');
    expect(hub.registry.pick(CLUSTER_ID)).toBe(session);
  });

  it('breaks off an answer whose trailers or chunks are nonsense, or refuses it where nothing was passed on', async () => {
    for (const tail of ['0\r\nX\u0001: y\r\n\r\n', 'zz\r\n', 'ffffffffffffffffff\r\n']) {
      const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n';
      const hub = await wire(way, await startRawChild(head + tail));
      const outcome = call(hub, `${DIRECT}/odd`).then(
        ({ status }) => status,
        () => 'broken off',
      );
      expect(['broken off', 503]).toContain(await outcome);
      expect((await call(hub, `${DIRECT}/fine`)).text).toBe('fine');
    }
  });
});

describe.each(WAYS)('a caller that plays tricks, over %s', (way) => {
  /** Sends bytes as they are; gives what came back until the hub closed, or until `pattern` is there. */
  async function sendRaw(hub: Hub, bytes: string, pattern?: RegExp): Promise<string> {
    const socket = connectTls({
      host: '127.0.0.1',
      port: hub.port,
      ca: hub.caPem,
      ALPNProtocols: ['http/1.1'],
    });
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    socket.write(Buffer.from(bytes, 'latin1'));
    let text = '';
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        if (pattern?.test(text) === true) resolve();
      });
      socket.on('close', () => resolve());
    });
    return text;
  }

  async function start(): Promise<{ hub: Hub; seen: { line: string; headers: string[] }[] }> {
    const seen: { line: string; headers: string[] }[] = [];
    const child = await startChild(childPki, (request, response) => {
      seen.push({ line: `${request.method ?? ''} ${request.url ?? ''}`, headers: request.rawHeaders });
      request.resume().on('end', () => response.end('done'));
    });
    return { hub: await wire(way, child.address), seen };
  }

  it.each([
    { why: 'a length and chunks', head: 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n' },
    { why: 'two lengths', head: 'Content-Length: 5\r\nContent-Length: 6\r\n' },
    { why: 'a length that is no number', head: 'Content-Length: +5\r\n' },
    { why: 'chunks by another name', head: 'Transfer-Encoding: xchunked\r\n' },
    { why: 'a space before the colon', head: 'Transfer-Encoding : chunked\r\n' },
    { why: 'a folded line', head: 'X: a\r\n Transfer-Encoding: chunked\r\n' },
    { why: 'a zero byte', head: 'X: a\0b\r\n' },
    { why: 'a bare line feed', head: 'X: a\nTransfer-Encoding: chunked\r\n' },
  ])('sends nothing to the child: $why', async ({ head }) => {
    const { hub, seen } = await start();
    const text = await sendRaw(
      hub,
      `POST ${DIRECT}/x HTTP/1.1\r\nHost: h\r\n${head}\r\n0\r\n\r\nGET /y HTTP/1.1\r\n\r\n`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 4/);
    expect(seen).toEqual([]);
    expect((await call(hub, `${DIRECT}/fine`)).status).toBe(200);
  });

  it('does not pass on what Connection names, nor what is about one hop', async () => {
    const { hub, seen } = await start();
    const hops =
      'Connection: close, X-Secret, Authorization\r\nX-Secret: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nProxy-Authorization: p\r\nTrailer: x\r\n';
    await sendRaw(
      hub,
      `GET ${DIRECT}/x HTTP/1.1\r\nHost: h\r\nX-Remote-Extra-Clusternet-Token: t\r\n${hops}\r\n`,
    );
    const names =
      seen[0]?.headers.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()) ?? [];
    for (const name of [
      'x-secret',
      'keep-alive',
      'te',
      'proxy-authorization',
      'trailer',
      'x-remote-extra-clusternet-token',
    ])
      expect(names).not.toContain(name);
    expect(names.filter((name) => name === 'authorization')).toHaveLength(1); // the child's own, which a caller cannot take away
  });

  it('passes repeated headers on as they are, and no identity among them', async () => {
    const { hub, seen } = await start();
    const twice =
      'X-A: 1\r\nX-A: 2\r\nImpersonate-User: admin\r\nX-Remote-User: admin\r\nX-Remote-Group: system:masters\r\n';
    await sendRaw(hub, `GET ${DIRECT}/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${twice}\r\n`);
    const { headers = [] } = seen[0] ?? {};
    const valuesOf = (name: string): string[] =>
      headers.filter((_, index) => index % 2 === 1 && headers[index - 1]?.toLowerCase() === name);
    expect(valuesOf('x-a').join(', ')).toBe('1, 2');
    expect(
      headers.map((text) => text.toLowerCase()).filter((name) => /^(?:x-remote-|impersonate-)/.test(name)),
    ).toEqual([]);
  });

  it.each([
    { path: '/%2e%2e/%2e%2e/secret', want: 'GET /secret' },
    { path: '/..//../a//b', want: 'GET /a/b' },
    { path: '//host/x', want: 'GET /host/x' },
    { path: '/a/..%2f..%2fb', want: undefined },
    { path: '/a%2f..%5c..%2fb', want: undefined },
    { path: '/a%252e%252e/b', want: 'GET /a%252e%252e/b' },
  ])('$path stays inside the child', async ({ path, want }) => {
    const { hub, seen } = await start();
    const text = await sendRaw(hub, `GET ${DIRECT}${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
    expect([text.slice(9, 12), seen[0]?.line]).toEqual([want === undefined ? '400' : '200', want]);
  });

  it.each([
    {
      why: 'a longer target than version 1 carries',
      path: `/https/${'h'.repeat(60)}.${'d'.repeat(60)}.example/x`,
    },
    { why: 'a much longer one', path: `/https/${'h'.repeat(4000)}/x` },
  ])('is told about $why', async ({ path }) => {
    const { hub } = await start();
    const { status, text } = await call(hub, `${SOCKETS}/${CLUSTER_ID}/proxy${path}`);
    expect([400, 503]).toContain(status);
    expect(JSON.parse(text)).toMatchObject({ kind: 'Status' });
  });

  it('is refused with a head that no server takes', async () => {
    const { hub, seen } = await start();
    // The connection ends with the answer, which may get lost with what its client is still sending.
    const refused = /^(?:HTTP\/1\.1 431 |$)/;
    const long = `GET ${DIRECT}/${'x'.repeat(70_000)} HTTP/1.1\r\nHost: h\r\n\r\n`;
    expect(await sendRaw(hub, long)).toMatch(refused);
    const wide = `GET ${DIRECT}/x HTTP/1.1\r\nHost: h\r\nX: ${'y'.repeat(140_000)}\r\n\r\n`;
    expect(await sendRaw(hub, wide)).toMatch(refused);
    expect(seen).toEqual([]);
  });
});
