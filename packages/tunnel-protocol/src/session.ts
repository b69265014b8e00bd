import { parseClientKey, decodeFrame } from './decode-frame.ts';
import type { ClientKey } from './decode-frame.ts';
import { encodeData, encodeFrame } from './encode-frame.ts';
import { TunnelProtocolError, isTunnelProtocolError } from './errors.ts';
import type { ConnId, ConnectFrame, Frame, SyncFrame } from './frame.ts';
import { createLimits, getWaterMarks } from './limits.ts';
import type { SessionLimits } from './limits.ts';
import { StreamMachine } from './stream.ts';
import type { ProtocolStream, StreamHost } from './stream.ts';

/** What a session tells the code that drives it. */
export interface SessionHooks {
  /**
   * Sends one binary message; the bytes are not touched again.
   * @returns whether the transport wants more now; after `false`, call `drained` once it does
   */
  readonly send: (message: Uint8Array) => boolean;
  /** Dialling side: the hub asks for a stream. Bind it at once: data may follow in the same read. */
  readonly onConnect?: (stream: ProtocolStream) => void;
  /** Accepting side: the peer, a hub, can reach this client. Without it such news are ignored. */
  readonly onClientAdded?: (client: ClientKey) => void;
  readonly onClientRemoved?: (client: ClientKey) => void;
  /** Called once: no message will be sent any more; close the transport. `error` when the peer broke a rule. */
  readonly onClose: (error: TunnelProtocolError | undefined) => void;
}

export interface SessionOptions {
  /** `dialler` opened the websocket and serves streams (agent); `acceptor` opens streams (hub). */
  readonly role: 'dialler' | 'acceptor';
  /** For the text of replies to unknown streams. @default client */
  readonly clientKey?: string;
  /** @default 0 */
  readonly sessionKey?: string;
  /**
   * Whether the peer keeps "I paused you" and "you paused me" apart. Go peers have one flag for both, and are
   * treated with care; our own peers say in the handshake that they are `separate`. @default shared
   */
  readonly peerPauses?: 'shared' | 'separate';
  readonly limits?: SessionLimits;
}

/** One session as a state machine: feed it messages and time, and do what its hooks say. */
export interface ProtocolSession {
  readonly streams: number;
  /** Received and not read, over all streams. */
  readonly bufferedBytes: number;
  readonly isClosed: boolean;
  /**
   * Accepting side: opens a stream. There is no acknowledgement; a refused dial ends the stream later.
   * @throws {TunnelProtocolError} `CONNECT_NOT_ALLOWED` on the dialling side, `ADDRESS_TOO_LONG`,
   *   `INVALID_ADDRESS`, `TOO_MANY_STREAMS`, `SESSION_CLOSED`
   */
  open(network: string, address: string): ProtocolStream;
  /**
   * Dialling side, a hub: tells the accepting hub that this client can be reached here, or no longer. Once the session is
   * closed: nothing.
   * @throws {TunnelProtocolError} `ADDRESS_TOO_LONG` beyond the 100 bytes that Go peers read
   */
  announce(change: 'added' | 'removed', client: ClientKey): void;
  /** One websocket message. Breaking a rule closes the session; nothing is thrown. */
  receive(message: Uint8Array, isBinary?: boolean): void;
  /** The transport can take more. */
  drained(): void;
  /** Time in ms from any origin, never going back; call it about once a second. */
  tick(nowMs: number): void;
  /** Ends every stream with `tunnel disconnect`, then the session. May be called twice. */
  close(): void;
}

const DISCONNECT_TEXT = 'tunnel disconnect';
const FIRST_CONN = 2;

/** Creates the state machine of one session of protocol version 1. */
export function createProtocolSession(options: SessionOptions, hooks: SessionHooks): ProtocolSession {
  return new SessionMachine(options, hooks);
}

