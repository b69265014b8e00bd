import { connect as connectTcp } from 'node:net';
import type { Socket, TcpSocketConnectOpts } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { Clock } from '@clusternet/runtime';
import type { Exchange, ExchangeConnection } from './exchange.ts';
import { Http1Error } from './http1-error.ts';
import { ResponseReader } from './response-reader.ts';

/** Where connections go, and how whoever answers is known. */
export interface Http1Target {
  readonly host: string;
  readonly port: number;
  /** Absent: without TLS. */
  readonly tls?: Pick<ConnectionOptions, 'ca' | 'rejectUnauthorized' | 'servername'>;
}

/** What a connection tells its pool. */
export interface ConnectionHooks {
  onOpen(connection: Http1Connection): void;
  /** It can take another request. */
  onIdle(connection: Http1Connection): void;
  /** Called once, when it is gone. @param exchange - what was under way on it @param isUntouched - no answer to that had begun */
  onGone(
    connection: Http1Connection,
    exchange: Exchange | undefined,
    error: Error,
    isUntouched: boolean,
  ): void;
  onTlsSession(session: Buffer): void;
}

export interface ConnectionDeps {
  readonly target: Http1Target;
  readonly clock: Clock;
  readonly hooks: ConnectionHooks;
  /** Every connection of a pool reads into this: what it reads is used up before another one reads. */
  readonly readBuffer: Buffer;
  readonly connectTimeoutMs: number;
  readonly tlsSession: Buffer | undefined;
}

/** Has a socket read into memory that is there, instead of new memory each time. */
interface ReadInto {
  readonly onread: { readonly buffer: Buffer; readonly callback: (sizeBytes: number) => boolean };
}

/** A connection to a server of HTTP/1.1 that carries one request at a time. */
export class Http1Connection implements ExchangeConnection {
  /** Time until which an idle one may be used, by the pool's clock. */
  idleUntilMs = 0;
  /** What the server said about it, with the last answer. */
  keptSeconds: number | undefined;
  /** Whether it was ever open. */
  get wasOpen(): boolean {
    return this.#isOpen;
  }
  readonly #hooks: ConnectionHooks;
  readonly #socket: Socket;
  readonly #reader = new ResponseReader();
  #exchange: Exchange | undefined;
  #isOpen = false;
  #isGone = false;
  #cancelTimeout: () => void;

  constructor(deps: ConnectionDeps) {
    const { target, connectTimeoutMs } = deps;
    this.#hooks = deps.hooks;
    this.#socket = this.#connect(deps);
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.once(target.tls === undefined ? 'connect' : 'secureConnect', () => this.#onOpen());
    socket.on('error', (error) => this.destroy(error));
    socket.once('end', () => this.#onEnd());
    socket.once('close', () => this.destroy(new Error('the server closed the connection')));
    socket.on('drain', () => this.#exchange?.pump());
    this.#cancelTimeout = deps.clock.schedule(connectTimeoutMs, () =>
      this.destroy(new Http1Error('CONNECT_TIMEOUT', `no connection within ${connectTimeoutMs} ms`)),
    );
  }

  #connect({ target, hooks, readBuffer, tlsSession }: ConnectionDeps): Socket {
    const { host, port, tls } = target;
    const callback = (sizeBytes: number): boolean => this.#onBytes(readBuffer.subarray(0, sizeBytes));
    // Node's types know `onread` for sockets and not for what connects them.
    const options: ReadInto & TcpSocketConnectOpts = { host, port, onread: { buffer: readBuffer, callback } };
    if (tls === undefined) return connectTcp(options);
    const secure: ConnectionOptions & ReadInto = {
      ...options,
      ...tls,
      ...(tlsSession === undefined ? {} : { session: tlsSession }),
      ALPNProtocols: ['http/1.1'],
    };
    const socket: TLSSocket = connectTls(secure);
    socket.on('session', (session: Buffer) => hooks.onTlsSession(session));
    return socket;
  }

  /** Sends a request. It must be idle. */
  send(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#reader.expect(exchange, exchange.isBodiless);
    exchange.start(this);
  }

  write(bytes: Uint8Array | string): boolean {
    return typeof bytes === 'string' ? this.#socket.write(bytes, 'latin1') : this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** Ends it now, and what is on it. Again: nothing. */
  destroy(error: Error): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#cancelTimeout();
    this.#socket.destroy();
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#hooks.onGone(this, exchange, this.#explain(error), this.#reader.isUntouched);
  }

  #explain(error: Error): Error {
    if (!this.#isOpen || error instanceof Http1Error) return error; // why there is none is for the system to say
    const code = this.#reader.isUntouched ? 'BROKEN_CONNECTION' : 'BROKEN_ANSWER';
    return new Http1Error(code, error.message, { cause: error });
  }

  #onOpen(): void {
    if (this.#isGone) return;
    this.#isOpen = true;
    this.#cancelTimeout();
    this.#hooks.onOpen(this);
  }

  /** @returns false to read no more for now */
  #onBytes(bytes: Buffer): boolean {
    if (this.#isGone) return false;
    try {
      this.#reader.push(bytes);
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
    // Only now: whatever comes next may read, and the bytes are used up.
    if (this.#reader.isIdle) this.#onAnswered();
    return !this.#socket.isPaused();
  }

  #onAnswered(): void {
    const exchange = this.#exchange;
    if (exchange === undefined || this.#isGone) return;
    this.#exchange = undefined;
    this.resume();
    this.keptSeconds = this.#reader.head?.keptSeconds;
    if (exchange.isSent && this.#reader.head?.isKept === true) this.#hooks.onIdle(this);
    else this.destroy(new Error('the connection is used up'));
  }

  #onEnd(): void {
    // It ends an answer that has no other end.
    if (this.#reader.end()) this.#onAnswered();
    else this.destroy(new Error('the server closed the connection'));
  }
}
