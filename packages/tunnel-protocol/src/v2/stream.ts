import { ByteQueue } from '../byte-queue.ts';
import { TunnelProtocolError } from '../errors.ts';
import { encodeConnected, encodeDataHeader, encodeResponse, encodeTrailers, setStream } from './encode.ts';
import type { Fields } from './fields.ts';
import { MAX_DATA_BYTES } from './frame.ts';
import type { ResetCode, ServiceClass } from './frame.ts';
import type { OpenHead, ResponseHead } from './head.ts';
import type { ReceiveWindow } from './receive-window.ts';

/** Why a stream ended before both sides had said all they had to. */
export interface StreamReset {
  readonly by: 'local' | 'peer' | 'session';
  readonly code: ResetCode;
  readonly text: string;
}

/** What a stream tells its user. Called from within the session's `receive`, `pull` or `close`. */
export interface V2StreamEvents {
  /** Opener: the answer to a request has begun, or (`undefined`) the target of a connect is connected. */
  readonly onHead?: (head: ResponseHead | undefined) => void;
  /** There is something to read, or nothing more will come: see `isReadEnded`. */
  readonly onReadable: () => void;
  /** Everything written has been taken by the transport. */
  readonly onDrain: () => void;
  /** Called once, when nothing more can happen. `undefined`: both sides ended in order. */
  readonly onClose: (reset: StreamReset | undefined) => void;
}

/** One stream of a version 2 session: a request and its answer, or bytes both ways. Each half ends by itself. */
export interface V2Stream {
  /** Given when the opening goes out; 0 before. */
  readonly id: number;
  readonly head: OpenHead;
  readonly serviceClass: ServiceClass;
  /** Come and not read. */
  readonly bufferedBytes: number;
  /** Written and not taken by the transport. */
  readonly pendingBytes: number;
  /** The peer has ended its half, and all of it was read. */
  readonly isReadEnded: boolean;
  /** What came behind the body; empty before `isReadEnded`. */
  readonly trailers: Fields;
  readonly isClosed: boolean;
  bind(events: V2StreamEvents): void;
  /** The next bytes; `undefined` when there are none now. */
  read(): Uint8Array | undefined;
  /** Serving side: the answer begins. Once. @throws {TunnelProtocolError} `HEAD_TOO_LARGE`, `INVALID_FIELD`, `STREAM_CLOSED` */
  respond(head: ResponseHead, isEnd?: boolean): void;
  /** Serving side: the target of a connect is connected. Once. */
  connected(): void;
  /** Sends as credit and transport allow; the bytes are kept, not copied. Wait for `onDrain` before writing much more. @throws {TunnelProtocolError} `STREAM_CLOSED` */
  write(bytes: Uint8Array): void;
  /** Ends this half once everything written is sent. Again: nothing. @throws {TunnelProtocolError} `HEAD_TOO_LARGE`, `INVALID_FIELD` */
  end(trailers?: Fields): void;
  /** Ends both halves now. What is pending or unread is dropped. Again: nothing. */
  reset(code: ResetCode, text?: string): void;
}

/** What a stream needs of its session. */
export interface V2StreamHost {
  /** Gives a stream its id, just before it is sent for the first time: ids go up on the wire. */
  name(stream: StreamMachineV2): number;
  emit(bytes: Uint8Array): void;
  sendReset(stream: StreamMachineV2, code: ResetCode, text: string): void;
  /** `stream` has something to send. */
  schedule(stream: StreamMachineV2): void;
  /** `stream` may grant more credit. */
  wantsCredit(stream: StreamMachineV2): void;
  forget(stream: StreamMachineV2): void;
  countStall(): void;
  /** Takes room for a head that waits. @returns false when there is none */
  reserveHead(bytes: number): boolean;
  releaseHead(bytes: number): void;
  /** Changes whenever a second has passed. */
  readonly second: number;
}

const NO_EVENTS: V2StreamEvents = { onReadable: () => {}, onDrain: () => {}, onClose: () => {} };
/** A stream that sends more than this in a second is bulk, whatever it was opened as. */
const BULK_BYTES_PER_SECOND: number = 256 * 1024;

/** The state of one stream; see docs/spec/tunnel-v2.md, "Streams". */
export class StreamMachineV2 implements V2Stream {
  #id: number;
  readonly head: OpenHead;
  readonly serviceClass: ServiceClass;
  readonly window: ReceiveWindow;
  readonly #host: V2StreamHost;
  readonly #isOpener: boolean;
  readonly #inbox = new ByteQueue();
  readonly #outbox = new ByteQueue();
  #events = NO_EVENTS;
  /** Frames that go before the data: a request, an answer. */
  #headFrame: Uint8Array | undefined;
  #creditBytes: number;
  #trailers: Fields = [];
  /** The frame of our trailers. */
  #endTrailers: Uint8Array | undefined;
  #isAnswered = false;
  /** This half: open, asked to end, ended. */
  #sending: 'ended' | 'ending' | 'open';
  #isRemoteEnded: boolean;
  #isClosed = false;
  #second = -1;
  #secondBytes = 0;
  #isStalled = false;