class SessionMachine implements ProtocolSession, StreamHost {
  readonly limits: Required<SessionLimits>;
  readonly hasSharedFlag: boolean;
  readonly #options: SessionOptions;
  readonly #hooks: SessionHooks;
  readonly #streams = new Map<ConnId, StreamMachine>();
  /** Streams with something to send, next in turn first. */
  readonly #ready = new Set<StreamMachine>();
  /** Streams that one SyncConnections did not name. */
  #missed = new Set<ConnId>();
  #nextConn = FIRST_CONN;
  #nowMs = 0;
  #bufferedBytes = 0;
  #isCongested = false;
  #isPumping = false;
  #isClosed = false;

  constructor(options: SessionOptions, hooks: SessionHooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.limits = createLimits(options.limits);
    this.hasSharedFlag = options.peerPauses !== 'separate';
  }

  get streams(): number {
    return this.#streams.size;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  open(network: string, address: string): ProtocolStream {
    if (this.#isClosed) throw new TunnelProtocolError('SESSION_CLOSED', 'the tunnel session is closed');
    if (this.#options.role === 'dialler') {
      throw new TunnelProtocolError('CONNECT_NOT_ALLOWED', 'the dialling side opens no streams');
    }
    if (this.#streams.size >= this.limits.maxStreams) {
      throw new TunnelProtocolError('TOO_MANY_STREAMS', `the session has ${this.#streams.size} streams`);
    }
    const message = encodeFrame({ kind: 'connect', conn: this.#nextConn, network, address });
    const stream = new StreamMachine(this, this.#nextConn, network, address);
    this.#nextConn += 1;
    this.#streams.set(stream.conn, stream);
    this.#transmit(message);
    return stream;
  }

  announce(change: 'added' | 'removed', { clientKey, sessionKey }: ClientKey): void {
    if (this.#isClosed) return;
    const kind = change === 'added' ? 'addClient' : 'removeClient';
    this.send({ kind, conn: 0, text: `${clientKey}/${String(sessionKey)}` });
  }

  receive(message: Uint8Array, isBinary = true): void {
    if (this.#isClosed) return;
    try {
      if (!isBinary) throw new TunnelProtocolError('NOT_BINARY', 'the peer sent a text message');
      this.#handle(decodeFrame(message, { maxMessageBytes: this.limits.maxMessageBytes }).frame);
    } catch (error) {
      if (!isTunnelProtocolError(error)) throw error;
      this.#shut(error);
    }
    this.#enforceSessionLimit();
  }

  #handle(frame: Frame): void {
    switch (frame.kind) {
      case 'data':
        this.#handleData(frame.conn, frame.payload);
        return;
      case 'connect':
        this.#handleConnect(frame);
        return;
      case 'error':
        this.#streams.get(frame.conn)?.endByPeer(frame.text);
        return;
      case 'pause':
        this.#streams.get(frame.conn)?.pause();
        return;
      case 'resume':
        this.#streams.get(frame.conn)?.resume();
        return;
      case 'sync':
        this.#handleSync(frame);
        return;
      case 'addClient':
        this.#handleAddClient(frame.text);
        return;
      case 'removeClient':
        this.#handleRemoveClient(frame.text);
        return;
      case 'unknown':
        return;
    }
  }

  #handleData(conn: ConnId, payload: Uint8Array): void {
    const stream = this.#streams.get(conn);
    if (stream !== undefined) {
      stream.receive(payload);
      return;
    }
    // A flood of such data may not fill the transport with replies: the next Data asks again.
    if (this.#isCongested) return;
    const { clientKey = 'client', sessionKey = '0' } = this.#options;
    this.send({
      kind: 'error',
      conn,
      text: `connection not found ${clientKey}/${sessionKey}/${String(conn)}`,
    });
  }

  #handleConnect(frame: ConnectFrame): void {
    const { onConnect } = this.#hooks;
    if (onConnect === undefined || this.#options.role === 'acceptor') {
      throw new TunnelProtocolError(
        'CONNECT_NOT_ALLOWED',
        'the peer sent Connect to a side that serves no streams',
      );
    }
    this.#streams.get(frame.conn)?.endByPeer('replaced by a new stream of the same id');
    if (this.#streams.size >= this.limits.maxStreams) {
      this.send({ kind: 'error', conn: frame.conn, text: 'too many streams' });
      return;
    }
    const stream = new StreamMachine(this, frame.conn, frame.network, frame.address);
    this.#streams.set(frame.conn, stream);
    onConnect(stream);
  }

  /** Malformed, it ends the session even where nobody wants to know. */
  #handleAddClient(text: string): void {
    if (this.#options.role === 'dialler') return;
    const client = parseClientKey(text);
    this.#hooks.onClientAdded?.(client);
  }

  #handleRemoveClient(text: string): void {
    const client = parseClientKey(text);
    if (this.#options.role === 'acceptor') this.#hooks.onClientRemoved?.(client);
  }

  /**
   * Ends the streams that the dialling side no longer has. A Connect may still be on its way to it, so a stream
   * newer than all it names, and on which it never sent, must be missing twice.
   */
  #handleSync(frame: SyncFrame): void {
    if (this.#options.role === 'dialler') return;
    const named = new Set(frame.conns);
    const newest = frame.conns.reduce<ConnId>((max, conn) => (conn > max ? conn : max), 0);
    const missed = new Set<ConnId>();
    for (const [conn, stream] of [...this.#streams]) {
      if (named.has(conn)) continue;
      if (conn < newest || stream.hasReceived || this.#missed.has(conn))
        stream.endByPeer('unknown to the peer');
      else missed.add(conn);
    }
    this.#missed = missed;
  }

  #enforceSessionLimit(): void {
    if (this.#bufferedBytes <= this.limits.sessionLimitBytes) return;
    let fullest: StreamMachine | undefined;
    for (const stream of this.#streams.values()) {
      if (stream.bufferedBytes > (fullest?.bufferedBytes ?? 0)) fullest = stream;
    }
    fullest?.fail('session buffer full: pause was ignored');
  }

  drained(): void {
    this.#isCongested = false;
    this.#pump();
  }

  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    if (this.#isClosed) return;
    for (const stream of [...this.#streams.values()]) {
      if (this.#isCongested) return;
      stream.tick(nowMs);
    }
  }

  close(): void {
    this.#shut(undefined);
  }

  #shut(error: TunnelProtocolError | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#ready.clear();
    for (const stream of [...this.#streams.values()])
      stream.endBySession(DISCONNECT_TEXT, !this.#isCongested);
    this.#hooks.onClose(error);
  }

  // What streams ask of their session.

  nowMs(): number {
    return this.#nowMs;
  }

  marks(): ReturnType<StreamHost['marks']> {
    return getWaterMarks(this.limits, this.#bufferedBytes, this.#streams.size);
  }

  send(frame: Frame): void {
    this.#transmit(encodeFrame(frame));
  }

  sendData(conn: ConnId, pieces: readonly Uint8Array[], sizeBytes: number): void {
    this.#transmit(encodeData(conn, pieces, sizeBytes));
  }

  charge(delta: number): void {
    this.#bufferedBytes += delta;
  }

  schedule(stream: StreamMachine): void {
    this.#ready.add(stream);
    this.#pump();
  }

  forget(stream: StreamMachine): void {
    this.#ready.delete(stream);
    this.#missed.delete(stream.conn);
    if (this.#streams.get(stream.conn) === stream) this.#streams.delete(stream.conn);
  }

  #transmit(message: Uint8Array): void {
    if (!this.#hooks.send(message)) this.#isCongested = true;
  }

  /** One message of each stream in turn, while the transport takes them. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (!this.#isCongested && this.#ready.size > 0) {
        const [stream] = this.#ready;
        if (stream === undefined) return;
        this.#ready.delete(stream);
        if (!stream.canSend()) continue;
        stream.sendOne();
        if (stream.canSend()) this.#ready.add(stream);
      }
    } finally {
      this.#isPumping = false;
    }
  }
}
