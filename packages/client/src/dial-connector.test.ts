import { connect } from 'node:net';
import { Duplex, PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { testCaPem } from './testing/certificates.fixture.ts';
import { startServer } from './testing/loopback-server.fixture.ts';
import type { LoopbackServer } from './testing/loopback-server.fixture.ts';
import { createTransport } from './undici-transport.ts';

const get = { method: 'GET', path: '/version' } as const;

/** A byte stream to the server that is no socket, as one through a tunnel is none. */
function dialTo({ url }: LoopbackServer): Duplex {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
  return Duplex.from({ readable: socket, writable: socket });
}

describe('a transport over streams that someone else opens', () => {
  it.each(['http', 'https'] as const)('speaks %s through them, and keeps them', async (kind) => {
    await using server = await startServer(kind, (_request, response) => response.end('{"a":1}'));
    const dialled: string[] = [];
    await using transport = createTransport(
      { server: `${kind}://127.0.0.1:6443`, caPem: testCaPem },
      {
        dial: (host, port) => {
          dialled.push(`${host}:${port}`);
          return Promise.resolve(dialTo(server));
        },
      },
    );
    for (let round = 0; round < 5; round += 1)
      expect(await (await transport.request(get)).text()).toBe('{"a":1}');
    expect(new Set(dialled)).toEqual(new Set(['127.0.0.1:6443']));
    expect(dialled.length).toBeLessThanOrEqual(2);
  });

  it('verifies the certificate', async () => {
    await using server = await startServer('https', (_request, response) => response.end());
    await using transport = createTransport(
      { server: 'https://127.0.0.1:6443' },
      { dial: () => Promise.resolve(dialTo(server)) },
    );
    await expect(transport.request(get)).rejects.toMatchObject({ code: 'UNTRUSTED_CERTIFICATE' });
  });

  it('says why a stream could not be opened', async () => {
    await using transport = createTransport(
      { server: 'https://127.0.0.1:6443', name: 'child cluster a' },
      { dial: () => Promise.reject(new Error('the tunnel is down')) },
    );
    await expect(transport.request(get)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: 'child cluster a https://127.0.0.1:6443 cannot be reached (the tunnel is down)',
    });
  });

  it('gives up on a stream that does not open, and closes one that opens too late', async () => {
    const gate = Promise.withResolvers<Duplex>();
    await using transport = createTransport(
      { server: 'https://127.0.0.1:6443' },
      { dial: () => gate.promise, connectTimeoutMs: 20 },
    );
    await expect(transport.request(get)).rejects.toMatchObject({ code: 'TIMEOUT' });
    const late = new PassThrough();
    gate.resolve(late);
    await expect.poll(() => late.destroyed).toBe(true);
  });

  it('gives up on a handshake that gets no answer', async () => {
    const silent = new Duplex({ read: () => {}, write: (_chunk, _encoding, callback) => callback() });
    await using transport = createTransport(
      { server: 'https://127.0.0.1:6443' },
      { dial: () => Promise.resolve(silent), connectTimeoutMs: 20 },
    );
    await expect(transport.request(get)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(silent.destroyed).toBe(true);
  });

  it('survives streams that break while and after they are used (a tunnel that is lost)', async () => {
    await using server = await startServer('https', (request, response) => {
      if (request.url === '/version') response.end('{}');
    });
    const streams: Duplex[] = [];
    await using transport = createTransport(
      { server: 'https://127.0.0.1:6443', caPem: testCaPem },
      {
        dial: () => {
          const stream = dialTo(server);
          streams.push(stream);
          return Promise.resolve(stream);
        },
      },
    );
    await (await transport.request(get)).text();
    const hanging = transport.request({ method: 'POST', path: '/hang' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const stream of streams) stream.destroy(new Error('tunnel lost'));
    await expect(hanging).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect((await transport.request(get)).status).toBe(200);
  });
});
