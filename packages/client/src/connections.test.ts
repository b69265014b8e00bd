import { once } from 'node:events';
import type { Http2ServerResponse } from 'node:http2';
import { connect as connectTcp, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Transport } from './transport.ts';
import { testCaPem } from './testing/certificates.fixture.ts';
import { startServer } from './testing/loopback-server.fixture.ts';
import type { LoopbackServer } from './testing/loopback-server.fixture.ts';
import { createTransport } from './undici-transport.ts';

const get = { method: 'GET', path: '/version' } as const;
const watch = { method: 'GET', path: '/watch', stream: true } as const;

async function readOnce(transport: Transport): Promise<void> {
  await (await transport.request(get)).text();
}

function connect({ url }: LoopbackServer, idleTimeoutMs = 60_000): Transport {
  return createTransport({ server: url, caPem: testCaPem }, { idleTimeoutMs });
}

/** A way to a port on loopback whose present connections can be made half-open. */
async function startFreezablePath(
  target: number,
): Promise<AsyncDisposable & { readonly port: number; freeze(): void }> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((near) => {
    const far = connectTcp(target, '127.0.0.1');
    for (const socket of [near, far]) socket.on('error', () => {});
    near.pipe(far).pipe(near);
    pairs.add([near, far]);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    freeze: () => {
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        for (const socket of [near, far]) socket.removeAllListeners('data').pause();
      }
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of [...pairs].flat()) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('connections', () => {
  it('are kept: 200 requests in a row take two at most (new TLS connection per request)', async () => {
    await using server = await startServer('https', (_request, response) => response.end('{}'));
    await using transport = connect(server);
    for (let round = 0; round < 200; round += 1) await readOnce(transport);
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  it('are bounded: 200 requests at once take eight', async () => {
    await using server = await startServer('https', (_request, response) => response.end('{}'));
    await using transport = connect(server);
    await Promise.all(Array.from({ length: 200 }, () => readOnce(transport)));
    expect(server.connections).toBeLessThanOrEqual(8);
  });

  it('are shared by watches where the server speaks HTTP/2', async () => {
    await using server = await startServer('http2', (_request, response) => {
      response.writeHead(200);
      response.flushHeaders();
      response.write('\n');
    });
    await using transport = connect(server);
    const controller = new AbortController();
    const opened = await Promise.all(
      Array.from({ length: 50 }, () => transport.request(watch, controller.signal)),
    );
    expect(opened.every(({ status }) => status === 200)).toBe(true);
    expect(server.connections).toBe(1);
    controller.abort();
  });

  it('of watches do not hold up unary calls where there is only HTTP/1.1', async () => {
    await using server = await startServer('http', (request, response) => {
      if (request.url === '/watch') response.flushHeaders();
      else response.end('{}');
    });
    await using transport = connect(server);
    const controller = new AbortController();
    await Promise.all(Array.from({ length: 20 }, () => transport.request(watch, controller.signal)));
    await readOnce(transport);
    expect(server.connections).toBe(21);
    controller.abort();
  });

  it('that died silently are left behind: a watch that does not begin is dialled on another', async () => {
    await using server = await startServer('http2', (_request, response) => {
      (response as unknown as Http2ServerResponse).writeHead(200);
      response.flushHeaders();
    });
    await using path = await startFreezablePath(Number(new URL(server.url).port));
    await using transport = createTransport(
      { server: `https://127.0.0.1:${path.port}`, caPem: testCaPem },
      { idleTimeoutMs: 40 },
    );
    const first = new AbortController();
    await transport.request(watch, first.signal);
    path.freeze(); // bytes go nowhere, and nobody says so
    first.abort();
    await expect(transport.request(watch)).rejects.toMatchObject({ code: 'TIMEOUT' });
    await expect
      .poll(async () => (await transport.request(watch).catch(() => undefined))?.status, { timeout: 5000 })
      .toBe(200);
    expect(server.connections).toBe(2);
  });

  it('all end when the transport is disposed of', async () => {
    await using server = await startServer('http', (request, response) => {
      if (request.url === '/watch') response.flushHeaders();
      else response.end('{}');
    });
    const transport = connect(server);
    const { body } = await transport.request(watch);
    await readOnce(transport);
    await transport[Symbol.asyncDispose]();
    await expect(body[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expect.poll(() => server.sockets.size).toBe(0);
  });
});
