import type { IncomingMessage } from 'node:http';
import WebSocket from 'isomorphic-ws';
import { concatBytes } from '../concat-bytes.ts';
import type { ConnectionConfig } from '../connection-config.ts';
import { ApiError, isApiError } from '../errors.ts';
import { transportError } from '../transport-error.ts';
import type { ChannelSocket, SocketTarget } from './channel-socket.ts';
import { createMessageQueue } from './message-queue.ts';
import { readLogin } from './socket-login.ts';

/** More than this unread makes the sender wait, bytes. */
const HIGH_BYTES = 1024 * 1024;
/** A platform that cannot make it wait ends the stream at this, bytes. */
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_TEXT_BYTES = 64 * 1024;
const HANDSHAKE_MS = 30_000;

/** Opens a websocket: that of `ws` in Node, the native one in browsers. */
export async function openSocket(target: SocketTarget, signal?: AbortSignal): Promise<ChannelSocket> {
  signal?.throwIfAborted();
  const { connection, path, protocols } = target;
  const isNode = typeof WebSocket.prototype.pause === 'function';
  const login = readLogin((await connection.getHeaders?.(signal)) ?? {}, isNode);
  const url = connection.server.replace(/^http/, 'ws').replace(/\/+$/, '') + path;
  const socket = isNode
    ? new WebSocket(url, [...protocols], optionsOf(connection, login.headers))
    : new WebSocket(url, [...protocols, ...login.protocols]);
  socket.binaryType = 'arraybuffer';
  const channel = createChannel(socket, target, isNode);
  const onAbort = (): void => channel.fail(signal?.reason as Error); // what nearly everybody gives
  signal?.addEventListener('abort', onAbort, { once: true });
  socket.addEventListener('close', () => signal?.removeEventListener('abort', onAbort));
  return channel.opened;
}

function optionsOf(
  connection: ConnectionConfig,
  headers: Readonly<Record<string, readonly string[] | string>>,
): WebSocket.ClientOptions {
  if (connection.dial !== undefined)
    throw new ApiError('INVALID_CONFIG', 'streams of pods do not go through the proxy of a connection yet');
  return {
    headers: { 'user-agent': connection.userAgent ?? 'clusternet-client', ...headers },
    ...(connection.caPem === undefined ? {} : { ca: connection.caPem }),
    ...(connection.certPem === undefined ? {} : { cert: connection.certPem }),
    ...(connection.keyPem === undefined ? {} : { key: connection.keyPem }),
    ...(connection.serverName === undefined ? {} : { servername: connection.serverName }),
    rejectUnauthorized: connection.insecureSkipVerify !== true,
    handshakeTimeout: HANDSHAKE_MS,
    perMessageDeflate: false,
    maxPayload: MAX_BYTES,
  };
}

interface Channel {
  readonly opened: Promise<ChannelSocket>;
  readonly fail: (error: Error) => void;
}

function createChannel(socket: WebSocket, target: SocketTarget, isNode: boolean): Channel {
  const { what, hop, connection } = target;
  const { promise: opened, resolve, reject } = Promise.withResolvers<ChannelSocket>();
  const queue = createMessageQueue<Uint8Array>({
    highBytes: isNode ? HIGH_BYTES : MAX_BYTES,
    onFull: () => {
      if (isNode) socket.pause();
      else
        fail(
          new ApiError(
            'TOO_LARGE',
            `${what}: more than ${MAX_BYTES} bytes wait to be read, and browsers cannot wait`,
          ),
        );
    },
    onRoom: () => {
      if (isNode) socket.resume();
    },
  });
  const fail = (error: Error): void => {
    reject(error);
    queue.end(error);
    if (isNode) socket.terminate();
    else socket.close();
  };
  const send = (message: Uint8Array): Promise<void> =>
    new Promise((done, refuse) => {
      if (!isNode) socket.send(message);
      else
        socket.send(message, (error) => {
          if (error == null) done();
          else refuse(toError(error, what, hop));
        });
      if (!isNode) done();
    });

  socket.addEventListener('open', () => {
    resolve({ protocol: socket.protocol, messages: queue, send, close: () => socket.close() });
  });
  socket.addEventListener('message', ({ data }) => {
    const bytes = new Uint8Array(data as ArrayBuffer); // by its binaryType
    queue.push(bytes, bytes.length);
  });
  socket.addEventListener('error', (event) => {
    fail(toError(event.error ?? new Error(event.message), what, hop));
  });
  socket.addEventListener('close', () => {
    reject(new ApiError('UNREACHABLE', `${what}: ${hop} closed the connection`, { hop }));
    queue.end();
  });
  if (isNode)
    socket.on('unexpected-response', (_request, response) => {
      void readText(response).then((text) => {
        if (response.statusCode === 401) connection.onUnauthorized?.();
        fail(target.explain(response.statusCode ?? 0, text));
      });
    });
  return { opened, fail };
}

function toError(error: unknown, what: string, hop: string): Error {
  const told = transportError(error, hop);
  return isApiError(told)
    ? new ApiError(told.code, `${what}: ${told.message}`, { cause: error, hop })
    : new Error(what, { cause: error });
}

/** What a server said in place of an upgrade; what it said too much or too late is left out. */
async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_TEXT_BYTES) break;
    }
  } catch {
    // what came has to do
  }
  return new TextDecoder().decode(concatBytes(chunks));
}
