import type { Clock } from '@clusternet/runtime';
import type { RequestHead, V2Stream } from '@clusternet/tunnel-protocol';
import { Http1Connection } from './connection.ts';
import type { ConnectionHooks, Http1Target } from './connection.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeHooks } from './exchange.ts';
import { formatRequest } from './format-request.ts';
import type { FormattedRequest } from './format-request.ts';
import { Http1Error } from './http1-error.ts';

export interface Http1PoolOptions {
  /** Connections at once; further requests wait. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** How long a connection is kept that nobody uses, ms; less when the server says so. */
  readonly keepMs: number;
}

const READ_BYTES = 64 * 1024;
/** How often idle connections are looked at. */
const SWEEP_MS = 5000;
/** A server that says how long it keeps a connection means its own clock. */
const KEEP_MARGIN_MS = 1000;

/**
 * Kept connections to one server. Requests take the one that was used last, and wait in the order they came when there
 * is none; how many may wait is for the caller to say. Disposing of it ends everything.
 */
export class Http1Pool implements ConnectionHooks, AsyncDisposable {
  readonly #target: Http1Target;
  readonly #hostHeader: string;
  readonly #clock: Clock;
  readonly #options: Http1PoolOptions;
  readonly #readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);
  readonly #connections = new Set<Http1Connection>();
  /** The one used last is the last. */
  readonly #idle: Http1Connection[] = [];
  readonly #waiting = new Set<Exchange>();
  #opening = 0;
  #tlsSession: Buffer | undefined;
  #cancelSweep: (() => void) | undefined;
  #isDisposed = false;

  constructor(deps: { readonly target: Http1Target; readonly clock: Clock }, options: Http1PoolOptions) {
    this.#target = deps.target;
    this.#clock = deps.clock;
    this.#options = options;
    const { host, port, tls } = deps.target;
    const name = host.includes(':') ? `[${host}]` : host;
    this.#hostHeader = port === (tls === undefined ? 80 : 443) ? name : `${name}:${port}`;
  }

  /** Open and opening. */
  get size(): number {
    return this.#connections.size;
  }

  /** Performs a request and sends the answer back, with back-pressure both ways. The end of either side ends the other. */
  perform(stream: V2Stream, hooks: ExchangeHooks): void {
    let formatted: FormattedRequest;
    try {
      formatted = formatRequest(stream.head as RequestHead, !stream.isReadEnded, this.#hostHeader);
    } catch (error) {
      hooks.onOver();
      hooks.onError(error as Error, false);
      return;
    }
    const exchange = new Exchange(stream, formatted, hooks, this.#forget);
    if (this.#isDisposed) {
      exchange.fail(new Http1Error('BROKEN_ANSWER', 'the agent stops'), false);
      return;
    }
    const connection = this.#takeIdle();
    if (connection === undefined) this.#wait(exchange);
    else connection.send(exchange);
  }

  readonly #forget = (exchange: Exchange): void => {
    this.#waiting.delete(exchange);
  };

  #takeIdle(): Http1Connection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined || connection.idleUntilMs > this.#clock.monotonicMs()) return connection;
      connection.destroy(new Error('not used for long'));
    }
  }

  #wait(exchange: Exchange): void {
    this.#waiting.add(exchange);
    this.#openMore();
  }

  /** A connection for each request that waits, as far as there may be more. */
  #openMore(): void {
    while (this.#opening < this.#waiting.size && this.#connections.size < this.#options.connections) {
      this.#opening += 1;
      this.#connections.add(
        new Http1Connection({
          target: this.#target,
          clock: this.#clock,
          hooks: this,
          readBuffer: this.#readBuffer,
          connectTimeoutMs: this.#options.connectTimeoutMs,
          tlsSession: this.#tlsSession,
        }),
      );
    }
  }

  #takeWaiting(): Exchange | undefined {
    for (const exchange of this.#waiting) {
      this.#waiting.delete(exchange);
      return exchange;
    }
    return undefined;
  }

  onTlsSession(session: Buffer): void {
    this.#tlsSession = session;
  }

  onOpen(connection: Http1Connection): void {
    this.#opening -= 1;
    this.onIdle(connection);
  }

  onIdle(connection: Http1Connection): void {
    const next = this.#takeWaiting();
    if (next !== undefined) {
      connection.send(next);
      return;
    }
    const { keptSeconds } = connection;
    const { keepMs } = this.#options;
    const keptMs = keptSeconds === undefined ? keepMs : Math.min(keepMs, keptSeconds * 1000 - KEEP_MARGIN_MS);
    connection.idleUntilMs = this.#clock.monotonicMs() + keptMs;
    this.#idle.push(connection);
    this.#cancelSweep ??= this.#clock.schedule(SWEEP_MS, () => this.#sweep());
  }

  onGone(
    connection: Http1Connection,
    exchange: Exchange | undefined,
    error: Error,
    isUntouched: boolean,
  ): void {
    this.#connections.delete(connection);
    if (connection.wasOpen) {
      const at = exchange === undefined ? this.#idle.indexOf(connection) : -1;
      if (at >= 0) this.#idle.splice(at, 1);
      if (exchange?.fail(error, isUntouched) === true) this.#waiting.add(exchange); // and not on another kept one
    } else {
      this.#opening -= 1;
      this.#takeWaiting()?.fail(error, false); // each of them waits for one that opens
    }
    if (!this.#isDisposed) this.#openMore();
  }

  #sweep(): void {
    this.#cancelSweep = undefined;
    const nowMs = this.#clock.monotonicMs();
    for (const connection of [...this.#idle]) {
      if (connection.idleUntilMs <= nowMs) connection.destroy(new Error('not used for long'));
    }
    if (this.#idle.length > 0) this.#cancelSweep = this.#clock.schedule(SWEEP_MS, () => this.#sweep());
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#cancelSweep?.();
    const stopped = new Http1Error('BROKEN_ANSWER', 'the agent stops');
    for (let next = this.#takeWaiting(); next !== undefined; next = this.#takeWaiting())
      next.fail(stopped, false);
    for (const connection of [...this.#connections]) connection.destroy(stopped);
    return Promise.resolve();
  }
}
