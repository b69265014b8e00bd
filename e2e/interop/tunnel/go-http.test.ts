import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SOCKETS, goPeers, startGoAgent, startGoHub } from './go-peers.fixture.ts';
import { MIB, patternOf, readAll, readExactly, startOwnAgent } from './own-peers.fixture.ts';
import { ask, startOwnApi, startTlsChild } from './tls.fixture.ts';
import type { OwnApi, TlsChild } from './tls.fixture.ts';

const TOKEN = { 'x-remote-extra-clusternet-token': 'child-token' };

describe.each(goPeers)('the proxy of our hub over an agent on $version', (peer) => {
  const wire = async (child: TlsChild): Promise<{ api: OwnApi; base: string }> => {
    const api = await startOwnApi(child);
    startGoAgent(peer, api.url);
    await expect.poll(() => api.registry.pick('c-1')?.version).toBe(1);
    return { api, base: `${api.url}${SOCKETS}/c-1/proxy/direct` };
  };

  it('answers 200 requests over TLS that ends in the child', async () => {
    const { api, base } = await wire(await startTlsChild((request, response) => response.end(request.url)));
    const texts = await Promise.all(
      Array.from({ length: 200 }, async (_, index) =>
        String(await readAll(await ask(`${base}/api/v1/x?n=${index}`, { caPem: api.caPem, headers: TOKEN }))),
      ),
    );
    expect(texts).toEqual(texts.map((_, index) => `/api/v1/x?n=${index}`));
  });

  it('carries large bodies both ways', async () => {
    const { api, base } = await wire(await startTlsChild((request, response) => void request.pipe(response)));
    const body = patternOf(5, 16 * MIB);
    const answer = await ask(`${base}/echo`, { caPem: api.caPem, method: 'POST', body, headers: TOKEN });
    expect((await readAll(answer)).equals(body)).toBe(true);
  });

  it('streams a watch, and tells the child when the caller leaves', async () => {
    const left = Promise.withResolvers<undefined>();
    const child = await startTlsChild((_request, response) => {
      response.write('one');
      response.on('close', () => left.resolve(undefined));
    });
    const { api, base } = await wire(child);
    const watch = await ask(`${base}/api/v1/pods?watch=true`, { caPem: api.caPem, headers: TOKEN });
    const [chunk] = (await once(watch, 'data')) as [Buffer];
    expect(chunk.toString()).toBe('one');
    watch.destroy();
    await left.promise;
  });

  it('passes an upgrade through as raw bytes', async () => {
    const child = await startTlsChild(
      (_request, response) => response.end(),
      (_request, socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
        socket.pipe(socket);
      },
    );
    const { api, base } = await wire(child);
    const request = httpsRequest(`${base}/exec`, {
      ca: api.caPem,
      method: 'POST',
      headers: { ...TOKEN, connection: 'Upgrade', upgrade: 'SPDY/3.1' },
      agent: false,
    });
    request.end();
    const [, socket] = (await once(request, 'upgrade')) as [IncomingMessage, Socket];
    socket.write('raw bytes');
    expect(String(await readExactly(socket, 9))).toBe('raw bytes');
    socket.destroy();
  });

  it('says that nobody listens at the child', async () => {
    const { api, base } = await wire({ address: '127.0.0.1:1', caPem: '' });
    const answer = await ask(`${base}/version`, { caPem: api.caPem, headers: TOKEN });
    expect([answer.statusCode, String(await readAll(answer))]).toEqual([
      503,
      expect.stringContaining('CA of the child'),
    ]);
  });

  it('says that the agent has died under a request', async () => {
    const asked = Promise.withResolvers<undefined>();
    const api = await startOwnApi(await startTlsChild(() => asked.resolve(undefined)));
    const agent = startGoAgent(peer, api.url);
    await expect.poll(() => api.registry.pick('c-1')).toBeDefined();
    const answer = ask(`${api.url}${SOCKETS}/c-1/proxy/direct/hang`, {
      caPem: api.caPem,
      method: 'POST',
      headers: TOKEN,
    });
    await asked.promise;
    agent.kill('SIGKILL');
    expect((await answer).statusCode).toBe(503);
  });
});

describe.each(goPeers)('the proxy of a hub on $version over an agent of ours', (peer) => {
  it('answers 100 requests over TLS that ends in the child, and a large one', async () => {
    const body = patternOf(6, 16 * MIB);
    const child = await startTlsChild((request, response) => {
      response.end(request.url === '/large' ? body : request.url);
    });
    const folder = mkdtempSync(join(tmpdir(), 'clusternet-interop-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, child.caPem);
    const hub = await startGoHub(peer, { args: [caFile] });
    await startOwnAgent(hub.url, { allowed: [child.address] });
    await expect.poll(() => hub.has('c-1')).toBe(true);
    const base = `/pooled/c-1/${child.address}`;
    const texts = await Promise.all(Array.from({ length: 100 }, (_, index) => hub.get(`${base}/x/${index}`)));
    expect(texts).toEqual(texts.map((_, index) => `/x/${index}`));
    const large = await fetch(`${hub.url}${base}/large`);
    expect(Buffer.from(await large.arrayBuffer()).equals(body)).toBe(true);
  });
});
