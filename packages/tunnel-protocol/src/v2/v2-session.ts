import type { TunnelProtocolError } from '../errors.ts';
import type { Hello, OpenHead, OpenOptions } from './head.ts';
import type { V2Limits } from './limits.ts';
import type { V2Stream } from './stream.ts';

/** What a version 2 session tells the code that drives it. */
export interface V2Hooks {
  /** There is something to `pull`. Not called again before `pull` has returned nothing, or less than asked for. */
  readonly onOutput: () => void;
  /** The peer opens a stream. Bind it at once. Without it, streams are refused. */
  readonly onOpen?: (stream: V2Stream) => void;
  readonly onHello?: (hello: Hello) => void;
  /** The answer to the ping with this stamp. */
  readonly onPong?: (stamp: number) => void;
  /** The peer wants no more streams here. */
  readonly onGoAway?: (reason: string) => void;
  /** Called once: close the transport. `error` when the peer broke a rule. */
  readonly onClose: (error: TunnelProtocolError | undefined) => void;
}

export interface V2SessionOptions {
  /** Streams that the dialling side opens have odd ids, those of the accepting side even ones. */
  readonly role: 'acceptor' | 'dialler';
  readonly hello: Hello;
  readonly limits?: V2Limits;
}

/** A version 2 session as a state machine: feed it bytes and time, send what it gives, do what its hooks say. */
export interface V2Session {
  readonly streams: number;
  /** Granted to the peer or unread, over all streams. */
  readonly reservedBytes: number;
  readonly creditStalls: number;
  readonly isClosed: boolean;
  readonly isDraining: boolean;
  /** What the peer said of itself, once it has. */
  readonly peer: Hello | undefined;
  /**
   * Opens a stream.
   * @throws {TunnelProtocolError} `SESSION_CLOSED`, `SESSION_DRAINING`, `SESSION_OVERLOADED`, `TOO_MANY_STREAMS`, `HEAD_TOO_LARGE`, `INVALID_FIELD`
   */
  open(head: OpenHead, options?: OpenOptions): V2Stream;
  /**
   * Bytes from the transport, cut anywhere. Breaking a rule closes the session; nothing is thrown.
   * @param nowMs - time in ms from any origin: windows grow by it
   */
  receive(chunk: Uint8Array, nowMs?: number): void;
  /** How long an answer of the peer took. Until it is known, windows grow for every reader that keeps up. */
  observeRoundTrip(ms: number): void;
  /** The next bytes to send, about `maxBytes` of them (a frame more at most), in pieces. */
  pull(maxBytes: number): Uint8Array[];
  /** Asks the peer for a sign of life. @param stamp - 0 to 2^32-1 */
  ping(stamp: number): void;
  /** Tells the peer to open no more streams. What is open goes on, and this side may still open some. */
  drain(reason: string): void;
  /** Time in ms from any origin; call it at least once a second. */
  tick(nowMs: number): void;
  /** Ends every stream with `SESSION_LOST`, then the session. Again: nothing. */
  close(): void;
}
