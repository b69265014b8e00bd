import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { bearerHeaders } from './connection-config.ts';
import { testCaPem } from './testing/certificates.fixture.ts';
import { startServer } from './testing/loopback-server.fixture.ts';
import { createTransport } from './undici-transport.ts';

const get = { method: 'GET', path: '/version' } as const;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('a transport that cannot get through names the hop', () => {
  it('refused connection', async () => {
    const server = `https://127.0.0.1:${await freePort()}`;
    await using transport = createTransport({ server, name: 'parent kube-apiserver' });
    await expect(transport.request(get)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: `parent kube-apiserver ${server} cannot be reached (ECONNREFUSED)`,
    });
  });

  it('untrusted certificate', async () => {
    await using server = await startServer('https', (_request, response) => response.end('{}'));
    await using transport = createTransport({ server: server.url });
    await expect(transport.request(get)).rejects.toMatchObject({
      code: 'UNTRUSTED_CERTIFICATE',
      message: expect.stringContaining(server.url) as string,
    });
  });

  it('certificate for another name', async () => {
    await using server = await startServer('https', (_request, response) => response.end('{}'));
    const config = { server: server.url, caPem: testCaPem, serverName: 'elsewhere.example.com' };
    await using transport = createTransport(config);
    await expect(transport.request(get)).rejects.toMatchObject({
      code: 'UNTRUSTED_CERTIFICATE',
      message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID') as string,
    });
  });

  it('any certificate is fine where that is asked for, and for the right CA', async () => {
    await using server = await startServer('https', (_request, response) => response.end('{}'));
    for (const trust of [
      { insecureSkipVerify: true },
      { caPem: testCaPem },
      { caPem: testCaPem, serverName: 'localhost' },
    ]) {
      await using transport = createTransport({ server: server.url, ...trust });
      expect((await transport.request(get)).status).toBe(200);
    }
  });

  it('plain text where TLS is expected', async () => {
    await using server = await startServer('http', (_request, response) => response.end('{}'));
    await using transport = createTransport({ server: server.url.replace('http:', 'https:') });
    await expect(transport.request(get)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('does not speak TLS') as string,
    });
  });

  it('key material that is none', async () => {
    await using server = await startServer('https', (_request, response) => response.end('{}'));
    await using transport = createTransport({ server: server.url, certPem: 'no', keyPem: 'no' });
    await expect(transport.request(get)).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });

  it.each(['', 'kubernetes', 'ftp://host', 'unix:///run/x'])('the server "%s" is no URL to use', (server) => {
    expect(() => createTransport({ server })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
  });

  it('a header that cannot be sent, without showing it', async () => {
    await using server = await startServer('http', (_request, response) => response.end('{}'));
    await using transport = createTransport({ server: server.url, getHeaders: bearerHeaders('se\ncret') });
    const error: unknown = await transport.request(get).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'BAD_REQUEST' });
    expect(String(error)).not.toContain('cret');
  });

  it('silence before the answer, and within it', async () => {
    await using server = await startServer('http', (request, response) => {
      if (request.url !== '/half') return;
      response.writeHead(200, { 'content-length': '100' });
      response.write('{');
    });
    await using transport = createTransport({ server: server.url }, { idleTimeoutMs: 30 });
    await expect(transport.request(get)).rejects.toMatchObject({ code: 'TIMEOUT' });
    const half = await transport.request({ method: 'GET', path: '/half' });
    await expect(half.text()).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining(server.url) as string,
    });
  });

  it('an answer that breaks off', async () => {
    await using server = await startServer('http', (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"kind":', () => response.destroy());
    });
    await using transport = createTransport({ server: server.url });
    const response = await transport.request(get);
    await expect(response.text()).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/^the answer of kube-apiserver .* broke off/) as string,
    });
  });

  it('an answer that is too large', async () => {
    await using server = await startServer('http', (_request, response) => response.end('x'.repeat(1000)));
    await using transport = createTransport({ server: server.url }, { maxBodyBytes: 999 });
    const response = await transport.request(get);
    await expect(response.text()).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });
});

describe('a transport', () => {
  it('passes an abort on as itself, before, during and after the headers', async () => {
    const held: ServerResponse[] = [];
    await using server = await startServer('http', (request, response) => {
      held.push(response);
      if (request.url === '/begun') response.write('{');
    });
    await using transport = createTransport({ server: server.url });
    const why = new Error('stop');
    await expect(transport.request(get, AbortSignal.abort(why))).rejects.toBe(why);
    const controller = new AbortController();
    const waiting = transport.request(get, controller.signal);
    setImmediate(() => controller.abort(why));
    await expect(waiting).rejects.toBe(why);
    const later = new AbortController();
    const begun = await transport.request({ method: 'GET', path: '/begun' }, later.signal);
    setImmediate(() => later.abort(why));
    await expect(begun.text()).rejects.toBe(why);
  });

  it('asks for headers each time, tells of 401, and says who it is', async () => {
    let tokens = 0;
    const seen: (string | undefined)[] = [];
    let refused = 0;
    await using server = await startServer('http', (request, response) => {
      seen.push(request.headers.authorization, request.headers['user-agent']);
      response.statusCode = request.headers.authorization === 'Bearer 1' ? 401 : 200;
      response.end();
    });
    await using transport = createTransport({
      server: server.url,
      userAgent: 'tester/1',
      getHeaders: () => Promise.resolve({ authorization: `Bearer ${String((tokens += 1))}` }),
      onUnauthorized: () => (refused += 1),
    });
    await transport.request(get);
    await transport.request(get);
    expect(seen).toEqual(['Bearer 1', 'tester/1', 'Bearer 2', 'tester/1']);
    expect(refused).toBe(1);
  });

  it('puts the path of the server in front', async () => {
    const seen: (string | undefined)[] = [];
    await using server = await startServer('http', (request, response) => {
      seen.push(request.url);
      response.end();
    });
    await using transport = createTransport({ server: `${server.url}/k8s/clusters/a/` });
    await transport.request(get);
    expect(seen).toEqual(['/k8s/clusters/a/version']);
  });

  it('sends a read again when the server closed the kept connection in that moment', async () => {
    let asked = 0;
    await using server = await startServer('http', (request, response) => {
      asked += 1;
      if (asked === 1) request.socket.destroy();
      else response.end('{}');
    });
    await using transport = createTransport({ server: server.url });
    expect((await transport.request(get)).status).toBe(200);
    expect(asked).toBe(2);
  });

  it('never sends a write twice by itself', async () => {
    let asked = 0;
    await using server = await startServer('http', (request) => {
      asked += 1;
      request.socket.destroy();
    });
    await using transport = createTransport({ server: server.url });
    const writing = transport.request({ method: 'POST', path: '/x', body: '{}' });
    await expect(writing).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(asked).toBe(1);
  });
});