  constructor(
    host: V2StreamHost,
    setup: {
      readonly id: number;
      readonly head: OpenHead;
      readonly serviceClass: ServiceClass;
      readonly window: ReceiveWindow;
      readonly creditBytes: number;
      readonly headFrame?: Uint8Array;
      readonly isOpener: boolean;
      readonly isLocalEnded: boolean;
      readonly isRemoteEnded: boolean;
    },
  ) {
    this.#host = host;
    this.#id = setup.id;
    this.head = setup.head;
    this.serviceClass = setup.serviceClass;
    this.window = setup.window;
    this.#creditBytes = setup.creditBytes;
    this.#headFrame = setup.headFrame;
    this.#isOpener = setup.isOpener;
    this.#sending = setup.isLocalEnded ? 'ended' : 'open';
    this.#isRemoteEnded = setup.isRemoteEnded;
    if (setup.isRemoteEnded) setup.window.close();
  }

  get id(): number {
    return this.#id;
  }

  get bufferedBytes(): number {
    return this.#inbox.sizeBytes;
  }

  get pendingBytes(): number {
    return this.#outbox.sizeBytes + (this.#headFrame?.length ?? 0);
  }

  get creditBytes(): number {
    return this.#creditBytes;
  }

  get isReadEnded(): boolean {
    return this.#isRemoteEnded && this.#inbox.sizeBytes === 0;
  }

