import { ByteQueue } from './byte-queue.ts';
import { TunnelProtocolError } from './errors.ts';
import { EOF_TEXT, MAX_DATA_BYTES } from './frame.ts';
import type { ConnId, Frame } from './frame.ts';
import type { SessionLimits, WaterMarks } from './limits.ts';
import { PauseRecovery } from './pause-recovery.ts';

/** How a stream ended: by whom, and with which text (`EOF` is the orderly end). */
export interface StreamEnd {
  readonly by: 'local' | 'peer' | 'limit' | 'session';
  readonly text: string;
}

/** What a stream tells its user. Called from within `receive`, `drained`, `tick` or the user's own call. */
export interface StreamEvents {
  /** There is something to read. */
  readonly onReadable: () => void;
  /** Everything written has been handed to the transport. */
  readonly onDrain: () => void;
  /** Called once. What was received before can still be read, unless a limit ended the stream. */
  readonly onEnd: (end: StreamEnd) => void;
}

/** One byte stream of a session. It ends as a whole: version 1 knows no half-close. */
export interface ProtocolStream {
  readonly conn: ConnId;
  readonly network: string;
  readonly address: string;
  /** Received and not read. */
  readonly bufferedBytes: number;
  /** Written and not yet handed to the transport. */
  readonly pendingBytes: number;
  readonly isPausedByPeer: boolean;
  readonly ended: StreamEnd | undefined;
  bind(events: StreamEvents): void;
  /** The next bytes, `undefined` when there are none now. */
  read(): Uint8Array | undefined;
  /**
   * Sends as the peer and the transport allow. The bytes are kept, not copied; wait for `onDrain` before
   * writing much more: this side has no limit of its own.
   * @throws {TunnelProtocolError} `STREAM_CLOSED`
   */
  write(bytes: Uint8Array): void;
  /** Ends the stream in order, once everything written is sent. */
  end(): void;
  /** Ends the stream now; what is pending or unread is dropped. @param text - told to the peer @default EOF */
  abort(text?: string): void;
}

/** What a stream needs of its session. */
export interface StreamHost {
  readonly limits: Required<SessionLimits>;
  /** Whether the peer keeps one flag for both directions of pausing, as Go does. */
  readonly hasSharedFlag: boolean;
  nowMs(): number;
  marks(): WaterMarks;
  send(frame: Frame): void;
  sendData(conn: ConnId, pieces: readonly Uint8Array[], sizeBytes: number): void;
  /** Unread bytes of some stream changed by `delta`. */
  charge(delta: number): void;
  /** `stream` has something to send. */
  schedule(stream: StreamMachine): void;
  /** `stream` is over: its id means nothing from now on. */
  forget(stream: StreamMachine): void;
}

const NO_EVENTS: StreamEvents = { onReadable: () => {}, onDrain: () => {}, onEnd: () => {} };

/** A Go peer that sent something this recently may have a writer that waits for our Resume. */
const BUSY_MS = 2000;
/** An answer that is not urgent waits until nothing was sent for so long, or until it is this old. */
const QUIET_MS = 1000;
const MAX_ANSWER_DELAY_MS = 3000;

/** The state of one stream; see docs/spec/tunnel.md, "Streams". */
export class StreamMachine implements ProtocolStream {
  readonly conn: ConnId;
  readonly network: string;
  readonly address: string;
  readonly #host: StreamHost;
  readonly #inbox = new ByteQueue();
  readonly #outbox = new ByteQueue();
  #events = NO_EVENTS;
  #ended: StreamEnd | undefined;
  #isEnding = false;
  #receivedMs = -Infinity;
  #sentMs = -Infinity;
  /** When we told the peer to pause, first and last; `undefined` while it may send. */
  #pauseSent: { readonly firstMs: number; readonly lastMs: number } | undefined;
  #isPaused = false;
  readonly #recovery: PauseRecovery;
  /** Since when a Go peer has a Resume to get that its writers may wait for. */
  #answerOwedMs: number | undefined;

