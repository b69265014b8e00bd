import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { TunnelTarget } from './dial-tunnel.ts';
import { readRefusal, toDialError } from './dial-error.ts';
import { TunnelError } from './errors.ts';
import { dialFirst } from './open-upgrade.ts';
import { MAX_PAYLOAD_BYTES, TUNNEL_HEADER } from './handshake.ts';

/** A websocket that is open and paused, and the answer that opened it. */
export interface OpenedSocket {
  readonly websocket: WebSocket;
  readonly answer: IncomingMessage;
}

/**
 * Opens a websocket to the hub.
 * @param version - the highest that this side offers
 * @throws {TunnelError} `REJECTED`, `UNAVAILABLE`, `HANDSHAKE_FAILED`, `UNTRUSTED_CERTIFICATE`, `UNREACHABLE`, `CLOSED`
 */
export async function openWebSocket(
  url: URL,
  target: TunnelTarget & { readonly version: 1 | 2 },
  hop: string,
  signal: AbortSignal,
): Promise<OpenedSocket> {
  const dialled = await dialFirst(url, target, hop, signal);
  return new Promise((resolve, reject) => {
    const websocket = new WebSocket(url, {
      ...createSocketOptions(url, target),
      ...(dialled === undefined ? {} : { createConnection: () => dialled }),
    });
    let answer: IncomingMessage | undefined;
    const onAbort = (): void => websocket.terminate();
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const settle = (finish: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      finish();
    };
    websocket.on('upgrade', (response) => (answer = response));
    websocket.on('open', () => {
      settle(() => {
        websocket.pause(); // until the session listens
        if (answer !== undefined) resolve({ websocket, answer });
      });
    });
    websocket.on('unexpected-response', (request, response) => {
      void readRefusal(response, hop).then(({ error }) => {
        request.destroy();
        settle(() => reject(error));
      });
    });
    websocket.on('error', (cause) => {
      settle(() => reject(signal.aborted ? abortError(signal, hop) : toDialError(cause, hop)));
    });
  });
}

function abortError(signal: AbortSignal, hop: string): Error {
  return new TunnelError('CLOSED', hop, 'the dial was given up', { cause: signal.reason });
}

function createSocketOptions(
  url: URL,
  target: TunnelTarget & { readonly version: 1 | 2 },
): ConstructorParameters<typeof WebSocket>[2] {
  const isTls = url.protocol === 'wss:';
  return {
    perMessageDeflate: false,
    autoPong: false, // the session answers
    maxPayload: MAX_PAYLOAD_BYTES,
    followRedirects: false,
    headers: {
      [TUNNEL_HEADER]: String(target.version),
      'user-agent': target.software ?? 'clusternet-agent',
      ...target.headers,
      ...(target.token === undefined ? {} : { authorization: `Bearer ${target.token}` }),
    },
    // Inside TLS the mask protects nobody; all zero, it costs nothing.
    ...(isTls ? { generateMask: (mask: Buffer) => mask.fill(0) } : {}),
    ...(target.caPem === undefined ? {} : { ca: target.caPem }),
    ...(target.serverName === undefined ? {} : { servername: target.serverName }),
    rejectUnauthorized: target.insecureSkipVerify !== true,
  };
}
