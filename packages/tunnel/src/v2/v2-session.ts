import type { Clock, Logger } from '@clusternet/runtime';
import { createV2Session, isTunnelProtocolError } from '@clusternet/tunnel-protocol';
import type {
  Hello,
  OpenHead,
  OpenOptions,
  RequestHead,
  TunnelProtocolError,
  V2Limits,
  V2Session,
  V2Stream,
} from '@clusternet/tunnel-protocol';
import { TunnelError } from '../errors.ts';
import type { TunnelErrorCode } from '../errors.ts';
import { Liveness } from '../liveness.ts';
import type { LivenessOptions } from '../liveness.ts';
import { SessionEnd } from '../session-end.ts';
import type { ByteStreamOptions, TunnelByteStream, TunnelLeg, TunnelSession } from '../tunnel-session.ts';
import { RawStream } from './raw-stream.ts';
import type { V2Transport } from './transport.ts';

export interface V2SessionSetup {
  readonly role: 'acceptor' | 'dialler';
  readonly hop: string;
  readonly transport: V2Transport;
  readonly hello: Hello;
  /** Serves a raw stream that the peer opens. */
  readonly onStream?: (stream: TunnelByteStream) => void;
  /** Serves a request that the peer makes. */
  readonly onRequest?: (stream: V2Stream) => void;
}

export interface V2SessionOptions extends LivenessOptions {
  readonly v2Limits?: V2Limits;
}

/** More than this waiting in the transport, and streams wait instead: there they still have an order. */
const SEND_HIGH_BYTES = 128 * 1024;
const CLOSE_WAIT_MS = 1000;

/** Runs a version 2 session over an open connection. */
export function createV2TunnelSession(
  deps: { readonly clock: Clock; readonly log: Logger },
  setup: V2SessionSetup,
  options: V2SessionOptions,
): TunnelSession {
  return new V2SocketSession(deps, setup, options);
}

class V2SocketSession implements TunnelSession {
  readonly hop: string;
  readonly version = 2;
  readonly #clock: Clock;
  readonly #transport: V2Transport;
  readonly #protocol: V2Session;
  readonly #liveness: Liveness;
  readonly #end = new SessionEnd();
  readonly #drainListeners = new Set<() => void>();
  readonly #helloListeners = new Set<() => void>();
  #cancelClose: () => void = () => {};
  #flush: NodeJS.Immediate | undefined;
  #isClosing = false;
  #roundTripMs: number | undefined;

  constructor(
    deps: { readonly clock: Clock; readonly log: Logger },
    setup: V2SessionSetup,
    options: V2SessionOptions,
  ) {
    const { clock } = deps;
    this.hop = setup.hop;
    this.#clock = clock;
    this.#transport = setup.transport;
    const onOpen =
      setup.onStream === undefined && setup.onRequest === undefined
        ? undefined
        : (stream: V2Stream): void => this.#serve(setup, stream);
    this.#protocol = createV2Session(
      {
        role: setup.role,
        hello: setup.hello,
        ...(options.v2Limits === undefined ? {} : { limits: options.v2Limits }),
      },
      {
        onOutput: () => this.#scheduleFlush(),
        ...(onOpen === undefined ? {} : { onOpen }),
        onPong: (stamp) => {
          this.#roundTripMs = (Math.floor(clock.monotonicMs()) >>> 0) - stamp;
          this.#protocol.observeRoundTrip(this.#roundTripMs);
        },
        onHello: () => {
          for (const listener of [...this.#helloListeners]) listener();
          this.#helloListeners.clear();
        },
        onGoAway: (reason) => {
          deps.log.info('the peer drains the tunnel', { hop: this.hop, reason });
          for (const listener of [...this.#drainListeners]) listener();
          this.#drainListeners.clear();
        },
        onClose: (error) => this.#onProtocolClose(error),
      },
    );
    this.#liveness = new Liveness(clock, setup.role, options, {
      readBytes: () => this.#transport.receivedBytes,
      ping: () => this.#protocol.ping(Math.floor(clock.monotonicMs()) >>> 0),
      onTick: (nowMs) => this.#tick(nowMs),
      onDead: (quietMs) => {
        const text = `nothing came for ${Math.round(quietMs / 1000)} s`;
        this.#finish(new TunnelError('SILENT', this.hop, text));
      },
    });
    this.#liveness.start();
    this.#transport.start({
      onBytes: (chunk) => {
        this.#liveness.see();
        this.#protocol.receive(chunk, clock.monotonicMs());
      },
      onDrain: () => this.#flushNow(),
      onClose: (error) => this.#onTransportClose(error),
    });
    // Before there is traffic that it would wait behind: windows grow by it.
    if (!this.#end.isGone) this.#protocol.ping(Math.floor(clock.monotonicMs()) >>> 0);
  }

  get leg(): TunnelLeg {
    return this.#transport.leg;
  }

  get lastSeenMs(): number {
    return this.#liveness.lastSeenMs;
  }

  get isSilent(): boolean {
    return this.#liveness.isSilent;
  }

  get isClosed(): boolean {
    return this.#end.isDecided || this.#end.isGone;
  }

  get isDraining(): boolean {
    return this.#protocol.isDraining;
  }

  get streams(): number {
    return this.#protocol.streams;
  }

  get bufferedBytes(): number {
    return this.#protocol.reservedBytes;
  }

  get receivedBytes(): number {
    return this.#transport.receivedBytes;
  }

