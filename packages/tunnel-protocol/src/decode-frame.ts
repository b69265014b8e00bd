import { TunnelProtocolError } from './errors.ts';
import { FRAME_TYPES } from './frame.ts';
import type { ConnId, ConnectFrame, Frame, Message } from './frame.ts';
import type { Int64 } from './svarint.ts';
import { readSvarint, toInt64 } from './svarint.ts';
import { decodeUtf8, truncateUtf8 } from './utf8.ts';

/** What a decoder accepts. */
export interface DecodeLimits {
  /** A longer message is an error. @default 4 MiB */
  readonly maxMessageBytes?: number;
  /** A longer Connect is an error; the text of other frames is cut here. @default 1024 */
  readonly maxTextBytes?: number;
}

const DEFAULT_MESSAGE_BYTES = 4 * 1024 * 1024;
const DEFAULT_TEXT_BYTES = 1024;

/**
 * One binary websocket message as a frame. The payload of Data is a view of `bytes`, not a copy.
 *
 * A Go peer cuts Connect and the other texts at 100 bytes when it *reads*; what it writes may be longer and is
 * read whole here, within the limits.
 *
 * @throws {TunnelProtocolError} `MESSAGE_TOO_LARGE`, `TRUNCATED`, `VARINT_OVERFLOW`, `INVALID_CONNECT`,
 *   `INVALID_SYNC`; each of them ends the session
 */
export function decodeFrame(bytes: Uint8Array, limits: DecodeLimits = {}): Message {
  const { maxMessageBytes = DEFAULT_MESSAGE_BYTES, maxTextBytes = DEFAULT_TEXT_BYTES } = limits;
  if (bytes.length > maxMessageBytes) {
    throw new TunnelProtocolError(
      'MESSAGE_TOO_LARGE',
      `message of ${bytes.length} bytes exceeds ${maxMessageBytes}`,
    );
  }
  const id = readSvarint(bytes, 0);
  const conn = readSvarint(bytes, id.end);
  const type = readSvarint(bytes, conn.end);
  const hasDeadline = type.value === FRAME_TYPES.data || type.value === FRAME_TYPES.connect;
  const start = hasDeadline ? readSvarint(bytes, type.end).end : type.end;
  const payload = bytes.subarray(start);
  return { id: id.value, frame: frameOf(type.value, conn.value, payload, maxTextBytes) };
}

function frameOf(type: Int64, conn: ConnId, payload: Uint8Array, maxTextBytes: number): Frame {
  const text = (): string => decodeUtf8(truncateUtf8(payload, maxTextBytes));
  switch (type) {
    case FRAME_TYPES.data:
      return { kind: 'data', conn, payload };
    case FRAME_TYPES.connect:
      return parseConnect(conn, payload, maxTextBytes);
    case FRAME_TYPES.error:
      return { kind: 'error', conn, text: text() };
    case FRAME_TYPES.addClient:
      return { kind: 'addClient', conn, text: text() };
    case FRAME_TYPES.removeClient:
      return { kind: 'removeClient', conn, text: text() };
    case FRAME_TYPES.pause:
      return { kind: 'pause', conn };
    case FRAME_TYPES.resume:
      return { kind: 'resume', conn };
    case FRAME_TYPES.sync:
      return { kind: 'sync', conn, conns: parseConns(payload) };
    default:
      return { kind: 'unknown', conn, type };
  }
}

function parseConnect(conn: ConnId, payload: Uint8Array, maxTextBytes: number): ConnectFrame {
  if (payload.length > maxTextBytes) {
    throw new TunnelProtocolError(
      'INVALID_CONNECT',
      `Connect of ${payload.length} bytes exceeds ${maxTextBytes}`,
    );
  }
  const text = decodeUtf8(payload);
  const slash = text.indexOf('/');
  if (slash < 0)
    throw new TunnelProtocolError('INVALID_CONNECT', `no slash in Connect ${JSON.stringify(text)}`);
  return { kind: 'connect', conn, network: text.slice(0, slash), address: text.slice(slash + 1) };
}

function parseConns(payload: Uint8Array): ConnId[] {
  if (payload.length % 8 !== 0) {
    throw new TunnelProtocolError('INVALID_SYNC', `SyncConnections of ${payload.length} bytes is not a list`);
  }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return Array.from({ length: payload.length / 8 }, (_, index) => toInt64(view.getBigInt64(index * 8, true)));
}

/** What AddClient and RemoveClient say. */
export interface ClientKey {
  readonly clientKey: string;
  readonly sessionKey: Int64;
}

const DECIMAL = /^[+-]?[0-9]{1,19}$/;

/**
 * Splits `<client key>/<session key>` at the first slash.
 *
 * @throws {TunnelProtocolError} `INVALID_CLIENT` without a slash, or when the rest is not a 64-bit integer; it
 *   ends the session
 */
export function parseClientKey(text: string): ClientKey {
  const slash = text.indexOf('/');
  const digits = text.slice(slash + 1);
  if (slash >= 0 && DECIMAL.test(digits)) {
    const value = BigInt(digits.startsWith('+') ? digits.slice(1) : digits);
    if (BigInt.asIntN(64, value) === value)
      return { clientKey: text.slice(0, slash), sessionKey: toInt64(value) };
  }
  throw new TunnelProtocolError('INVALID_CLIENT', `${JSON.stringify(text)} is not a client key and a number`);
}
