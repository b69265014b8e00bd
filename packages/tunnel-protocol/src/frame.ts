import type { Int64 } from './svarint.ts';

/** Names a stream within a session. Our side counts up from 2; a peer may use any 64-bit integer. */
export type ConnId = Int64;

/** Stream bytes. */
export interface DataFrame {
  readonly kind: 'data';
  readonly conn: ConnId;
  readonly payload: Uint8Array;
}

/** "Dial `address` on `network` and call it `conn`." There is no acknowledgement. */
export interface ConnectFrame {
  readonly kind: 'connect';
  readonly conn: ConnId;
  /** `tcp`, or `<client key>::tcp` between hubs. No slash. */
  readonly network: string;
  /** `host:port`, IPv6 in brackets. */
  readonly address: string;
}

/** The end of a stream; `EOF` is the orderly one. */
export interface ErrorFrame {
  readonly kind: 'error';
  readonly conn: ConnId;
  readonly text: string;
}

/** A dialling hub tells which agents it can reach: `<client key>/<session key>`. */
export interface ClientFrame {
  readonly kind: 'addClient' | 'removeClient';
  readonly conn: ConnId;
  readonly text: string;
}

/** "Stop" and "go on" for the data of one stream. */
export interface FlowFrame {
  readonly kind: 'pause' | 'resume';
  readonly conn: ConnId;
}

/** The streams that the dialling side still has. */
export interface SyncFrame {
  readonly kind: 'sync';
  readonly conn: ConnId;
  readonly conns: readonly ConnId[];
}

/** A type this version does not know; to be ignored. */
export interface UnknownFrame {
  readonly kind: 'unknown';
  readonly conn: ConnId;
  readonly type: Int64;
}

/** One message of protocol version 1. */
export type Frame =
  DataFrame | ConnectFrame | ErrorFrame | ClientFrame | FlowFrame | SyncFrame | UnknownFrame;

/** A frame with the id that its sender gave it: for logs only. */
export interface Message {
  readonly id: Int64;
  readonly frame: Frame;
}

/** What stands on the wire for each kind. */
export const FRAME_TYPES: Readonly<Record<Exclude<Frame['kind'], 'unknown'>, number>> = {
  data: 1,
  connect: 2,
  error: 3,
  addClient: 4,
  removeClient: 5,
  pause: 6,
  resume: 7,
  sync: 8,
};

/** The payload of an Error that means orderly end. */
export const EOF_TEXT = 'EOF';

/** Go peers read no more than this many bytes of a Connect, Error, AddClient or RemoveClient payload. */
export const MAX_TEXT_BYTES = 100;

/** The largest Data payload we send: the size of Go's copy buffer. */
export const MAX_DATA_BYTES: number = 32 * 1024;

/** The number in the deadline field: always this, never looked at. */
export const DEADLINE = 15_000;

/** The most bytes that a header takes. */
export const MAX_HEADER_BYTES = 24;
