import type { IncomingMessage } from 'node:http';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { connectParent } from './connect-parent.ts';
import type { TunnelTarget } from './dial-tunnel.ts';
import { readRefusal, toDialError } from './dial-error.ts';
import type { Refusal } from './dial-error.ts';
import { TunnelError } from './errors.ts';
import { TUNNEL_HEADER, TUNNEL_PROTOCOL, TUNNEL_VERSION } from './handshake.ts';

/** What became of asking for a plain upgrade. */
export type UpgradeResult =
  | { readonly kind: 'upgraded'; readonly socket: Socket; readonly head: Buffer }
  /** Something on the way, or an old hub, does not know the protocol. */
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * Asks for an upgrade of the connection itself to version 2.
 * @throws {TunnelError} `UNREACHABLE`, `UNTRUSTED_CERTIFICATE`, `HANDSHAKE_FAILED`, `CLOSED`
 */
export async function openUpgrade(
  url: URL,
  target: TunnelTarget,
  hop: string,
  signal: AbortSignal,
): Promise<UpgradeResult> {
  const dialled = await dialFirst(url, target, hop, signal);
  // TLS is there already on a connection that was dialled.
  const isTls = url.protocol === 'wss:' && dialled === undefined;
  return new Promise((resolve, reject) => {
    const outgoing = (isTls ? requestHttps : requestHttp)({
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
      path: url.pathname,
      // With an agent, even a fresh one, Node does not ask `createConnection`.
      ...(dialled === undefined ? { agent: false } : { createConnection: () => dialled, setHost: false }),
      headers: {
        ...(dialled === undefined ? {} : { host: url.host }),
        connection: 'Upgrade',
        upgrade: TUNNEL_PROTOCOL,
        [TUNNEL_HEADER]: String(TUNNEL_VERSION),
        'user-agent': target.software ?? 'clusternet-agent',
        ...target.headers,
        ...(target.token === undefined ? {} : { authorization: `Bearer ${target.token}` }),
      },
      ...(isTls
        ? {
            ...(target.caPem === undefined ? {} : { ca: target.caPem }),
            ...(target.serverName === undefined ? {} : { servername: target.serverName }),
            ALPNProtocols: ['http/1.1'],
            rejectUnauthorized: target.insecureSkipVerify !== true,
          }
        : {}),
    });
    const onAbort = (): void => {
      outgoing.destroy();
      reject(new TunnelError('CLOSED', hop, 'the dial was given up', { cause: signal.reason }));
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const settle = (finish: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      finish();
    };
    outgoing.on('upgrade', (response: IncomingMessage, socket: Socket, head: Buffer) => {
      socket.setNoDelay(true);
      settle(() => {
        if (response.headers.upgrade?.toLowerCase() === TUNNEL_PROTOCOL) {
          resolve({ kind: 'upgraded', socket, head });
          return;
        }
        socket.destroy();
        reject(new TunnelError('HANDSHAKE_FAILED', hop, 'it upgraded to another protocol'));
      });
    });
    outgoing.on('response', (response) => {
      void readRefusal(response, hop).then((refusal) => {
        outgoing.destroy();
        settle(() => resolve({ kind: 'refused', refusal }));
      });
    });
    outgoing.on('error', (cause) => settle(() => reject(toDialError(cause, hop))));
    outgoing.end();
  });
}

/** The connection that `target.dial` opens; `undefined` where there is no such way and Node connects by itself. */
export async function dialFirst(
  url: URL,
  target: TunnelTarget,
  hop: string,
  signal: AbortSignal,
): Promise<Socket | undefined> {
  const { dial } = target;
  if (dial === undefined) return undefined;
  try {
    return await connectParent(url, { ...target, dial }, signal);
  } catch (cause) {
    if (signal.aborted)
      throw new TunnelError('CLOSED', hop, 'the dial was given up', { cause: signal.reason });
    throw toDialError(cause instanceof Error ? cause : new Error(String(cause)), hop);
  }
}
