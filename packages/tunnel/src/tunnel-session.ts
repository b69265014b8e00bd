import type { Duplex } from 'node:stream';
import type {
  OpenOptions,
  RequestHead,
  ResetCode,
  ServiceClass,
  V2Stream,
} from '@clusternet/tunnel-protocol';

/** How a session travels: on the upgraded connection itself, or in websocket messages. */
export type TunnelLeg = 'upgrade' | 'websocket';

/** A stream of bytes through a tunnel. */
export interface TunnelByteStream extends Duplex {
  /** `tcp`, or what the peer asked for. */
  readonly network: string;
  /** `host:port` at the far end, or a named target. */
  readonly address: string;
  /** Serving side: the target is connected. Version 1 has no word for it. */
  acknowledge(): void;
  /** Ends the stream before its time, and tells the peer why. */
  refuse(code: ResetCode, text: string): void;
}

/** How a stream of bytes is opened. */
export interface ByteStreamOptions {
  /** @default 'interactive' */
  readonly serviceClass?: ServiceClass;
  /**
   * It neither ends nor closes by itself when its peer ends. For TLS over it, which still has to deliver what it has
   * deciphered by then, and drops that when what is below it closes.
   * @default false
   */
  readonly isHeld?: boolean;
}

/** A live tunnel. Disposing of it closes it and waits until its socket is gone. */
export interface TunnelSession extends AsyncDisposable {
  /** Who is at both ends, such as `hub → agent c-1`. */
  readonly hop: string;
  readonly version: 1 | 2;
  readonly leg: TunnelLeg;
  /** When the last frame of any kind came, in the clock's monotonic ms. */
  readonly lastSeenMs: number;
  /** Whether nothing came for `silentAfterMs`. */
  readonly isSilent: boolean;
  readonly isClosed: boolean;
  /** Either side wants no more streams here. */
  readonly isDraining: boolean;
  readonly streams: number;
  /** Received and not read, over all streams; version 2: what peers may still send besides. */
  readonly bufferedBytes: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** How often a stream had bytes and no credit. Always 0 in version 1, which has no credit. */
  readonly creditStalls: number;
  /** Of the last ping that was answered, ms; `undefined` before. */
  readonly roundTripMs: number | undefined;
  /** Targets that the peer serves by name, as far as it has said so: requests to them are `request`s. */
  readonly targets: readonly string[];
  /**
   * Hub: opens a stream to `address` as the agent sees it. A dial that fails destroys the stream later, with
   * `DIAL_FAILED` or what else the agent says.
   * @throws {TunnelError} `CLOSED`, `INVALID_ADDRESS`, `OVERLOADED`
   */
  open(network: string, address: string, options?: ByteStreamOptions): TunnelByteStream;
  /**
   * Hub, version 2: has the agent perform a request at a target that it named. Bind the stream at once.
   * @throws {TunnelError} `CLOSED`, `INVALID_ADDRESS`, `OVERLOADED`; `PROTOCOL` in version 1
   */
  request(head: RequestHead, options?: OpenOptions): V2Stream;
  /** Told when the session falls silent and when it speaks again. Returns how to stop listening. */
  onSilence(listener: (isSilent: boolean) => void): () => void;
  /** Told once when the peer has said what `targets` it serves; at once if it has, and in version 1. Returns how to stop listening. */
  onHello(listener: () => void): () => void;
  /**
   * Dialling side of a link between hubs, version 1: tells the accepting hub that this client can be reached here, or no
   * longer. In version 2: nothing.
   * @param sessionKey - an integer of 64 bits; tells the sessions of one client apart
   * @throws {TunnelError} `INVALID_ADDRESS` for more than the 100 bytes that Go peers read
   */
  announce(change: 'added' | 'removed', clientKey: string, sessionKey: number): void;
  /** Told once when the peer wants no more streams here. Returns how to stop listening. */
  onDraining(listener: () => void): () => void;
  /**
   * Resolves when this side closed the session, or `signal` aborts.
   * @throws {TunnelError} when the session ended in any other way
   */
  closed(signal?: AbortSignal): Promise<void>;
  /** Asks the peer to open its next session elsewhere; this one works on until either side closes it. Version 1 has no word for it. */
  drain(): void;
  /** Opens no more streams, waits up to `drainMs` for the open ones, then closes. @default 0 */
  close(drainMs?: number): Promise<void>;
}