  constructor(host: StreamHost, conn: ConnId, network: string, address: string) {
    this.#host = host;
    this.#recovery = new PauseRecovery(host.limits.recoverAfterMs);
    this.conn = conn;
    this.network = network;
    this.address = address;
  }

  get bufferedBytes(): number {
    return this.#inbox.sizeBytes;
  }

  get pendingBytes(): number {
    return this.#outbox.sizeBytes;
  }

  get isPausedByPeer(): boolean {
    return this.#isPaused;
  }

  get ended(): StreamEnd | undefined {
    return this.#ended;
  }

  /** Whether the peer has sent anything on it, and so knows it. */
  get hasReceived(): boolean {
    return this.#receivedMs >= 0;
  }

  bind(events: StreamEvents): void {
    this.#events = events;
  }

  read(): Uint8Array | undefined {
    const bytes = this.#inbox.shift();
    if (bytes === undefined) return undefined;
    this.#host.charge(-bytes.length);
    this.#resumePeer();
    return bytes;
  }

  write(bytes: Uint8Array): void {
    if (this.#ended !== undefined || this.#isEnding) {
      throw new TunnelProtocolError('STREAM_CLOSED', `stream ${String(this.conn)} is closed`);
    }
    this.#outbox.push(bytes);
    if (this.canSend()) this.#host.schedule(this);
  }