  get sentBytes(): number {
    return this.#transport.sentBytes;
  }

  get creditStalls(): number {
    return this.#protocol.creditStalls;
  }

  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  get targets(): readonly string[] {
    const { peer } = this.#protocol;
    return peer === undefined || peer.isEndToEnd ? [] : peer.targets;
  }

  open(network: string, address: string, options: ByteStreamOptions = {}): TunnelByteStream {
    const { serviceClass = 'interactive', isHeld } = options;
    const stream = this.#open({ kind: 'connect', network, address }, { serviceClass });
    return new RawStream(stream, this.hop, 'opener', isHeld);
  }

  request(head: RequestHead, options?: OpenOptions): V2Stream {
    return this.#open(head, options);
  }

  #open(head: OpenHead, options?: OpenOptions): V2Stream {
    if (this.isClosed || this.#isClosing) {
      throw new TunnelError('CLOSED', this.hop, 'the tunnel is closed', { cause: this.#end.error });
    }
    try {
      return this.#protocol.open(head, options);
    } catch (cause) {
      if (!isTunnelProtocolError(cause)) throw cause;
      throw new TunnelError(OPEN_CODES[cause.code] ?? 'INVALID_ADDRESS', this.hop, cause.message, { cause });
    }
  }

  #serve(setup: V2SessionSetup, stream: V2Stream): void {
    if (stream.head.kind === 'request' && setup.onRequest !== undefined) setup.onRequest(stream);
    else if (stream.head.kind === 'connect' && setup.onStream !== undefined) {
      setup.onStream(new RawStream(stream, this.hop, 'server'));
    } else stream.reset('NOT_ALLOWED', `this side serves no ${stream.head.kind}`);
  }

  onSilence(listener: (isSilent: boolean) => void): () => void {
    return this.#liveness.onSilence(listener);
  }

  onDraining(listener: () => void): () => void {
    this.#drainListeners.add(listener);
    return () => {
      this.#drainListeners.delete(listener);
    };
  }

  onHello(listener: () => void): () => void {
    if (this.#protocol.peer !== undefined) {
      listener();
      return () => {};
    }
    this.#helloListeners.add(listener);
    return () => {
      this.#helloListeners.delete(listener);
    };
  }

  announce(): void {} // version 2 has streams for it

  closed(signal?: AbortSignal): Promise<void> {
    return this.#end.closed(signal);
  }

  drain(): void {
    if (!this.isClosed) this.#protocol.drain('this side shuts down');
  }

  async close(drainMs = 0): Promise<void> {
    this.drain();
    this.#isClosing = true;
    // The last answers leave before the socket closes: streams are over before their bytes are out.
    if (drainMs > 0 && this.streams > 0 && !this.isClosed) await this.#end.idle(this.#clock, drainMs);
    this.#flushNow();
    this.#finish(undefined);
    await this.#end.closed().catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #tick(nowMs: number): void {
    this.#protocol.tick(nowMs);
    if (this.streams === 0) this.#end.wakeIdle();
  }

  /** What becomes ready in one turn of the event loop goes out together. */
  #scheduleFlush(): void {
    this.#flush ??= setImmediate(() => {
      this.#flush = undefined;
      this.#flushNow();
    });
  }

  #flushNow(): void {
    if (this.#end.isDecided) return;
    const roomBytes = SEND_HIGH_BYTES - this.#transport.waitingBytes;
    if (roomBytes <= 0) return; // goes on when the transport has drained
    const pieces = this.#protocol.pull(roomBytes);
    if (pieces.length > 0) this.#transport.write(pieces);
    let sizeBytes = 0;
    for (const piece of pieces) sizeBytes += piece.length;
    // The kernel took everything at once, so no `drain` will come: go on in the next turn.
    if (sizeBytes >= roomBytes && this.#transport.waitingBytes < SEND_HIGH_BYTES) this.#scheduleFlush();
    if (this.#isClosing && this.streams === 0) this.#end.wakeIdle();
  }

  #onProtocolClose(cause: TunnelProtocolError | undefined): void {
    if (cause !== undefined) this.#finish(new TunnelError('PROTOCOL', this.hop, cause.message, { cause }));
  }

  /** Ends streams and transport; the first call decides why. */
  #finish(error: TunnelError | undefined): void {
    if (!this.#end.decide(error)) return;
    this.#liveness.stop();
    if (this.#flush !== undefined) clearImmediate(this.#flush);
    this.#protocol.close();
    if (this.#end.isGone) return;
    if (error !== undefined) {
      this.#transport.destroy();
      return;
    }
    this.#transport.end();
    this.#cancelClose = this.#clock.schedule(CLOSE_WAIT_MS, () => this.#transport.destroy());
  }

  #onTransportClose(cause: Error | undefined): void {
    if (this.#end.isGone) return;
    const text =
      cause === undefined ? 'the peer closed the tunnel' : `the connection broke: ${cause.message}`;
    this.#finish(new TunnelError('LOST', this.hop, text, cause === undefined ? {} : { cause }));
    this.#cancelClose();
    this.#end.settle();
  }
}

const OPEN_CODES: Readonly<Partial<Record<TunnelProtocolError['code'], TunnelErrorCode>>> = {
  SESSION_CLOSED: 'CLOSED',
  SESSION_DRAINING: 'CLOSED',
  SESSION_OVERLOADED: 'OVERLOADED',
  TOO_MANY_STREAMS: 'OVERLOADED',
};
