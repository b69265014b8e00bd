import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Hello, V2Stream } from '@clusternet/tunnel-protocol';
import { TunnelError } from './errors.ts';
import {
  MAX_PAYLOAD_BYTES,
  TUNNEL_HEADER,
  TUNNEL_PROTOCOL,
  TUNNEL_VERSION,
  getPeerVersion,
} from './handshake.ts';
import { createSession } from './session.ts';
import type { ClientListener, SessionDeps, TunnelSessionOptions } from './session.ts';
import type { TunnelByteStream, TunnelSession } from './tunnel-session.ts';
import { createSocketTransport, createWebSocketTransport } from './v2/transport.ts';
import type { V2Transport } from './v2/transport.ts';
import { createV2TunnelSession } from './v2/v2-session.ts';

/** A request to upgrade, as Node's `upgrade` event gives it. */
export interface UpgradeRequest {
  readonly request: Pick<IncomingMessage, 'headers' | 'method'>;
  readonly socket: Duplex;
  readonly head: Buffer;
}

export interface AcceptTunnelDeps extends SessionDeps {
  /** Which cluster dialled, already authenticated and authorized. */
  readonly clusterId: string;
  /** Names this session in replies to stray data. */
  readonly sessionId: string;
  /** For errors and logs. @default that of an agent */
  readonly hop?: string;
  /** What a hub that dials may use and tell. Without it the peer is an agent: it opens nothing. */
  readonly peer?: AcceptedPeer;
}

/** The accepting side of a link between hubs. */
export interface AcceptedPeer {
  /** Version 2: targets that requests of the peer may name. */
  readonly targets: readonly string[];
  /** Version 2: serves raw streams and requests of the peer. Without them it is told that they are not allowed. */
  readonly onStream?: (stream: TunnelByteStream) => void;
  readonly onRequest?: (stream: V2Stream) => void;
  /** Version 1: told of what the peer can reach. */
  readonly onClient?: ClientListener;
}

/** Knobs of the accepting side. */
export interface AcceptTunnelOptions extends TunnelSessionOptions {
  /** The highest version to speak. @default 2 */
  readonly maxVersion?: 1 | 2;
  /** Performs TLS and HTTP to the child itself, and has the agent relay ciphertext. @default false */
  readonly isEndToEnd?: boolean;
}

/**
 * Hub: answers an upgrade and runs the session on it: version 2 on the connection itself or in a websocket, or
 * version 1. A request that is no proper upgrade is answered here, with 400 or 405.
 *
 * @param signal - closes the session when it aborts
 * @throws {TunnelError} `HANDSHAKE_FAILED`
 */
export async function acceptTunnel(
  deps: AcceptTunnelDeps,
  upgrade: UpgradeRequest,
  options: AcceptTunnelOptions,
  signal: AbortSignal,
): Promise<TunnelSession> {
  const { maxVersion = TUNNEL_VERSION } = options;
  const { hop = `hub → agent ${deps.clusterId}` } = deps;
  const { headers } = upgrade.request;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- HTTP servers hand over net or TLS sockets
  const socket = upgrade.socket as Socket;
  let session: TunnelSession;
  if (maxVersion === 2 && headers.upgrade?.toLowerCase() === TUNNEL_PROTOCOL) {
    session = acceptV2(deps, hop, answerUpgrade(upgrade, socket, hop), options);
  } else {
    const spoken = getPeerVersion(headers);
    const version = spoken === undefined ? undefined : maxVersion === 1 ? 1 : spoken;
    const websocket = await upgradeSocket(upgrade, version, hop);
    session =
      version === 2
        ? acceptV2(deps, hop, createWebSocketTransport(websocket, socket), options)
        : createSession(
            deps,
            {
              role: 'acceptor',
              hop,
              socket,
              clientKey: deps.clusterId,
              sessionKey: deps.sessionId,
              isOwnPeer: version !== undefined,
              ...(deps.peer?.onClient === undefined ? {} : { onClient: deps.peer.onClient }),
            },
            websocket,
            options,
          );
  }
  closeOnAbort(session, signal);
  return session;
}

function acceptV2(
  deps: AcceptTunnelDeps,
  hop: string,
  transport: V2Transport,
  options: AcceptTunnelOptions,
): TunnelSession {
  const { targets = [], onStream, onRequest } = deps.peer ?? {};
  const hello: Hello = { targets, software: 'clusternet-hub', isEndToEnd: options.isEndToEnd === true };
  const serving = {
    ...(onStream === undefined ? {} : { onStream }),
    ...(onRequest === undefined ? {} : { onRequest }),
  };
  return createV2TunnelSession(deps, { role: 'acceptor', hop, transport, hello, ...serving }, options);
}

/** Answers a plain upgrade: from now on the connection is the tunnel. */
function answerUpgrade({ request, head }: UpgradeRequest, socket: Socket, hop: string): V2Transport {
  if (request.method !== 'GET') {
    socket.end('HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    throw new TunnelError('HANDSHAKE_FAILED', hop, `the upgrade came with ${String(request.method)}`);
  }
  if (socket.destroyed) throw new TunnelError('HANDSHAKE_FAILED', hop, 'the peer left during the handshake');
  socket.setNoDelay(true);
  socket.setTimeout(0);
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${TUNNEL_PROTOCOL}\r\n` +
      `${TUNNEL_HEADER}: ${TUNNEL_VERSION}\r\n\r\n`,
  );
  return createSocketTransport(socket, head);
}

function upgradeSocket(upgrade: UpgradeRequest, version: 1 | 2 | undefined, hop: string): Promise<WebSocket> {
  const { request, socket, head } = upgrade;
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    autoPong: false, // the session answers
    maxPayload: MAX_PAYLOAD_BYTES,
  });
  server.on('headers', (headers) => {
    if (version !== undefined) headers.push(`${TUNNEL_HEADER}: ${version}`);
  });
  return new Promise((resolve, reject) => {
    const fail = (message: string, cause?: Error): void =>
      reject(new TunnelError('HANDSHAKE_FAILED', hop, message, { cause }));
    const onClose = (): void => fail('the peer left during the handshake');
    socket.once('close', onClose);
    server.on('wsClientError', (error, failed) => {
      const status = request.method === 'GET' ? 400 : 405;
      failed.end(`HTTP/1.1 ${status} Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      fail(error.message, error);
    });
    // The library asks for no more of a request than what `UpgradeRequest` has.
    server.handleUpgrade(request as IncomingMessage, socket, head, (websocket) => {
      socket.off('close', onClose);
      websocket.pause(); // until the session listens
      resolve(websocket);
    });
  });
}

/** Ties a session to a signal for as long as it lives. */
export function closeOnAbort(session: TunnelSession, signal: AbortSignal): void {
  const onAbort = (): void => void session.close();
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  const forget = (): void => signal.removeEventListener('abort', onAbort);
  session.closed().then(forget, forget);
}