  end(): void {
    if (this.#ended !== undefined || this.#isEnding) return;
    this.#isEnding = true;
    if (this.#outbox.sizeBytes === 0) this.#finish({ by: 'local', text: EOF_TEXT }, true);
  }

  abort(text: string = EOF_TEXT): void {
    this.#clearInbox();
    if (this.#ended === undefined) this.#finish({ by: 'local', text }, true);
  }

  /** Whether there is something to send and nobody asked us to wait. */
  canSend(): boolean {
    return this.#outbox.sizeBytes > 0 && !this.#isPaused;
  }

  /** Sends one message of at most 32 KiB. */
  sendOne(): void {
    const pieces: Uint8Array[] = [];
    let sizeBytes = 0;
    while (sizeBytes < MAX_DATA_BYTES) {
      const piece = this.#outbox.shift(MAX_DATA_BYTES - sizeBytes);
      if (piece === undefined) break;
      pieces.push(piece);
      sizeBytes += piece.length;
    }
    if (sizeBytes > 0) this.#host.sendData(this.conn, pieces, sizeBytes);
    this.#sentMs = this.#host.nowMs();
    if (this.#outbox.sizeBytes > 0) return;
    if (this.#isEnding) this.#finish({ by: 'local', text: EOF_TEXT }, true);
    else this.#events.onDrain();
  }

  /** Data from the peer. */
  receive(payload: Uint8Array): void {
    this.#receivedMs = this.#host.nowMs();
    if (payload.length === 0) return;
    this.#inbox.push(payload);
    this.#host.charge(payload.length);
    if (this.#isOverLimit()) {
      this.fail('receive buffer full: pause was ignored');
      return;
    }
    this.#pausePeer();
    this.#events.onReadable();
  }

  #isOverLimit(): boolean {
    const { streamLimitBytes, pausedLimitBytes, pauseGraceMs } = this.#host.limits;
    const { sizeBytes } = this.#inbox;
    if (sizeBytes > streamLimitBytes) return true;
    if (sizeBytes <= pausedLimitBytes || this.#pauseSent === undefined) return false;
    return this.#host.nowMs() - this.#pauseSent.firstMs >= pauseGraceMs;
  }

  #pausePeer(): void {
    if (this.#pauseSent === undefined) {
      if (this.#inbox.sizeBytes > this.#host.marks().highBytes) this.#sendPause();
    } else if (this.#host.nowMs() - this.#pauseSent.lastMs >= this.#host.limits.repeatPauseAfterMs) {
      this.#sendPause();
    }
  }

  #sendPause(): void {
    const nowMs = this.#host.nowMs();
    this.#pauseSent = { firstMs: this.#pauseSent?.firstMs ?? nowMs, lastMs: nowMs };
    this.#answerOwedMs = undefined;
    this.#recovery.onOwnPause(nowMs);
    this.#host.send({ kind: 'pause', conn: this.conn });
  }

  /** Whether our own Pause holds, and is meant to. */
  #isPausing(): boolean {
    return this.#pauseSent !== undefined && this.#inbox.sizeBytes >= this.#host.marks().lowBytes;
  }

  /** Says Resume when it is due; not while it would erase a Go peer's record of having paused us. */
  #resumePeer(): void {
    if (this.#pauseSent === undefined || this.#ended !== undefined || this.#isPausing()) return;
    if (!this.#host.hasSharedFlag || !this.#isPaused) this.#sendResume();
  }

  #sendResume(): void {
    this.#pauseSent = undefined;
    this.#answerOwedMs = undefined;
    this.#host.send({ kind: 'resume', conn: this.conn });
  }

  /** The peer asks us to wait. */
  pause(): void {
    this.#isPaused = true;
    this.#recovery.onPause(this.#host.nowMs());
  }

  /** The peer lets us go on, or says so without need. */
  resume(): void {
    this.#recovery.onResume();
    if (!this.#isPaused) {
      // A Go peer whose own buffer drained has cleared the flag that also recorded our Pause: say it again.
      if (this.#isPausing()) this.#sendPause();
      return;
    }
    this.#isPaused = false;
    if (this.#host.hasSharedFlag) this.#answerResume();
    if (this.canSend()) this.#host.schedule(this);
  }

  /**
   * The peer's one flag is clear now: renew the pause it has just forgotten, or wake its blocked writers. Waking
   * nobody is not free, since it may cross the peer's next Pause; so it is done at once only when it seems needed.
   */
  #answerResume(): void {
    const nowMs = this.#host.nowMs();
    if (this.#isPausing()) this.#sendPause();
    else if (this.#pauseSent !== undefined || nowMs - this.#receivedMs < BUSY_MS) this.#sendResume();
    else this.#answerOwedMs = nowMs;
  }

  /** Time passes: an answer falls due, and a pause that lasts is questioned. */
  tick(nowMs: number): void {
    if (!this.#host.hasSharedFlag) return;
    if (this.#isPaused) {
      this.#recover(nowMs);
    } else if (this.#answerOwedMs !== undefined) {
      const isQuiet = nowMs - this.#sentMs >= QUIET_MS;
      if (isQuiet || nowMs - this.#answerOwedMs >= MAX_ANSWER_DELAY_MS) this.#sendResume();
    }
  }

  #recover(nowMs: number): void {
    const step = this.#recovery.next(nowMs, this.#outbox.sizeBytes > 0, this.#isPausing());
    if (step === 'kick') this.#sendResume();
    else if (step === 'probe') this.sendOne();
    else if (step === 'free') {
      this.#isPaused = false;
      if (this.canSend()) this.#host.schedule(this);
    }
  }

  /** The peer ended the stream. Answered by nothing: one Error per stream is enough. */
  endByPeer(text: string): void {
    if (this.#ended === undefined) this.#finish({ by: 'peer', text }, false);
  }

  /** The session is over. */
  endBySession(text: string, isSending: boolean): void {
    if (this.#ended === undefined) this.#finish({ by: 'session', text }, isSending);
  }

  /** A limit was passed: the stream ends on both sides, and its bytes are dropped. */
  fail(text: string): void {
    this.#clearInbox();
    if (this.#ended === undefined) this.#finish({ by: 'limit', text }, true);
  }

  #clearInbox(): void {
    this.#host.charge(-this.#inbox.sizeBytes);
    this.#inbox.clear();
  }

  #finish(end: StreamEnd, isSending: boolean): void {
    this.#ended = end;
    this.#outbox.clear();
    this.#host.forget(this);
    if (isSending) this.#host.send({ kind: 'error', conn: this.conn, text: end.text });
    this.#events.onEnd(end);
  }
}
