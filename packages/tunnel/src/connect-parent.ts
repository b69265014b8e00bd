import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TunnelTarget } from './dial-tunnel.ts';

/**
 * Opens the connection that a handshake goes over where it does not go directly: dialled by whoever knows the way,
 * with TLS inside where the URL asks for it.
 *
 * @param url - `ws` or `wss`
 */
export async function connectParent(
  url: URL,
  target: TunnelTarget & { readonly dial: NonNullable<TunnelTarget['dial']> },
  signal: AbortSignal,
): Promise<Socket> {
  const isTls = url.protocol === 'wss:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const socket = await target.dial(host, url.port === '' ? (isTls ? 443 : 80) : Number(url.port), signal);
  if (!isTls) return socket;
  return new Promise((resolve, reject) => {
    const secure = connectTls({
      socket,
      host,
      servername: target.serverName ?? (isIP(host) === 0 ? host : ''),
      ...(target.caPem === undefined ? {} : { ca: target.caPem }),
      rejectUnauthorized: target.insecureSkipVerify !== true,
      ALPNProtocols: ['http/1.1'],
    });
    const onAbort = (): void => {
      secure.destroy(new Error('the dial was given up', { cause: signal.reason }));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const settle = (finish: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      finish();
    };
    secure.once('error', (error: Error) => settle(() => reject(error)));
    secure.once('secureConnect', () => settle(() => resolve(secure)));
    if (signal.aborted) onAbort();
  });
}
