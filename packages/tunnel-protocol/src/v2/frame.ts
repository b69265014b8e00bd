/**
 * Bytes before every payload: length (24 bits), type (8), flags (8), stream (32), all big-endian. One byte more
 * than what fits a word, and the layout of HTTP/2, which every reader of captures knows.
 */
export const HEADER_BYTES = 9;

/** What stands on the wire for each kind of frame. Numbers are never reused. */
export const FRAME_TYPE = {
  data: 0,
  request: 1,
  response: 2,
  trailers: 3,
  connect: 4,
  connected: 5,
  reset: 6,
  credit: 7,
  ping: 8,
  goAway: 9,
  hello: 10,
} as const;

/** The sender's last bytes of this stream. */
export const FLAG_END = 0x01;
/** On a ping: the answer to one. */
export const FLAG_ACK = 0x01;
/** On a request or connect: bits 4 and 5 hold the class of service. */
export const CLASS_SHIFT = 4;

/** The largest payload of a data frame we send: what a stream of higher class may have to wait for. */
export const MAX_DATA_BYTES: number = 32 * 1024;
/** The largest payload of any frame we take; a larger one ends the session. */
export const MAX_PAYLOAD_BYTES: number = 256 * 1024;
/** The largest head (method, path and header fields) that is sent: above what HTTP servers accept. */
export const MAX_HEAD_BYTES: number = 128 * 1024;
/** What the serving side of a stream may be sent before it grants more. */
export const INITIAL_CREDIT_BYTES: number = 32 * 1024;
/** Stream ids end here; a session that comes near drains and is replaced. */
export const MAX_STREAM_ID = 0x7fff_ffff;

/** In which order what waits is sent. Control frames go before all of them. */
export type ServiceClass = 'interactive' | 'watch' | 'bulk';

export const SERVICE_CLASSES: readonly ServiceClass[] = ['interactive', 'watch', 'bulk'];

/** Why a stream ended before its time. Public: add codes freely, never rename or reuse one. */
export type ResetCode =
  | 'CANCELLED'
  | 'REFUSED'
  | 'NOT_ALLOWED'
  | 'DIAL_FAILED'
  | 'TIMED_OUT'
  | 'UNTRUSTED'
  | 'FLOW_CONTROL'
  | 'OVERLOADED'
  | 'BROKEN'
  | 'MALFORMED'
  | 'INTERNAL'
  | 'SESSION_LOST';

/** On the wire a code is its place in this list. */
export const RESET_CODES: readonly ResetCode[] = [
  'CANCELLED', // whoever asked no longer wants it
  'REFUSED', // nothing was done: safe to repeat elsewhere
  'NOT_ALLOWED', // the agent's policy forbids the target
  'DIAL_FAILED', // the target could not be reached: nothing was done
  'TIMED_OUT', // the target could not be reached in time
  'UNTRUSTED', // the target's certificate does not verify
  'FLOW_CONTROL', // the peer sent more than it had credit for
  'OVERLOADED', // a limit of this side is reached
  'BROKEN', // the target's connection broke
  'MALFORMED', // what was sent on the stream makes no sense
  'INTERNAL', // a fault of this side
  'SESSION_LOST', // never on the wire: the session ended
];
