import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import type { buildConnector } from 'undici';

export type DialTls = Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'servername'> & {
  readonly timeout: number;
};

/** Connects undici over byte streams that someone else opens, with TLS inside where the server speaks it. */
export function createDialConnector(
  dial: (host: string, port: number) => Promise<Duplex>,
  tls: DialTls,
): buildConnector.connector {
  return ({ hostname, protocol, port }, callback) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const isTls = protocol === 'https:';
    dialInTime(dial(host, Number(port === '' ? (isTls ? 443 : 80) : port)), tls.timeout).then(
      (stream) => {
        if (!isTls) {
          stream.on('error', () => {}); // undici listens while it uses the stream; afterwards nobody would
          callback(null, stream as unknown as Socket); // undici needs no more of a socket than a Duplex has
          return;
        }
        secure(stream, host, tls, callback);
      },
      (error: unknown) => {
        callback(error as Error, null);
      },
    );
  };
}

/** A stream that opens too late is closed, not leaked. */
async function dialInTime(dialling: Promise<Duplex>, timeoutMs: number): Promise<Duplex> {
  let timer: NodeJS.Timeout | undefined;
  let isLate = false;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      isLate = true;
      reject(Object.assign(new Error('the stream took too long to open'), { code: 'ETIMEDOUT' }));
    }, timeoutMs);
  });
  dialling.then(
    (stream) => {
      if (isLate) stream.destroy();
    },
    () => {}, // the race below tells
  );
  try {
    return await Promise.race([dialling, late]);
  } finally {
    clearTimeout(timer);
  }
}

function secure(stream: Duplex, host: string, tls: DialTls, callback: buildConnector.Callback): void {
  const { timeout, servername, ...options } = tls;
  const listeners = new Set(stream.listeners('error'));
  const socket = connectTls({
    ...options,
    socket: stream,
    servername: servername ?? sniName(host),
    ALPNProtocols: ['http/1.1'],
    host,
  });
  // Node forwards errors of the stream to an emitter that nobody can listen to: a tunnel that breaks after a failed
  // handshake would end the process. The socket is told instead.
  for (const listener of stream.listeners('error')) {
    if (!listeners.has(listener)) stream.off('error', listener as (error: Error) => void);
  }
  stream.on('error', (error) => {
    socket.destroy(error);
  });
  const timer = setTimeout(() => {
    socket.destroy(Object.assign(new Error('the TLS handshake took too long'), { code: 'ETIMEDOUT' }));
  }, timeout);
  const onError = (error: Error): void => {
    clearTimeout(timer);
    stream.destroy();
    callback(error, null);
  };
  socket.once('error', onError);
  socket.once('secureConnect', () => {
    clearTimeout(timer);
    socket.off('error', onError);
    callback(null, socket);
  });
}

/** Server names are for names: an address is none (RFC 6066), and is verified by `host`. */
function sniName(host: string): string {
  return /^[\d.]+$|:/.test(host) ? '' : host;
}
