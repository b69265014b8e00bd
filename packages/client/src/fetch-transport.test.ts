import { describe, expect, it } from 'vitest';
import { bearerHeaders } from './connection-config.ts';
import { createFetchTransport } from './fetch-transport.ts';
import { startServer } from './testing/loopback-server.fixture.ts';

const get = { method: 'GET', path: '/x' } as const;

describe('a transport on fetch', () => {
  it('carries requests below the base path, with the login of the connection', async () => {
    await using server = await startServer('http', (request, response) => {
      response.writeHead(201, { 'x-seen': request.headers.authorization ?? '' }).end(request.url);
    });
    await using transport = createFetchTransport({
      server: `${server.url}/base/`,
      getHeaders: bearerHeaders('t'),
    });
    const response = await transport.request(get);
    expect([response.status, response.headers['x-seen'], await response.text()]).toEqual([
      201,
      'Bearer t',
      '/base/x',
    ]);
  });

  it.each([
    { why: 'nobody answers', code: 'TIMEOUT', options: { timeoutMs: 50 } },
    { why: 'the answer is too large', code: 'TOO_LARGE', options: { maxBodyBytes: 5 } },
  ])('says that $why', async ({ code, options }) => {
    await using server = await startServer('http', (_request, response) => {
      if (code === 'TOO_LARGE') response.end('too much');
    });
    await using transport = createFetchTransport({ server: server.url }, options);
    const text = async () => (await transport.request(get)).text();
    await expect(text()).rejects.toMatchObject({ code });
  });

  it('says what may be wrong where a browser does not', async () => {
    await using transport = createFetchTransport({ server: 'http://127.0.0.1:1', name: 'parent' });
    await expect(transport.request(get)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      hop: 'parent http://127.0.0.1:1',
    });
  });

  it('ends with its signal, also while a body is read, and when it is closed', async () => {
    await using server = await startServer('http', (_request, response) => {
      response.write('first');
    });
    const transport = createFetchTransport({ server: server.url });
    const controller = new AbortController();
    const { body } = await transport.request({ ...get, stream: true }, controller.signal);
    const reader = body[Symbol.asyncIterator]();
    await reader.next();
    controller.abort(new Error('enough'));
    await expect(reader.next()).rejects.toThrow('enough');
    const other = (await transport.request({ ...get, stream: true })).body[Symbol.asyncIterator]();
    await other.next();
    await transport[Symbol.asyncDispose]();
    await expect(other.next()).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(transport.request(get)).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(transport.request(get, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
  });

  it('refuses what only Node can do', async () => {
    expect(() => createFetchTransport({ server: 'https://p', caPem: 'x' })).toThrow(
      'caPem cannot be used in a browser',
    );
    const groups = { 'impersonate-group': ['a', 'b'] };
    await using transport = createFetchTransport({
      server: 'http://p',
      getHeaders: () => Promise.resolve(groups),
    });
    await expect(transport.request(get)).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });
});