  get trailers(): Fields {
    return this.isReadEnded ? this.#trailers : [];
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The class it is sent in now. */
  get sendClass(): ServiceClass {
    return this.#second === this.#host.second && this.#secondBytes > BULK_BYTES_PER_SECOND
      ? 'bulk'
      : this.serviceClass;
  }

  bind(events: V2StreamEvents): void {
    this.#events = events;
  }

  read(): Uint8Array | undefined {
    const bytes = this.#inbox.shift();
    if (bytes === undefined) return undefined;
    this.window.read(bytes.length);
    if (this.window.isGrantDue) this.#host.wantsCredit(this);
    return bytes;
  }

  respond(head: ResponseHead, isEnd = false): void {
    if (this.#isClosed || this.#isOpener || this.#isAnswered || this.#sending !== 'open')
      throw this.#closed();
    if (this.#answer(encodeResponse(this.id, head, isEnd)) && isEnd) this.#sending = 'ended';
  }

  connected(): void {
    if (!this.#isClosed && !this.#isOpener && !this.#isAnswered) this.#answer(encodeConnected(this.id));
  }

  #answer(frame: Uint8Array): boolean {
    this.#isAnswered = true;
    if (!this.#host.reserveHead(frame.length)) {
      this.reset('OVERLOADED', 'too many answers wait for the transport');
      return false;
    }
    this.#headFrame = frame;
    this.#host.schedule(this);
    return true;
  }

  write(bytes: Uint8Array): void {
    if (this.#isClosed || this.#sending !== 'open') throw this.#closed();
    this.#outbox.push(bytes);
    this.#wake();
  }

  end(trailers?: Fields): void {
    if (this.#isClosed || this.#sending !== 'open') return;
    // Encoded at once, so that whoever gives bad ones is told, and not whoever pulls.
    if (trailers !== undefined && trailers.length > 0) this.#endTrailers = encodeTrailers(this.#id, trailers);
    this.#sending = 'ending';
    this.#wake();
  }

  reset(code: ResetCode, text = ''): void {
    if (this.#isClosed) return;
    this.#host.sendReset(this, code, text);
    this.close({ by: 'local', code, text });
  }

  #closed(): TunnelProtocolError {
    return new TunnelProtocolError('STREAM_CLOSED', `stream ${this.id} is closed`);
  }

  #wake(): void {
    if (this.canSend()) this.#host.schedule(this);
    else if (this.#outbox.sizeBytes > 0 && this.#creditBytes === 0) this.#stall();
  }

  #stall(): void {
    if (this.#isStalled) return;
    this.#isStalled = true;
    this.#host.countStall();
  }

  canSend(): boolean {
    if (this.#isClosed) return false;
    if (this.#headFrame !== undefined) return true;
    if (this.#outbox.sizeBytes > 0) return this.#creditBytes > 0;
    return this.#sending === 'ending';
  }

  /** Sends the head, and at most one data frame; with the last bytes, the end. */
  sendOne(): void {
    if (this.#headFrame !== undefined) {
      if (this.#id === 0) {
        this.#id = this.#host.name(this);
        setStream(this.#headFrame, this.#id);
      }
      this.#host.emit(this.#headFrame);
      this.#dropHead();
    }
    const hadBytes = this.#outbox.sizeBytes > 0;
    if (hadBytes) this.#sendData();
    const isEmpty = this.#outbox.sizeBytes === 0;
    if (isEmpty && this.#sending === 'ending') this.#sendEnd();
    if (!isEmpty && this.#creditBytes === 0) this.#stall();
    if (isEmpty && hadBytes) this.#events.onDrain();
    this.#settle();
  }

  #dropHead(): void {
    if (this.#headFrame !== undefined) this.#host.releaseHead(this.#headFrame.length);
    this.#headFrame = undefined;
  }

  #sendData(): void {
    const pieces: Uint8Array[] = [];
    const limit = Math.min(MAX_DATA_BYTES, this.#creditBytes);
    let sizeBytes = 0;
    while (sizeBytes < limit) {
      const piece = this.#outbox.shift(limit - sizeBytes);
      if (piece === undefined) break;
      pieces.push(piece);
      sizeBytes += piece.length;
    }
    if (sizeBytes === 0) return;
    this.#creditBytes -= sizeBytes;
    this.#countSecond(sizeBytes);
    const isLast =
      this.#outbox.sizeBytes === 0 && this.#sending === 'ending' && this.#endTrailers === undefined;
    if (isLast) this.#sending = 'ended';
    this.#host.emit(encodeDataHeader(this.id, sizeBytes, isLast));
    for (const piece of pieces) this.#host.emit(piece);
  }

  #sendEnd(): void {
    this.#sending = 'ended';
    const frame = this.#endTrailers ?? encodeDataHeader(this.id, 0, true);
    setStream(frame, this.id); // the opener may have written them before it had one
    this.#host.emit(frame);
  }

  #countSecond(bytes: number): void {
    const { second } = this.#host;
    if (this.#second !== second) {
      this.#second = second;
      this.#secondBytes = 0;
    }
    this.#secondBytes += bytes;
  }

  // What the peer sends.

  receiveHead(head: ResponseHead | undefined, isEnd: boolean): void {
    if (this.#isAnswered || !this.#isOpener) {
      this.reset('MALFORMED', 'an answer that nobody waits for');
      return;
    }
    this.#isAnswered = true;
    if (isEnd) this.#endRemote();
    this.#events.onHead?.(head);
    if (isEnd) this.#events.onReadable();
    this.#settle();
  }

  receiveData(bytes: Uint8Array, isEnd: boolean): void {
    if (this.#isRemoteEnded || (this.#isOpener && !this.#isAnswered)) {
      this.reset('MALFORMED', 'data before the answer, or behind the end');
      return;
    }
    if (!this.window.receive(bytes.length)) {
      this.reset('FLOW_CONTROL', `${bytes.length} bytes came beyond the credit`);
      return;
    }
    this.#inbox.push(bytes);
    if (isEnd) this.#endRemote();
    if (bytes.length > 0 || isEnd) this.#events.onReadable();
    this.#settle();
  }

  receiveTrailers(fields: Fields): void {
    if (this.#isRemoteEnded || (this.#isOpener && !this.#isAnswered)) {
      this.reset('MALFORMED', 'trailers before the answer, or behind the end');
      return;
    }
    this.#trailers = fields;
    this.#endRemote();
    this.#events.onReadable();
    this.#settle();
  }

  #endRemote(): void {
    this.#isRemoteEnded = true;
    this.window.close();
  }

  /** @returns false when no sender could ever use so much */
  receiveCredit(bytes: number): boolean {
    this.#creditBytes += bytes;
    if (this.#creditBytes > 0xffff_ffff) return false;
    this.#isStalled = false;
    if (this.canSend()) this.#host.schedule(this);
    return true;
  }

  /** Both halves are over: the id means nothing from now on. What is unread can still be read. */
  #settle(): void {
    if (this.#isClosed || !this.#isRemoteEnded || this.#sending !== 'ended' || this.#headFrame !== undefined)
      return;
    this.#isClosed = true;
    this.#host.forget(this);
    this.#events.onClose(undefined);
  }

  /** Ends everything at once, and tells the user only. */
  close(reset: StreamReset): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#inbox.clear();
    this.#outbox.clear();
    this.#dropHead();
    this.window.drop();
    this.#host.forget(this);
    this.#events.onClose(reset);
  }
}
