import { request as requestHttp } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';

/** Opens a TCP connection to a host, by whatever way leads there. */
export type DialSocket = (host: string, port: number, signal?: AbortSignal) => Promise<Socket>;

/**
 * Creates what connects through a proxy: HTTP or HTTPS with `CONNECT`, or SOCKS 5, which resolves names itself.
 * Errors name the proxy without its password.
 *
 * @param proxy - `http`, `https`, `socks5` or `socks5h`, with user and password if it wants them
 */
export function createProxyDial(proxy: URL): DialSocket {
  const name = `${proxy.protocol}//${proxy.host}`;
  const dial = proxy.protocol.startsWith('socks') ? dialSocks : dialConnect;
  return async (host, port, signal) => {
    try {
      return await dial(proxy, host, port, signal);
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause);
      const code = cause instanceof Error && 'code' in cause ? { code: cause.code } : {};
      throw Object.assign(new Error(`proxy ${name}: ${text}`, { cause }), code);
    }
  };
}

function dialConnect(
  proxy: URL,
  host: string,
  port: number,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const isTls = proxy.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const outgoing = (isTls ? requestHttps : requestHttp)({
      hostname: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port === '' ? (isTls ? 443 : 80) : Number(proxy.port),
      method: 'CONNECT',
      path: target,
      agent: false,
      signal,
      headers: {
        host: target,
        ...(login === ':' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` }),
      },
    });
    outgoing.once('connect', (response: IncomingMessage, socket: Socket, head: Buffer) => {
      if (response.statusCode === 200) {
        if (head.length > 0) socket.unshift(head);
        socket.setNoDelay(true);
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(new Error(`answered ${response.statusCode ?? 0} to CONNECT ${target}`));
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
}

async function dialSocks(
  proxy: URL,
  host: string,
  port: number,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const { SocksClient } = await import('socks');
  signal?.throwIfAborted();
  const { socket } = await SocksClient.createConnection({
    command: 'connect',
    destination: { host, port },
    proxy: {
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port === '' ? 1080 : Number(proxy.port),
      type: 5,
      ...(proxy.username === ''
        ? {}
        : {
            userId: decodeURIComponent(proxy.username),
            password: decodeURIComponent(proxy.password),
          }),
    },
  });
  if (signal?.aborted === true) {
    socket.destroy();
    signal.throwIfAborted();
  }
  socket.setNoDelay(true);
  return socket;
}
