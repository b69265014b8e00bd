import { nextTick } from 'node:process';
import type { Socket } from 'node:net';
import type { Clock, Logger } from '@clusternet/runtime';
import { createProtocolSession, isTunnelProtocolError } from '@clusternet/tunnel-protocol';
import type {
  ClientKey,
  ProtocolSession,
  SessionLimits,
  TunnelProtocolError,
  V2Limits,
} from '@clusternet/tunnel-protocol';
import type { WebSocket } from 'ws';
import { answerPings } from './answer-pings.ts';
import { TunnelError } from './errors.ts';
import { Liveness } from './liveness.ts';
import type { LivenessOptions } from './liveness.ts';
import { SessionEnd } from './session-end.ts';
import type { ByteStreamOptions, TunnelByteStream, TunnelSession } from './tunnel-session.ts';
import { TunnelStream } from './tunnel-stream.ts';

/** Knobs of a session. */
export interface TunnelSessionOptions extends LivenessOptions {
  /** Of version 1. */
  readonly limits?: SessionLimits;
  /** Of version 2. */
  readonly v2Limits?: V2Limits;
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
  readonly onStream?: (stream: TunnelByteStream) => void;
  /** Accepting side: the peer is a hub, and tells what it can reach. */
  readonly onClient?: ClientListener;
}

/** Told of what a hub of version 1 can reach. */
export type ClientListener = (change: 'added' | 'removed', client: ClientKey) => void;

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
  readonly version = 1;
  readonly leg = 'websocket';
  readonly creditStalls = 0;
  readonly roundTripMs = undefined;
  readonly targets: readonly string[] = [];
  readonly #clock: Clock;
  readonly #setup: SessionSetup;
  readonly #websocket: WebSocket;
  readonly #protocol: ProtocolSession;
  readonly #liveness: Liveness;
  readonly #end = new SessionEnd();
  #cancelClose: () => void = () => {};
  #isDraining = false;
  #isCorked = false;

  constructor(deps: SessionDeps, setup: SessionSetup, websocket: WebSocket, options: TunnelSessionOptions) {
    this.hop = setup.hop;
    this.#clock = deps.clock;
    this.#setup = setup;
    this.#websocket = websocket;
    const { onStream, onClient } = setup;
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
        ...(onClient === undefined
          ? {}
          : {
              onClientAdded: (client: ClientKey) => onClient('added', client),
              onClientRemoved: (client: ClientKey) => onClient('removed', client),
            }),
        onClose: (error) => this.#onProtocolClose(error),
      },
    );
    this.#liveness = new Liveness(deps.clock, setup.role, options, {
      readBytes: () => setup.socket.bytesRead,
      ping: () => {
        if (websocket.readyState === websocket.OPEN) websocket.ping();
      },
      onTick: (nowMs) => this.#protocol.tick(nowMs),
      onDead: (quietMs) => {
        const text = `nothing came for ${Math.round(quietMs / 1000)} s`;
        this.#finish(new TunnelError('SILENT', this.hop, text));
      },
    });
    this.#listen();
    this.#liveness.start();
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
    return this.#isDraining;
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

  open(network: string, address: string, { isHeld = false }: ByteStreamOptions = {}): TunnelStream {
    if (this.isClosed || this.#isDraining) {
      throw new TunnelError('CLOSED', this.hop, 'the tunnel is closed', { cause: this.#end.error });
    }
    try {
      return this.#track(new TunnelStream(this.#protocol.open(network, address), this.hop, isHeld));
    } catch (cause) {
      if (!isTunnelProtocolError(cause)) throw cause;
      const code = cause.code === 'TOO_MANY_STREAMS' ? 'OVERLOADED' : 'INVALID_ADDRESS';
      throw new TunnelError(code, this.hop, cause.message, { cause });
    }
  }

  request(): never {
    throw new TunnelError('PROTOCOL', this.hop, 'version 1 of the tunnel carries no requests');
  }

  onSilence(listener: (isSilent: boolean) => void): () => void {
    return this.#liveness.onSilence(listener);
  }

  onDraining(): () => void {
    return () => {}; // version 1 has no word for it
  }

  onHello(listener: () => void): () => void {
    listener(); // all that a peer of version 1 can do is known
    return () => {};
  }

  announce(change: 'added' | 'removed', clientKey: string, sessionKey: number): void {
    try {
      this.#protocol.announce(change, { clientKey, sessionKey });
    } catch (cause) {
      if (!isTunnelProtocolError(cause)) throw cause;
      throw new TunnelError('INVALID_ADDRESS', this.hop, cause.message, { cause });
    }
  }

  closed(signal?: AbortSignal): Promise<void> {
    return this.#end.closed(signal);
  }

  drain(): void {} // version 1 has no word for it

  async close(drainMs = 0): Promise<void> {
    this.#isDraining = true;
    if (drainMs > 0 && this.#protocol.streams > 0 && !this.isClosed)
      await this.#end.idle(this.#clock, drainMs);
    this.#finish(undefined);
    await this.#end.closed().catch(() => undefined); // why it ended is for those who wait for that
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #listen(): void {
    const websocket = this.#websocket;
    const seen = (): void => this.#liveness.see();
    websocket.on('message', (data, isBinary) => {
      this.#liveness.see();
      this.#protocol.receive(data as Buffer, isBinary); // `nodebuffer` is the binary type, so never an array
    });
    answerPings(websocket);
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
      if (this.#protocol.streams === 0) this.#end.wakeIdle();
    });
    return stream;
  }

  #onProtocolClose(cause: TunnelProtocolError | undefined): void {
    if (cause === undefined) return; // this side asked for it
    this.#finish(new TunnelError('PROTOCOL', this.hop, cause.message, { cause }));
  }

  /** Ends streams and socket; the first call decides why. */
  #finish(error: TunnelError | undefined): void {
    if (!this.#end.decide(error)) return;
    this.#liveness.stop();
    this.#protocol.close();
    if (this.#end.isGone) return;
    if (error !== undefined && error.code !== 'PROTOCOL') {
      this.#websocket.terminate();
      return;
    }
    this.#websocket.close(GOING_AWAY);
    this.#cancelClose = this.#clock.schedule(CLOSE_WAIT_MS, () => this.#websocket.terminate());
  }

  #onSocketClose(code: number): void {
    if (this.#end.isGone) return;
    this.#finish(new TunnelError('LOST', this.hop, `the peer closed the tunnel (${code})`));
    this.#cancelClose();
    this.#end.settle();
  }
}
