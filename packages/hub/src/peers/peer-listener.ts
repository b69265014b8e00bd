import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { CertificatePair } from '@clusternet/pki';
import type { Clock, Logger, Random } from '@clusternet/runtime';
import { errorText } from '@clusternet/runtime';
import { acceptTunnel } from '@clusternet/tunnel';
import type { TunnelSessionOptions } from '@clusternet/tunnel';
import { createClientNews } from './client-news.ts';
import type { PeerDirectory } from './peer-directory.ts';
import type { PeerLinks } from './peer-links.ts';
import { PEER_PATH, planAdmission } from './plan-admission.ts';
import type { PeerServer } from './serve-peer.ts';

export interface PeerListenerDeps {
  readonly directory: Pick<PeerDirectory, 'peers'>;
  readonly links: PeerLinks;
  readonly server: PeerServer;
  /** Of the Secret. */
  readonly token: string;
  /** Shown to who dials. */
  readonly certificate: CertificatePair;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface PeerListenerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly tunnel?: TunnelSessionOptions;
}

/** Listens until it is disposed of; then its links are closed. */
export interface PeerListener extends AsyncDisposable {
  readonly port: number;
}

/** More than any installation has hubs, controllers, and connections that did not say yet who they are. */
const MAX_CONNECTIONS = 512;
const HANDSHAKE_MS = 10_000;

/**
 * Listens for other hubs: `GET /connect` with an upgrade, and nothing else.
 * @throws when it cannot listen
 */
export async function startPeerListener(
  deps: PeerListenerDeps,
  options: PeerListenerOptions,
): Promise<PeerListener> {
  const { certificate, log } = deps;
  const stop = new AbortController();
  const server = createServer(
    {
      cert: certificate.certPem,
      key: certificate.keyPem,
      handshakeTimeout: HANDSHAKE_MS,
      headersTimeout: HANDSHAKE_MS,
      requestTimeout: HANDSHAKE_MS,
    },
    (request, response) => {
      response.writeHead(400, { 'content-type': 'text/plain', connection: 'close' });
      response.end(`illegal request ${pathOf(request)}`);
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', (error) => log.debug('handshake failed', { error: errorText(error) }));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', (error) => log.debug('peer connection failed', { error: errorText(error) }));
    void accept(deps, options, { request, socket, head }, stop.signal);
  });
  await listen(server, options);
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      stop.abort();
      const late = deps.clock.schedule(1500, () => {
        for (const socket of sockets) socket.destroy();
      });
      server.closeIdleConnections();
      await closed;
      late();
    },
  };
}

async function accept(
  deps: PeerListenerDeps,
  options: PeerListenerOptions,
  upgrade: { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer },
  signal: AbortSignal,
): Promise<void> {
  const { links, clock, random, log } = deps;
  const path = pathOf(upgrade.request);
  const admission =
    path === PEER_PATH ? planAdmission(upgrade.request.headers, deps.token, deps.directory.peers) : undefined;
  if (admission === undefined) {
    const { remoteAddress } = upgrade.request.socket;
    log.warn('a peer was refused', { path, from: remoteAddress });
    const text = `illegal request ${path}`;
    upgrade.socket.end(
      `HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
        `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    );
    return;
  }
  const { id, kind } = admission;
  try {
    const clients = createClientNews(id);
    const session = await acceptTunnel(
      {
        clock,
        log,
        clusterId: id,
        sessionId: String(Math.floor(random.next() * Number.MAX_SAFE_INTEGER)),
        hop: `hub → hub ${id}`,
        peer: kind === 'client' ? deps.server : { targets: [], onClient: clients.onClient },
      },
      upgrade,
      { ...options.tunnel, maxVersion: kind === 'go' ? 1 : 2 },
      signal,
    );
    if (kind === 'client') links.addHolding(id, session);
    else links.addAsking(id, session, clients);
  } catch (error) {
    log.info('a peer did not get through', { peer: id, error: errorText(error) });
  }
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return (url.split('?')[0] ?? '/').slice(0, 256);
}

function listen(server: Server, { host, port }: PeerListenerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
