import { TunnelProtocolError, isTunnelProtocolError } from '../errors.ts';
import { decodeUtf8 } from '../utf8.ts';
import { encodeCredit, encodeGoAway, encodeHello, encodeOpen, encodePing, encodeReset } from './encode.ts';
import { FrameParser } from './frame-parser.ts';
import type { FrameSink } from './frame-parser.ts';
import {
  FLAG_ACK,
  FLAG_END,
  FRAME_TYPE,
  INITIAL_CREDIT_BYTES,
  MAX_HEAD_BYTES,
  MAX_STREAM_ID,
} from './frame.ts';
import type { ResetCode } from './frame.ts';
import type { Hello, OpenHead, OpenOptions } from './head.ts';
import { createV2Limits } from './limits.ts';
import type { V2Limits } from './limits.ts';
import {
  parseConnect,
  parseFields,
  parseHello,
  parseRequest,
  parseReset,
  parseResponse,
  parseServiceClass,
  parseUint32,
} from './parse-payload.ts';
import { ReceiveWindow, WindowBudget, chooseInitialWindow } from './receive-window.ts';
import { SendOrder } from './send-order.ts';
import { StreamMachineV2 } from './stream.ts';
import type { V2Stream, V2StreamHost } from './stream.ts';
import type { V2Hooks, V2Session, V2SessionOptions } from './v2-session.ts';

/** Creates the state machine of one session of protocol version 2. */
export function createV2Session(options: V2SessionOptions, hooks: V2Hooks): V2Session {
  return new SessionMachineV2(options, hooks);
}

class SessionMachineV2 implements V2Session, V2StreamHost, FrameSink {
  readonly #hooks: V2Hooks;
  readonly #limits: Required<V2Limits>;
  readonly #budget: WindowBudget;
  readonly #parser = new FrameParser(this);
  readonly #streams = new Map<number, StreamMachineV2>();
  /** Opened here and not yet told of. */
  readonly #unsent = new Set<StreamMachineV2>();
  readonly #order = new SendOrder<StreamMachineV2>();
  readonly #creditDue = new Set<StreamMachineV2>();
  #control: Uint8Array[] = [];
  #controlBytes = 0;
  #headBytes = 0;
  /** The ping to answer; a newer one replaces it. */
  #pingToAnswer: number | undefined;
  #output: Uint8Array[] | undefined;
  #outputBytes = 0;
  #hasOutput = false;
  #nextId: number;
  #lastPeerId = 0;
  #second = 0;
  #creditStalls = 0;
  #isDraining = false;
  #isPeerDraining = false;
  #isClosed = false;
  #peer: Hello | undefined;

  constructor(options: V2SessionOptions, hooks: V2Hooks) {
    this.#hooks = hooks;
    this.#limits = createV2Limits(options.limits);
    this.#budget = new WindowBudget(this.#limits);
    this.#nextId = options.role === 'acceptor' ? 2 : 1;
    this.#enqueue(encodeHello(options.hello));
  }

  get streams(): number {
    return this.#streams.size + this.#unsent.size;
  }

  get reservedBytes(): number {
    return this.#budget.usedBytes;
  }

  get creditStalls(): number {
    return this.#creditStalls;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isDraining(): boolean {
    return this.#isDraining || this.#isPeerDraining;
  }

  get peer(): Hello | undefined {
    return this.#peer;
  }

