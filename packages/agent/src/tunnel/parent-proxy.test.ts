import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createProxyDial } from '@clusternet/client/proxy';
import { createCa, issueCertificate } from '@clusternet/pki';
import { noMetrics, silentLogger, systemClock } from '@clusternet/runtime';
import { createFakeRandom } from '@clusternet/runtime/fakes';
import { acceptTunnel } from '@clusternet/tunnel';
import type { TunnelSession, TunnelState } from '@clusternet/tunnel';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runAgentTunnel } from './run-agent-tunnel.ts';

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A parent that only its own name reaches, and a proxy that knows the name. */
async function startNetwork(options: { readonly isWebSocketOnly: boolean }) {
  const ca = await createCa({ commonName: 'parent CA' });
  const serving = await issueCertificate(ca, {
    commonName: 'parent',
    usage: 'server',
    dnsNames: ['parent.test'],
  });
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const sessions: TunnelSession[] = [];
  const parent = createHttpsServer({ key: serving.keyPem, cert: serving.certPem });
  parent.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => {});
    if (options.isWebSocketOnly && request.headers.upgrade !== 'websocket') {
      socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    const deps = { clock: systemClock, log: silentLogger, clusterId: 'c', sessionId: '1' };
    void acceptTunnel(deps, { request, socket, head }, {}, stop.signal).then((session) =>
      sessions.push(session),
    );
  });
  const parentPort = await listen(parent);
  const asked: string[] = [];
  const proxy = createHttpServer();
  proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push(request.url ?? '');
    socket.on('error', () => {});
    const upstream = connect(parentPort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
  });
  return { caPem: ca.certPem, sessions, asked, proxyPort: await listen(proxy) };
}

describe('an agent behind a proxy', () => {
  it.each([
    { why: 'as a plain upgrade', isWebSocketOnly: false, leg: 'upgrade' },
    { why: 'as a websocket', isWebSocketOnly: true, leg: 'websocket' },
  ])(
    'reaches its parent through it $why, and verifies the parent, not the proxy',
    async ({ isWebSocketOnly, leg }) => {
      const network = await startNetwork({ isWebSocketOnly });
      const start = (caPem: string): TunnelState[] => {
        const stop = new AbortController();
        const states: TunnelState[] = [];
        const run = runAgentTunnel(
          {
            parentUrl: 'https://parent.test:6443',
            clusterId: 'c',
            childUrl: 'https://child',
            getCredential: () => ({ token: 'good', caPem }),
            clock: systemClock,
            random: createFakeRandom(),
            log: silentLogger,
            metrics: noMetrics,
          },
          {
            dialParent: createProxyDial(new URL(`http://127.0.0.1:${network.proxyPort}`)),
            onState: (state) => states.push(state),
          },
          stop.signal,
        );
        onTestFinished(async () => {
          stop.abort();
          await run;
        });
        return states;
      };
      start(network.caPem);
      await expect.poll(() => network.sessions.length, { timeout: 5000 }).toBe(1);
      expect(network.sessions[0]?.leg).toBe(leg);
      expect(network.asked[0]).toBe('parent.test:6443');

      const other = await createCa({ commonName: 'somebody else' });
      const states = start(other.certPem);
      await expect
        .poll(() => states[0])
        .toMatchObject({
          kind: 'disconnected',
          error: { code: 'UNTRUSTED_CERTIFICATE' },
        });
    },
  );
});
