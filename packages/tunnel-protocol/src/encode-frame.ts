import { TunnelProtocolError } from './errors.ts';
import { DEADLINE, FRAME_TYPES, MAX_HEADER_BYTES, MAX_TEXT_BYTES } from './frame.ts';
import type { ConnId, Frame } from './frame.ts';
import type { Int64 } from './svarint.ts';
import { writeSvarint } from './svarint.ts';
import { encodeUtf8, truncateUtf8 } from './utf8.ts';

const NOTHING = new Uint8Array(0);

/**
 * One frame as the bytes of one binary websocket message.
 *
 * @param id - for logs only; receivers ignore it. One byte when 0.
 * @returns a fresh array; the payload is copied
 * @throws {TunnelProtocolError} `ADDRESS_TOO_LONG` when a Connect does not fit the 100 bytes a Go peer reads,
 *   `INVALID_ADDRESS` when its network holds a slash, `OUT_OF_RANGE` for numbers outside 64 bits. The text of
 *   an Error is cut at 100 bytes instead.
 */
export function encodeFrame(frame: Frame, id: Int64 = 0): Uint8Array {
  const payload = payloadOf(frame);
  const header = new Uint8Array(payload.length + MAX_HEADER_BYTES + 16);
  let at = writeSvarint(header, 0, id);
  at = writeSvarint(header, at, frame.conn);
  at = writeSvarint(header, at, frame.kind === 'unknown' ? frame.type : FRAME_TYPES[frame.kind]);
  if (frame.kind === 'data' || frame.kind === 'connect') at = writeSvarint(header, at, DEADLINE);
  header.set(payload, at);
  return header.subarray(0, at + payload.length);
}

/**
 * A Data message from several pieces, copied once.
 *
 * @param sizeBytes - the length of all `pieces` together
 */
export function encodeData(conn: ConnId, pieces: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const message = new Uint8Array(MAX_HEADER_BYTES + sizeBytes);
  message[0] = 0;
  let at = writeSvarint(message, 1, conn);
  at = writeSvarint(message, at, FRAME_TYPES.data);
  at = writeSvarint(message, at, DEADLINE);
  for (const piece of pieces) {
    message.set(piece, at);
    at += piece.length;
  }
  return message.subarray(0, at);
}

function payloadOf(frame: Frame): Uint8Array {
  switch (frame.kind) {
    case 'data':
      return frame.payload;
    case 'connect':
      return encodeConnect(frame.network, frame.address);
    case 'error':
      return truncateUtf8(encodeUtf8(frame.text), MAX_TEXT_BYTES);
    case 'addClient':
    case 'removeClient':
      return assertShort(encodeUtf8(frame.text), frame.text);
    case 'sync':
      return encodeConns(frame.conns);
    case 'pause':
    case 'resume':
    case 'unknown':
      return NOTHING;
  }
}

function encodeConnect(network: string, address: string): Uint8Array {
  if (network === '' || network.includes('/')) {
    throw new TunnelProtocolError(
      'INVALID_ADDRESS',
      `network ${JSON.stringify(network)} is empty or has a slash`,
    );
  }
  const text = `${network}/${address}`;
  return assertShort(encodeUtf8(text), text);
}

function assertShort(bytes: Uint8Array, text: string): Uint8Array {
  if (bytes.length <= MAX_TEXT_BYTES) return bytes;
  throw new TunnelProtocolError(
    'ADDRESS_TOO_LONG',
    `${JSON.stringify(text)} takes ${bytes.length} bytes; the tunnel carries ${MAX_TEXT_BYTES}`,
  );
}

function encodeConns(conns: readonly ConnId[]): Uint8Array {
  const bytes = new Uint8Array(conns.length * 8);
  const view = new DataView(bytes.buffer);
  conns.forEach((conn, index) => view.setBigUint64(index * 8, BigInt.asUintN(64, BigInt(conn)), true));
  return bytes;
}