  open(head: OpenHead, options: OpenOptions = {}): V2Stream {
    this.#assertOpenable();
    const { serviceClass = 'interactive', isEnd = false } = options;
    const windowBytes = chooseInitialWindow(this.#budget);
    const headFrame = encodeOpen(0, head, { serviceClass, isEnd, creditBytes: windowBytes });
    if (!this.reserveHead(headFrame.length)) {
      throw new TunnelProtocolError('SESSION_OVERLOADED', 'too many requests wait for the transport');
    }
    const stream = new StreamMachineV2(this, {
      id: 0,
      head,
      serviceClass,
      headFrame,
      window: new ReceiveWindow(this.#budget, windowBytes),
      creditBytes: INITIAL_CREDIT_BYTES,
      isOpener: true,
      isLocalEnded: isEnd,
      isRemoteEnded: false,
    });
    this.#unsent.add(stream);
    this.schedule(stream);
    return stream;
  }

  #assertOpenable(): void {
    if (this.#isClosed) throw new TunnelProtocolError('SESSION_CLOSED', 'the tunnel session is closed');
    if (this.#isPeerDraining || this.#nextId + this.#unsent.size * 2 > MAX_STREAM_ID) {
      throw new TunnelProtocolError('SESSION_DRAINING', 'the tunnel session takes no more streams');
    }
    if (this.streams >= this.#limits.maxStreams) {
      throw new TunnelProtocolError('TOO_MANY_STREAMS', `the session has ${this.streams} streams`);
    }
  }

  // What comes in.

  receive(chunk: Uint8Array, nowMs?: number): void {
    if (this.#isClosed) return;
    if (nowMs !== undefined) this.#budget.nowMs = nowMs;
    try {
      this.#parser.push(chunk);
    } catch (error) {
      if (!isTunnelProtocolError(error)) throw error;
      this.#shut(error);
    }
  }

  onData(id: number, bytes: Uint8Array, isEnd: boolean): void {
    this.#streams.get(id)?.receiveData(bytes, isEnd);
  }

  onFrame(type: number, flags: number, id: number, payload: Uint8Array): void {
    if (this.#isClosed) return;
    assertHeadSize(type, payload);
    const stream = this.#streams.get(id);
    switch (type) {
      case FRAME_TYPE.request:
      case FRAME_TYPE.connect:
        this.#acceptStream(type, flags, id, payload);
        return;
      case FRAME_TYPE.response:
        stream?.receiveHead(parseResponse(payload), (flags & FLAG_END) !== 0);
        return;
      case FRAME_TYPE.connected:
        stream?.receiveHead(undefined, false);
        return;
      case FRAME_TYPE.trailers:
        stream?.receiveTrailers(parseFields(payload));
        return;
      case FRAME_TYPE.reset:
        stream?.close({ by: 'peer', ...parseReset(payload) });
        return;
      case FRAME_TYPE.credit:
        if (stream?.receiveCredit(parseUint32(payload)) === false) {
          throw new TunnelProtocolError('CREDIT_OVERFLOW', `stream ${id} has more credit than 32 bits hold`);
        }
        return;
      case FRAME_TYPE.ping:
        this.#receivePing(flags, parseUint32(payload));
        return;
      case FRAME_TYPE.goAway:
        this.#receiveGoAway(payload);
        return;
      case FRAME_TYPE.hello:
        this.#peer = parseHello(payload);
        this.#hooks.onHello?.(this.#peer);
        return;
      default: // a later version's
    }
  }

  #receiveGoAway(payload: Uint8Array): void {
    if (this.#isPeerDraining) return;
    this.#isPeerDraining = true;
    this.#hooks.onGoAway?.(decodeUtf8(payload));
  }

  #receivePing(flags: number, stamp: number): void {
    if ((flags & FLAG_ACK) !== 0) this.#hooks.onPong?.(stamp);
    else {
      this.#pingToAnswer = stamp;
      this.#announce();
    }
  }

  #acceptStream(type: number, flags: number, id: number, payload: Uint8Array): void {
    if (id % 2 === this.#nextId % 2 || id <= this.#lastPeerId) {
      throw new TunnelProtocolError('MALFORMED_FRAME', `the peer opened stream ${id} out of turn`);
    }
    this.#lastPeerId = id;
    const { onOpen } = this.#hooks;
    const parsed = type === FRAME_TYPE.request ? parseRequest(payload) : parseConnect(payload);
    if (onOpen === undefined || this.#isDraining || this.streams >= this.#limits.maxStreams) {
      const why = onOpen === undefined ? 'this side serves no streams' : 'this side takes no more streams';
      this.#enqueue(encodeReset(id, onOpen === undefined ? 'NOT_ALLOWED' : 'REFUSED', why));
      return;
    }
    const isEnd = (flags & FLAG_END) !== 0;
    const stream = new StreamMachineV2(this, {
      id,
      head: parsed.head,
      serviceClass: parseServiceClass(flags),
      window: new ReceiveWindow(this.#budget, isEnd ? 0 : INITIAL_CREDIT_BYTES),
      creditBytes: parsed.creditBytes,
      isOpener: false,
      isLocalEnded: false,
      isRemoteEnded: isEnd,
    });
    this.#streams.set(id, stream);
    onOpen(stream);
  }

  // What goes out.

  pull(maxBytes: number): Uint8Array[] {
    const output: Uint8Array[] = [];
    if (this.#isClosed && this.#control.length === 0) return output;
    this.#output = output;
    this.#outputBytes = 0;
    try {
      this.#pullControl();
      while (this.#outputBytes < maxBytes) {
        const stream = this.#order.next();
        if (stream === undefined) break;
        if (!stream.canSend()) continue;
        stream.sendOne();
        if (stream.canSend()) this.#order.add(stream, stream.sendClass);
        this.#pullControl();
      }
    } finally {
      this.#output = undefined;
    }
    if (this.#outputBytes < maxBytes) this.#hasOutput = false;
    return output;
  }

  #pullControl(): void {
    if (this.#pingToAnswer !== undefined) {
      this.emit(encodePing(this.#pingToAnswer, true));
      this.#pingToAnswer = undefined;
    }
    if (this.#control.length > 0) {
      for (const bytes of this.#control) this.emit(bytes);
      this.#control = [];
      this.#controlBytes = 0;
    }
    if (this.#creditDue.size === 0) return;
    for (const stream of this.#creditDue) {
      const bytes = stream.window.grant();
      if (bytes > 0) this.emit(encodeCredit(stream.id, bytes));
    }
    this.#creditDue.clear();
  }

  #enqueue(bytes: Uint8Array): void {
    this.#control.push(bytes);
    this.#controlBytes += bytes.length;
    if (this.#controlBytes > this.#limits.maxControlBytes) {
      this.#shut(
        new TunnelProtocolError(
          'SESSION_OVERLOADED',
          `${this.#controlBytes} bytes of control wait for the peer`,
        ),
      );
      return;
    }
    this.#announce();
  }

  #announce(): void {
    if (this.#hasOutput || this.#isClosed) return;
    this.#hasOutput = true;
    this.#hooks.onOutput();
  }

  ping(stamp: number): void {
    if (!this.#isClosed) this.#enqueue(encodePing(stamp, false));
  }

  drain(reason: string): void {
    if (this.#isClosed || this.#isDraining) return;
    this.#isDraining = true;
    this.#enqueue(encodeGoAway(reason));
  }

  observeRoundTrip(ms: number): void {
    this.#budget.observeRoundTrip(ms);
  }

  tick(nowMs: number): void {
    this.#second = Math.floor(nowMs / 1000);
  }

  close(): void {
    this.#shut(undefined);
  }

  #shut(error: TunnelProtocolError | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#order.clear();
    this.#creditDue.clear();
    this.#control = [];
    const text = error?.message ?? 'the tunnel went down';
    for (const stream of [...this.#streams.values(), ...this.#unsent])
      stream.close({ by: 'session', code: 'SESSION_LOST', text });
    this.#hooks.onClose(error);
  }

  // What streams ask of their session.

  get second(): number {
    return this.#second;
  }

  emit(bytes: Uint8Array): void {
    this.#output?.push(bytes);
    this.#outputBytes += bytes.length;
  }

  name(stream: StreamMachineV2): number {
    const id = this.#nextId;
    this.#nextId += 2;
    this.#unsent.delete(stream);
    this.#streams.set(id, stream);
    return id;
  }

  sendReset(stream: StreamMachineV2, code: ResetCode, text: string): void {
    if (stream.id === 0) return; // the peer has not heard of it
    this.#enqueue(encodeReset(stream.id, code, text));
  }

  schedule(stream: StreamMachineV2): void {
    this.#order.add(stream, stream.sendClass);
    this.#announce();
  }

  wantsCredit(stream: StreamMachineV2): void {
    this.#creditDue.add(stream);
    this.#announce();
  }

  forget(stream: StreamMachineV2): void {
    this.#order.delete(stream);
    this.#creditDue.delete(stream);
    this.#unsent.delete(stream);
    this.#streams.delete(stream.id);
  }

  reserveHead(bytes: number): boolean {
    if (this.#headBytes + bytes > this.#limits.maxControlBytes) return false;
    this.#headBytes += bytes;
    return true;
  }

  releaseHead(bytes: number): void {
    this.#headBytes -= bytes;
  }

  countStall(): void {
    this.#creditStalls += 1;
  }
}

/** Frames of later versions may be larger; of these none is. @throws {TunnelProtocolError} `FRAME_TOO_LARGE` */
function assertHeadSize(type: number, payload: Uint8Array): void {
  if (payload.length <= MAX_HEAD_BYTES || type > FRAME_TYPE.hello) return;
  throw new TunnelProtocolError('FRAME_TOO_LARGE', `the peer sent a head of ${payload.length} bytes`);
}
