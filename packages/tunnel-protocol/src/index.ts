export { TunnelProtocolError, isTunnelProtocolError } from './errors.ts';
export type { TunnelProtocolErrorCode } from './errors.ts';
export { EOF_TEXT, MAX_DATA_BYTES, MAX_TEXT_BYTES } from './frame.ts';
export type {
  ClientFrame,
  ConnectFrame,
  ConnId,
  DataFrame,
  ErrorFrame,
  FlowFrame,
  Frame,
  Message,
  SyncFrame,
  UnknownFrame,
} from './frame.ts';
export { encodeSvarint, readSvarint } from './svarint.ts';
export type { Int64, SvarintRead } from './svarint.ts';
export { encodeFrame } from './encode-frame.ts';
export { decodeFrame, parseClientKey } from './decode-frame.ts';
export type { ClientKey, DecodeLimits } from './decode-frame.ts';
export type { SessionLimits } from './limits.ts';
export type { ProtocolStream, StreamEnd, StreamEvents } from './stream.ts';
export { createProtocolSession } from './session.ts';
export type { ProtocolSession, SessionHooks, SessionOptions } from './session.ts';
