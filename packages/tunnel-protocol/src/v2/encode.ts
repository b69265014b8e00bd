import { TunnelProtocolError } from '../errors.ts';
import { encodeUtf8, truncateUtf8 } from '../utf8.ts';
import { isToken, measureTexts, writeTexts } from './fields.ts';
import type { Fields } from './fields.ts';
import {
  CLASS_SHIFT,
  FLAG_ACK,
  FLAG_END,
  FRAME_TYPE,
  HEADER_BYTES,
  MAX_HEAD_BYTES,
  RESET_CODES,
  SERVICE_CLASSES,
} from './frame.ts';
import type { ResetCode, ServiceClass } from './frame.ts';
import type { Hello, OpenHead, ResponseHead } from './head.ts';

/** Texts of resets and go-aways are cut here. */
export const MAX_REASON_BYTES = 1024;

type FrameType = (typeof FRAME_TYPE)[keyof typeof FRAME_TYPE];

/** Writes the 9 bytes before a payload. */
export function writeHeader(
  target: Uint8Array,
  at: number,
  frame: {
    readonly type: FrameType;
    readonly flags: number;
    readonly stream: number;
    readonly sizeBytes: number;
  },
): void {
  const { type, flags, stream, sizeBytes } = frame;
  target[at] = sizeBytes >>> 16;
  target[at + 1] = sizeBytes >>> 8;
  target[at + 2] = sizeBytes;
  target[at + 3] = type;
  target[at + 4] = flags;
  writeUint32(target, at + 5, stream);
}

function writeUint32(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}

/** Puts another stream id into an encoded frame. */
export function setStream(frame: Uint8Array, stream: number): void {
  writeUint32(frame, 5, stream);
}

function createFrame(type: FrameType, flags: number, stream: number, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + sizeBytes);
  writeHeader(bytes, 0, { type, flags, stream, sizeBytes });
  return bytes;
}

/** The header of a data frame; its payload follows. */
export function encodeDataHeader(stream: number, sizeBytes: number, isEnd: boolean): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  writeHeader(bytes, 0, { type: FRAME_TYPE.data, flags: isEnd ? FLAG_END : 0, stream, sizeBytes });
  return bytes;
}

/**
 * A request or connect.
 * @param creditBytes - how much the peer may send before it gets more
 * @throws {TunnelProtocolError} `HEAD_TOO_LARGE`, `INVALID_FIELD`
 */
export function encodeOpen(
  stream: number,
  head: OpenHead,
  options: { readonly serviceClass: ServiceClass; readonly isEnd: boolean; readonly creditBytes: number },
): Uint8Array {
  if (head.kind === 'request') assertNames(head.fields);
  const texts =
    head.kind === 'request'
      ? [head.target, head.method, head.path, ...head.fields]
      : [head.network, head.address];
  const flags =
    (options.isEnd ? FLAG_END : 0) | (SERVICE_CLASSES.indexOf(options.serviceClass) << CLASS_SHIFT);
  const bytes = createHeadFrame(
    head.kind === 'request' ? FRAME_TYPE.request : FRAME_TYPE.connect,
    flags,
    stream,
    {
      prefixBytes: 4,
      texts,
    },
  );
  writeUint32(bytes, HEADER_BYTES, options.creditBytes);
  return bytes;
}

/** @throws {TunnelProtocolError} `HEAD_TOO_LARGE`, `INVALID_FIELD` */
export function encodeResponse(stream: number, head: ResponseHead, isEnd: boolean): Uint8Array {
  if (!(head.status >= 200 && head.status <= 599)) {
    throw new TunnelProtocolError('INVALID_FIELD', `${head.status} is not the status of an answer`);
  }
  assertNames(head.fields);
  const bytes = createHeadFrame(FRAME_TYPE.response, isEnd ? FLAG_END : 0, stream, {
    prefixBytes: 2,
    texts: head.fields,
  });
  bytes[HEADER_BYTES] = head.status >>> 8;
  bytes[HEADER_BYTES + 1] = head.status;
  return bytes;
}

/** Trailers end their sender's half of a stream. @throws {TunnelProtocolError} `HEAD_TOO_LARGE`, `INVALID_FIELD` */
export function encodeTrailers(stream: number, fields: Fields): Uint8Array {
  assertNames(fields);
  return createHeadFrame(FRAME_TYPE.trailers, FLAG_END, stream, { prefixBytes: 0, texts: fields });
}

function assertNames(fields: Fields): void {
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? '';
    if (!isToken(name)) {
      throw new TunnelProtocolError('INVALID_FIELD', `${JSON.stringify(name)} cannot name a header field`);
    }
  }
}

function createHeadFrame(
  type: FrameType,
  flags: number,
  stream: number,
  content: { readonly prefixBytes: number; readonly texts: Fields },
): Uint8Array {
  const sizeBytes = content.prefixBytes + measureTexts(content.texts);
  if (sizeBytes > MAX_HEAD_BYTES) {
    throw new TunnelProtocolError(
      'HEAD_TOO_LARGE',
      `a head of ${sizeBytes} bytes; the tunnel carries ${MAX_HEAD_BYTES}`,
    );
  }
  const bytes = createFrame(type, flags, stream, sizeBytes);
  writeTexts(bytes, HEADER_BYTES + content.prefixBytes, content.texts);
  return bytes;
}

/** "The target is connected." */
export function encodeConnected(stream: number): Uint8Array {
  return createFrame(FRAME_TYPE.connected, 0, stream, 0);
}

export function encodeReset(stream: number, code: ResetCode, text: string): Uint8Array {
  const reason = truncateUtf8(encodeUtf8(text), MAX_REASON_BYTES);
  const bytes = createFrame(FRAME_TYPE.reset, 0, stream, 2 + reason.length);
  const number = RESET_CODES.indexOf(code);
  bytes[HEADER_BYTES] = number >>> 8;
  bytes[HEADER_BYTES + 1] = number;
  bytes.set(reason, HEADER_BYTES + 2);
  return bytes;
}

/** "You may send so many bytes more on this stream." */
export function encodeCredit(stream: number, creditBytes: number): Uint8Array {
  const bytes = createFrame(FRAME_TYPE.credit, 0, stream, 4);
  writeUint32(bytes, HEADER_BYTES, creditBytes);
  return bytes;
}

/** @param stamp - 0 to 2^32-1; an answer carries the stamp of its question */
export function encodePing(stamp: number, isAnswer: boolean): Uint8Array {
  const bytes = createFrame(FRAME_TYPE.ping, isAnswer ? FLAG_ACK : 0, 0, 4);
  writeUint32(bytes, HEADER_BYTES, stamp);
  return bytes;
}

/** "Open no more streams here." */
export function encodeGoAway(reason: string): Uint8Array {
  const text = truncateUtf8(encodeUtf8(reason), MAX_REASON_BYTES);
  const bytes = createFrame(FRAME_TYPE.goAway, 0, 0, text.length);
  bytes.set(text, HEADER_BYTES);
  return bytes;
}

export function encodeHello(hello: Hello): Uint8Array {
  const text = encodeUtf8(JSON.stringify(hello));
  const bytes = createFrame(FRAME_TYPE.hello, 0, 0, text.length);
  bytes.set(text, HEADER_BYTES);
  return bytes;
}
