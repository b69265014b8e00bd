import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { TunnelError } from './errors.ts';
import { MAX_PAYLOAD_BYTES, TUNNEL_HEADER, TUNNEL_VERSION, getPeerVersion } from './handshake.ts';
import { createSession } from './session.ts';
import type { SessionDeps, TunnelSession, TunnelSessionOptions } from './session.ts';

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
}

/**
 * Hub: answers a websocket upgrade and runs the session on it. A request that is no proper upgrade is answered
 * here, with 400 or 405.
 *
 * @param signal - closes the session when it aborts
 * @throws {TunnelError} `HANDSHAKE_FAILED`
 */
export async function acceptTunnel(
  deps: AcceptTunnelDeps,
  upgrade: UpgradeRequest,
  options: TunnelSessionOptions,
  signal: AbortSignal,
): Promise<TunnelSession> {
  const hop = `hub → agent ${deps.clusterId}`;
  const isOwnPeer = getPeerVersion(upgrade.request.headers) !== undefined;
  const websocket = await upgradeSocket(upgrade, isOwnPeer, hop);
  const session = createSession(
    deps,
    {
      role: 'acceptor',
      hop,
      // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- HTTP servers hand over net or TLS sockets
      socket: upgrade.socket as Socket,
      clientKey: deps.clusterId,
      sessionKey: deps.sessionId,
      isOwnPeer,
    },
    websocket,
    options,
  );
  closeOnAbort(session, signal);
  return session;
}

function upgradeSocket(upgrade: UpgradeRequest, isOwnPeer: boolean, hop: string): Promise<WebSocket> {
  const { request, socket, head } = upgrade;
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_PAYLOAD_BYTES,
  });
  server.on('headers', (headers) => {
    if (isOwnPeer) headers.push(`${TUNNEL_HEADER}: ${TUNNEL_VERSION}`);
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
