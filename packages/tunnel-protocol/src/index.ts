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
export { INITIAL_CREDIT_BYTES, MAX_HEAD_BYTES, RESET_CODES, SERVICE_CLASSES } from './v2/frame.ts';
export type { ResetCode, ServiceClass } from './v2/frame.ts';
export type { Fields } from './v2/fields.ts';
export type { ConnectHead, Hello, OpenHead, OpenOptions, RequestHead, ResponseHead } from './v2/head.ts';
export type { V2Limits } from './v2/limits.ts';
export type { StreamReset, V2Stream, V2StreamEvents } from './v2/stream.ts';
export { createV2Session } from './v2/session.ts';
export type { V2Hooks, V2Session, V2SessionOptions } from './v2/v2-session.ts';
