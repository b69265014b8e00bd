import { createHash } from 'node:crypto';
import { Duplex } from 'node:stream';
import { createBadRequest, getHeader } from '@clusternet/apiserver';
import type { HeaderMap } from '@clusternet/apiserver';
import { noop } from './noop.ts';

/** An accepted websocket. */
export interface WebSocketPeer {
  /** Sends a binary message. */
  send(message: Buffer, done?: (error?: Error | null) => void): void;
  /** Says goodbye and ends the connection. */
  close(): void;
  pause(): void;
  resume(): void;
}

const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const NORMAL_CLOSURE = Buffer.from([0x03, 0xe8]);

/** Whether a request asks for a websocket. */
export function isWebSocketRequest(headers: HeaderMap): boolean {
  return (getHeader(headers, 'upgrade') ?? '').toLowerCase() === 'websocket';
}

/** The first of `known` that the request offers. */
export function pickWebSocketProtocol(headers: HeaderMap, known: readonly string[]): string | undefined {
  const offered = (headers.get('sec-websocket-protocol') ?? []).flatMap((line) =>
    line.split(',').map((item) => item.trim()),
  );
  return known.find((protocol) => offered.includes(protocol));
}

/**
 * Accepts a websocket on an upgraded socket and hands over each message, text or binary, whole.
 * @throws {ApiError} `BadRequest` without a key
 */
export function acceptWebSocket(
  { headers, protocol, socket, head }: WebSocketOffer,
  onMessage: (message: Buffer) => void,
): WebSocketPeer {
  const key = getHeader(headers, 'sec-websocket-key');
  if (key === undefined) throw createBadRequest('Sec-WebSocket-Key is missing');
  const accept = createHash('sha1')
    .update(key + ACCEPT_SUFFIX)
    .digest('base64');
  socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${accept}`,
      `Sec-WebSocket-Protocol: ${protocol}`,
      '',
      '',
    ].join('\r\n'),
  );
  let isClosing = false;
  const close = (): void => {
    if (isClosing || !socket.writable) return;
    isClosing = true;
    socket.end(formatFrame(OPCODE.close, NORMAL_CLOSURE));
  };
  const reader = createMessageReader({
    onMessage,
    onPing: (body) => socket.write(formatFrame(OPCODE.pong, body)),
    onClose: close,
  });
  const feed = (chunk: Buffer): void => {
    try {
      reader.feed(chunk);
    } catch {
      socket.destroy(); // not a websocket, or more than we take: there is nobody to tell
    }
  };
  socket.on('data', feed);
  socket.once('end', () => socket.end());
  if (head.length > 0) feed(head);
  return {
    send(message, done) {
      if (socket.writable) socket.write(formatFrame(OPCODE.binary, message), done);
      else done?.(new Error('the connection is closed'));
    },
    close,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
}

export interface WebSocketOffer {
  readonly headers: HeaderMap;
  /** The one that was picked. */
  readonly protocol: string;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** A websocket as a stream of bytes: message borders mean nothing. */
export function acceptWebSocketTunnel(offer: WebSocketOffer): Duplex {
  const duplex = new Duplex({
    read: () => peer.resume(),
    write: (chunk: Buffer, _encoding, done) => peer.send(chunk, done),
    final: (done) => {
      peer.close();
      done();
    },
    destroy: (error, done) => {
      offer.socket.destroy();
      done(error);
    },
  });
  const peer = acceptWebSocket(offer, (message) => {
    if (!duplex.push(message)) peer.pause();
  });
  duplex.on('error', noop); // the client is gone; who uses the stream sees that it closes
  offer.socket.once('close', () => duplex.destroy());
  return duplex;
}

interface MessageEvents {
  readonly onMessage: (message: Buffer) => void;
  readonly onPing: (body: Buffer) => void;
  readonly onClose: () => void;
}

function createMessageReader(events: MessageEvents): { feed(chunk: Buffer): void } {
  let rest: Buffer = Buffer.alloc(0);
  let parts: Buffer[] = [];
  let sizeBytes = 0;
  const take = ({ opcode, isLast, body }: WebSocketFrame): void => {
    if (opcode === OPCODE.close) events.onClose();
    else if (opcode === OPCODE.ping) events.onPing(body);
    else if (opcode !== OPCODE.pong) {
      sizeBytes += body.length;
      if (sizeBytes > MAX_MESSAGE_BYTES) throw new Error('a message is too large');
      parts.push(body);
      if (!isLast) return;
      const message = Buffer.concat(parts);
      parts = [];
      sizeBytes = 0;
      events.onMessage(message);
    }
  };
  return {
    feed(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let frame = parseFrame(rest); frame !== undefined; frame = parseFrame(rest)) {
        rest = rest.subarray(frame.sizeBytes);
        take(frame);
      }
    },
  };
}

interface WebSocketFrame {
  readonly opcode: number;
  readonly isLast: boolean;
  readonly body: Buffer;
  readonly sizeBytes: number;
}

/** Reads one frame of a client, which has to be masked. @returns undefined until it is whole */
function parseFrame(bytes: Buffer): WebSocketFrame | undefined {
  if (bytes.length < 2) return undefined;
  const [first, second] = [bytes.readUInt8(0), bytes.readUInt8(1)];
  if ((first & 0x70) !== 0 || (second & 0x80) === 0) throw new Error('not a frame of a websocket client');
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  if (bytes.length < 2 + lengthBytes) return undefined;
  const length =
    lengthBytes === 0 ? short : lengthBytes === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (length > MAX_MESSAGE_BYTES) throw new Error('a frame is too large');
  const bodyAt = 2 + lengthBytes + 4;
  if (bytes.length < bodyAt + length) return undefined;
  const mask = bytes.subarray(bodyAt - 4, bodyAt);
  const body = Buffer.from(bytes.subarray(bodyAt, bodyAt + length));
  for (let index = 0; index < body.length; index += 1)
    body[index] = (body[index] ?? 0) ^ (mask[index & 3] ?? 0);
  return { opcode: first & 0x0f, isLast: (first & 0x80) !== 0, body, sizeBytes: bodyAt + length };
}

function formatFrame(opcode: number, body: Buffer): Buffer {
  const head = Buffer.alloc(body.length < 126 ? 2 : body.length < 65_536 ? 4 : 10);
  head.writeUInt8(0x80 | opcode, 0);
  if (head.length === 2) head.writeUInt8(body.length, 1);
  else if (head.length === 4) {
    head.writeUInt8(126, 1);
    head.writeUInt16BE(body.length, 2);
  } else {
    head.writeUInt8(127, 1);
    head.writeBigUInt64BE(BigInt(body.length), 2);
  }
  return Buffer.concat([head, body]);
}
