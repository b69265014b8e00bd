import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { noMetrics, silentLogger, systemClock } from '@clusternet/runtime';
import type { Clock } from '@clusternet/runtime';
import { createFakeClock, createFakeRandom } from '@clusternet/runtime/fakes';
import { acceptTunnel } from '@clusternet/tunnel';
import type { TunnelSession, TunnelState } from '@clusternet/tunnel';
import { describe, expect, it, onTestFinished } from 'vitest';
import { getDialAddress, runAgentTunnel } from './run-agent-tunnel.ts';
import type { AgentTunnelOptions, TunnelCredential } from './run-agent-tunnel.ts';

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A parent that lets `good` in. */
async function startParent() {
  const stop = new AbortController();
  const tokens: (string | undefined)[] = [];
  const sessions: TunnelSession[] = [];
  const sockets: Socket[] = [];
  const server = createHttpServer();
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => {});
    sockets.push(socket);
    tokens.push(request.headers.authorization);
    if (request.headers.authorization !== 'Bearer good') {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    const deps = { clock: systemClock, log: silentLogger, clusterId: 'c', sessionId: '1' };
    void acceptTunnel(deps, { request, socket, head }, {}, stop.signal).then((session) =>
      sessions.push(session),
    );
  });
  const address = await listen(server);
  onTestFinished(() => stop.abort());
  return { url: `http://${address}`, tokens, sessions, sockets };
}

function start(
  parentUrl: string,
  childUrl: string,
  getCredential: () => TunnelCredential,
  options: AgentTunnelOptions & { clock?: Clock } = {},
) {
  const stop = new AbortController();
  const states: TunnelState[] = [];
  const { clock = systemClock, ...rest } = options;
  const deps = { parentUrl, clusterId: 'c', getCredential, childUrl, clock };
  const run = runAgentTunnel(
    { ...deps, random: createFakeRandom(), log: silentLogger, metrics: noMetrics },
    { ...rest, onState: (state) => states.push(state) },
    stop.signal,
  );
  onTestFinished(async () => {
    stop.abort();
    await run;
  });
  return { states, stop, run };
}

describe('runAgentTunnel', () => {
  it('lets the hub reach the API server of the child, the allow list, and nothing else', async () => {
    const serve = (): Promise<string> => listen(createServer((socket) => socket.end('hello')));
    const [api, allowed, other] = await Promise.all([serve(), serve(), serve()]);
    const parent = await startParent();
    start(parent.url, `https://${api}/base`, () => ({ token: 'good' }), { allowList: [allowed] });
    await expect.poll(() => parent.sessions.length).toBe(1);
    const get = async (address: string): Promise<string> => {
      const chunks: Buffer[] = [];
      for await (const chunk of parent.sessions[0]!.open('tcp', address) as AsyncIterable<Buffer>)
        chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    };
    expect(await Promise.all([get(api), get(allowed)])).toEqual(['hello', 'hello']);
    await expect(get(other)).rejects.toThrow('not allowed by the dial policy');
  });

  it('reads the credential again after a refusal, and connects once it is good', async () => {
    const clock = createFakeClock();
    const parent = await startParent();
    let token = 'old';
    const { states } = start(parent.url, 'https://child', () => ({ token }), { clock });
    await expect.poll(() => states.map(({ kind }) => kind)).toEqual(['disconnected']);
    token = 'good';
    await clock.advance(10_000);
    await expect.poll(() => states.map(({ kind }) => kind)).toEqual(['disconnected', 'connected']);
    expect(parent.tokens).toEqual(['Bearer old', 'Bearer good']);
  });

  it('dials again when the tunnel is lost, and leaves nothing behind when it ends', async () => {
    const parent = await startParent();
    const { states, stop, run } = start(parent.url, 'https://child', () => ({ token: 'good' }));
    await expect.poll(() => parent.sessions.length).toBe(1);
    parent.sockets[0]!.destroy();
    await expect.poll(() => parent.sessions.length, { timeout: 5000 }).toBe(2);
    await expect
      .poll(() => states.map(({ kind }) => kind), { timeout: 5000 })
      .toEqual(['connected', 'disconnected', 'connected']);
    stop.abort();
    await run;
    await expect(parent.sessions[1]!.closed()).rejects.toThrow('the peer closed the tunnel');
  });
});

describe('getDialAddress', () => {
  it.each([
    ['https://10.96.0.1', '10.96.0.1:443'],
    ['https://10.96.0.1:443', '10.96.0.1:443'],
    ['https://Rancher/k8s/c', 'rancher:443'],
    ['http://a:8080', 'a:8080'],
    ['https://[fd00::1]:6443', '[fd00::1]:6443'],
    ['unix:///x', undefined],
    ['nonsense', undefined],
  ])('%s is dialled at %s', (url, want) => {
    expect(getDialAddress(url)).toBe(want);
  });
});
