import { nextTick } from 'node:process';
import type { Socket } from 'node:net';
import type { Clock, Logger } from '@clusternet/runtime';
import { createProtocolSession, isTunnelProtocolError } from '@clusternet/tunnel-protocol';
import type { ProtocolSession, SessionLimits, TunnelProtocolError } from '@clusternet/tunnel-protocol';
import type { WebSocket } from 'ws';
import { TunnelError } from './errors.ts';
import { TunnelStream } from './tunnel-stream.ts';

/** Knobs of a session. */
export interface TunnelSessionOptions {
  /** How often this side pings, ms. @default 3000 */
  readonly pingIntervalMs?: number;
  /** Without any frame for this long the session counts as silent, ms. @default 8000 */
  readonly silentAfterMs?: number;
  /** Without any frame for this long the session ends, ms. @default 30000 for a hub, 15000 for an agent */
  readonly deadAfterMs?: number;
  readonly limits?: SessionLimits;
}

/** A live tunnel. Disposing of it closes it and waits until its socket is gone. */
export interface TunnelSession extends AsyncDisposable {
  /** Who is at both ends, such as `hub → agent c-1`. */
  readonly hop: string;
  /** When the last frame of any kind came, in the clock's monotonic ms. */
  readonly lastSeenMs: number;
  /** Whether nothing came for `silentAfterMs`. */
  readonly isSilent: boolean;
  readonly isClosed: boolean;
  readonly streams: number;
  /** Received and not read, over all streams. */
  readonly bufferedBytes: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /**
   * Hub: opens a stream to `address` as the agent sees it. There is no acknowledgement in version 1: a dial that
   * fails destroys the stream later, with `DIAL_FAILED`.
   * @throws {TunnelError} `CLOSED`, `INVALID_ADDRESS`, `OVERLOADED`
   */
  open(network: string, address: string): TunnelStream;
  /** Told when the session falls silent and when it speaks again. Returns how to stop listening. */
  onSilence(listener: (isSilent: boolean) => void): () => void;
  /**
   * Resolves when this side closed the session, or `signal` aborts.
   * @throws {TunnelError} when the session ended in any other way
   */
  closed(signal?: AbortSignal): Promise<void>;
  /** Opens no more streams, waits up to `drainMs` for the open ones, then closes. @default 0 */
  close(drainMs?: number): Promise<void>;
}

export interface SessionDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

/** What makes one side of a session. */
export interface SessionSetup {
  readonly role: 'acceptor' | 'dialler';
  readonly hop: string;
  readonly socket: Socket;
  readonly clientKey?: string;
  readonly sessionKey?: string;
  /** Whether the peer is one of ours, and keeps two pause flags. */
  readonly isOwnPeer: boolean;
  /** Dialling side: serves a stream. */
  readonly onStream?: (stream: TunnelStream) => void;
}

const TICK_MS = 1000;
/** More than this waiting in the socket, and streams wait instead. */
const SEND_HIGH_BYTES = 128 * 1024;
/** More than this, and the peer has stopped reading while it makes us answer. */
const SEND_LIMIT_BYTES = 16 * 1024 * 1024;
const CLOSE_WAIT_MS = 1000;
const GOING_AWAY = 1001;
const ABNORMAL = 1006;

/** Runs a protocol session over an open websocket, which its opener has paused. */
export function createSession(
  deps: SessionDeps,
  setup: SessionSetup,
  websocket: WebSocket,
  options: TunnelSessionOptions,
): TunnelSession {
  return new SocketSession(deps, setup, websocket, options);
}

class SocketSession implements TunnelSession {
  readonly hop: string;
  readonly #clock: Clock;
  readonly #setup: SessionSetup;
  readonly #websocket: WebSocket;
  readonly #options: Required<Omit<TunnelSessionOptions, 'limits'>>;
  readonly #protocol: ProtocolSession;
  readonly #gone = Promise.withResolvers<undefined>();
  readonly #listeners = new Set<(isSilent: boolean) => void>();
  readonly #idleWaiters = new Set<() => void>();
  #cancelTick: () => void = () => {};
  #lastSeenMs: number;
  #lastPingMs: number;
  #seenBytes: number;
  #isSilent = false;
  #isDraining = false;
  #isCorked = false;
  #isGone = false;
  #end: { readonly error: TunnelError | undefined } | undefined;

  constructor(deps: SessionDeps, setup: SessionSetup, websocket: WebSocket, options: TunnelSessionOptions) {
    this.hop = setup.hop;
    this.#clock = deps.clock;
    this.#setup = setup;
    this.#websocket = websocket;
    this.#options = {
      pingIntervalMs: options.pingIntervalMs ?? 3000,
      silentAfterMs: options.silentAfterMs ?? 8000,
      deadAfterMs: options.deadAfterMs ?? (setup.role === 'acceptor' ? 30_000 : 15_000),
    };
    this.#lastSeenMs = deps.clock.monotonicMs();
    this.#lastPingMs = this.#lastSeenMs;
    this.#seenBytes = setup.socket.bytesRead;
    const { onStream } = setup;
    this.#protocol = createProtocolSession(
      {
        role: setup.role,
        clientKey: setup.clientKey ?? 'client',
        sessionKey: setup.sessionKey ?? '0',
        peerPauses: setup.isOwnPeer ? 'separate' : 'shared',
        limits: options.limits ?? {},
      },
      {
        send: (message) => this.#send(message),
        ...(onStream === undefined
          ? {}
          : { onConnect: (stream) => onStream(this.#track(new TunnelStream(stream, this.hop))) }),
        onClose: (error) => this.#onProtocolClose(error),
      },
    );
    this.#listen();
    this.#protocol.tick(this.#lastSeenMs);
    this.#scheduleTick();
  }

  get lastSeenMs(): number {
    return this.#lastSeenMs;
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  get isClosed(): boolean {
    return this.#end !== undefined || this.#isGone;
  }

  get streams(): number {
    return this.#protocol.streams;
  }

  get bufferedBytes(): number {
    return this.#protocol.bufferedBytes;
  }

  get receivedBytes(): number {
    return this.#setup.socket.bytesRead;
  }

  get sentBytes(): number {
    return this.#setup.socket.bytesWritten;
  }

  open(network: string, address: string): TunnelStream {
    if (this.isClosed || this.#isDraining) {
      throw new TunnelError('CLOSED', this.hop, 'the tunnel is closed', { cause: this.#end?.error });
    }
    try {
      return this.#track(new TunnelStream(this.#protocol.open(network, address), this.hop));
    } catch (cause) {
      if (!isTunnelProtocolError(cause)) throw cause;
      const code = cause.code === 'TOO_MANY_STREAMS' ? 'OVERLOADED' : 'INVALID_ADDRESS';
      throw new TunnelError(code, this.hop, cause.message, { cause });
    }
  }

  onSilence(listener: (isSilent: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async closed(signal?: AbortSignal): Promise<void> {
    if (signal === undefined) {
      await this.#gone.promise;
    } else {
      const stop = Promise.withResolvers<undefined>();
      const onAbort = (): void => stop.resolve(undefined);
      if (signal.aborted) return;
      signal.addEventListener('abort', onAbort, { once: true });
      await Promise.race([this.#gone.promise, stop.promise]);
      signal.removeEventListener('abort', onAbort);
      if (!this.#isGone) return;
    }
    if (this.#end?.error !== undefined) throw this.#end.error;
  }

  async close(drainMs = 0): Promise<void> {
    this.#isDraining = true;
    if (drainMs > 0 && this.#protocol.streams > 0 && !this.isClosed) {
      const idle = Promise.withResolvers<undefined>();
      const done = (): void => idle.resolve(undefined);
      const cancel = this.#clock.schedule(drainMs, done);
      this.#idleWaiters.add(done);
      await idle.promise;
      this.#idleWaiters.delete(done);
      cancel();
    }
    this.#finish(undefined);
    await this.#gone.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #listen(): void {
    const websocket = this.#websocket;
    const seen = (): void => this.#see();
    websocket.on('message', (data, isBinary) => {
      this.#see();
      this.#protocol.receive(data as Buffer, isBinary); // `nodebuffer` is the binary type, so never an array
    });
    websocket.on('ping', seen);
    websocket.on('pong', seen);
    websocket.on('error', (cause) => {
      const code = cause.message.includes('Max payload') ? 'PROTOCOL' : 'LOST';
      this.#finish(new TunnelError(code, this.hop, 'the websocket broke', { cause }));
    });
    websocket.on('close', (code) => this.#onSocketClose(code));
    this.#setup.socket.on('drain', () => this.#protocol.drained());
    // Paused by whoever opened it, so that a message behind the handshake finds its listener.
    if (websocket.readyState === websocket.OPEN) websocket.resume();
    else nextTick(() => this.#onSocketClose(ABNORMAL));
  }

  #send(message: Uint8Array): boolean {
    if (this.#websocket.readyState !== this.#websocket.OPEN) return false;
    this.#cork();
    this.#websocket.send(message, { binary: true });
    const waiting = this.#websocket.bufferedAmount;
    if (waiting > SEND_LIMIT_BYTES) {
      const error = new TunnelError(
        'OVERLOADED',
        this.hop,
        `${waiting} bytes wait for a peer that does not read`,
      );
      nextTick(() => this.#finish(error));
    }
    return waiting < SEND_HIGH_BYTES;
  }

  /** What is sent in one turn of the event loop goes out in one write. */
  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#setup.socket.cork();
    nextTick(() => {
      this.#isCorked = false;
      this.#setup.socket.uncork();
    });
  }

  #track(stream: TunnelStream): TunnelStream {
    stream.once('close', () => {
      if (this.#protocol.streams === 0) for (const wake of [...this.#idleWaiters]) wake();
    });
    return stream;
  }

  #see(): void {
    this.#lastSeenMs = this.#clock.monotonicMs();
    if (this.#isSilent) this.#setSilent(false);
  }

  #setSilent(isSilent: boolean): void {
    this.#isSilent = isSilent;
    for (const listener of [...this.#listeners]) listener(isSilent);
  }

  #scheduleTick(): void {
    this.#cancelTick = this.#clock.schedule(TICK_MS, () => {
      this.#tick();
      if (!this.isClosed) this.#scheduleTick();
    });
  }

  #tick(): void {
    const { pingIntervalMs, silentAfterMs, deadAfterMs } = this.#options;
    const nowMs = this.#clock.monotonicMs();
    const { bytesRead } = this.#setup.socket;
    if (bytesRead !== this.#seenBytes) this.#see(); // part of a long message is a sign of life too
    this.#seenBytes = bytesRead;
    this.#protocol.tick(nowMs);

    const quietMs = nowMs - this.#lastSeenMs;
    if (quietMs >= deadAfterMs) {
      this.#finish(new TunnelError('SILENT', this.hop, `nothing came for ${Math.round(quietMs / 1000)} s`));
      return;
    }
    if (quietMs >= silentAfterMs && !this.#isSilent) this.#setSilent(true);
    // A Go hub counts pings alone as life, so the dialling side never leaves one out.
    const isPingDue = this.#setup.role === 'dialler' || quietMs >= TICK_MS;
    if (isPingDue && nowMs - this.#lastPingMs >= pingIntervalMs - TICK_MS / 2) {
      this.#lastPingMs = nowMs;
      if (this.#websocket.readyState === this.#websocket.OPEN) this.#websocket.ping();
    }
  }

  #onProtocolClose(cause: TunnelProtocolError | undefined): void {
    if (cause === undefined) return; // this side asked for it
    this.#finish(new TunnelError('PROTOCOL', this.hop, cause.message, { cause }));
  }

  /** Ends streams and socket; the first call decides why. */
  #finish(error: TunnelError | undefined): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.#cancelTick();
    this.#protocol.close();
    if (this.#isGone) return;
    if (error !== undefined && error.code !== 'PROTOCOL') {
      this.#websocket.terminate();
      return;
    }
    this.#websocket.close(GOING_AWAY);
    this.#cancelTick = this.#clock.schedule(CLOSE_WAIT_MS, () => this.#websocket.terminate());
  }

  #onSocketClose(code: number): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#finish(new TunnelError('LOST', this.hop, `the peer closed the tunnel (${code})`));
    this.#cancelTick();
    for (const wake of [...this.#idleWaiters]) wake();
    this.#gone.resolve(undefined);
  }
}
