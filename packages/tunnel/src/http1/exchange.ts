import type { RequestHead, StreamReset, V2Stream, V2StreamEvents } from '@clusternet/tunnel-protocol';
import type { FormattedRequest } from './format-request.ts';
import { Http1Error } from './http1-error.ts';
import type { ParsedHead } from './response-head.ts';
import type { ResponseSink } from './response-reader.ts';

/** More than this waiting for the tunnel, and the API server waits too. */
const HIGH_BYTES = 128 * 1024;

/** Told how an exchange ends. */
export interface ExchangeHooks {
  /** No whole answer came. @param wasAnswered - it had begun */
  onError(error: Error, wasAnswered: boolean): void;
  /** Nothing of it is left. Once, whether anybody still wanted it or not. */
  onOver(): void;
}

/** What an exchange asks of the connection that it is on. */
export interface ExchangeConnection {
  /** @returns false when it should wait for `pump` */
  write(bytes: Uint8Array | string): boolean;
  pause(): void;
  resume(): void;
  destroy(error: Error): void;
}

/** One request of a hub and its answer. A single object with methods: it is made for each request. */
export class Exchange implements ResponseSink, V2StreamEvents {
  readonly isBodiless: boolean;
  readonly text: string;
  readonly #stream: V2Stream;
  readonly #hooks: ExchangeHooks;
  readonly #forget: (exchange: Exchange) => void;
  readonly #isRepeatable: boolean;
  readonly #bodyBytes: number | undefined;
  #sentBytes = 0;
  #connection: ExchangeConnection | undefined;
  #wasAnswered = false;
  #hasRepeated = false;
  #isBodySent: boolean;
  #isOver = false;

  /** @param forget - takes it out of the queue, if it waits there */
  constructor(
    stream: V2Stream,
    formatted: FormattedRequest,
    hooks: ExchangeHooks,
    forget: (exchange: Exchange) => void,
  ) {
    const { method } = stream.head as RequestHead;
    this.#stream = stream;
    this.#hooks = hooks;
    this.#forget = forget;
    this.text = formatted.text;
    this.isBodiless = method === 'HEAD';
    this.#bodyBytes = formatted.bodyBytes;
    this.#isBodySent = stream.isReadEnded;
    this.#isRepeatable = this.#isBodySent && (method === 'GET' || method === 'HEAD');
    stream.bind(this);
  }

  /** Whether the request went out whole, so that the connection can be used again. */
  get isSent(): boolean {
    return this.#isBodySent;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Goes out on a connection. */
  start(connection: ExchangeConnection): void {
    this.#connection = connection;
    connection.write(this.text);
    if (!this.#isBodySent) this.pump();
  }

  /** Sends of the body what there is, as fast as the connection takes it. */
  pump(): void {
    const connection = this.#connection;
    if (connection === undefined || this.#isBodySent) return;
    for (;;) {
      const bytes = this.#stream.read();
      if (bytes === undefined) break;
      this.#sentBytes += bytes.length;
      if (this.#bodyBytes !== undefined && this.#sentBytes > this.#bodyBytes) {
        this.#refuseBody(connection);
        return;
      }
      if (!this.#writeBody(connection, bytes)) return;
    }
    if (!this.#stream.isReadEnded) return;
    if (this.#bodyBytes === undefined) connection.write('0\r\n\r\n');
    else if (this.#sentBytes !== this.#bodyBytes) {
      this.#refuseBody(connection);
      return;
    }
    this.#isBodySent = true;
  }

  #writeBody(connection: ExchangeConnection, bytes: Uint8Array): boolean {
    if (this.#bodyBytes !== undefined) return connection.write(bytes);
    if (bytes.length === 0) return true; // it would end the body
    connection.write(`${bytes.length.toString(16)}\r\n`);
    connection.write(bytes);
    return connection.write('\r\n');
  }

  #refuseBody(connection: ExchangeConnection): void {
    const text = 'a request that cannot be written: a body of another length than announced';
    connection.destroy(new Http1Error('MALFORMED_REQUEST', text));
  }

  // The answer.

  onAnswer(head: ParsedHead): void {
    if (!this.#stream.isClosed) this.#stream.respond(head);
    this.#wasAnswered = true;
  }

  onBody(bytes: Uint8Array): void {
    if (this.#stream.isClosed) return;
    this.#stream.write(Buffer.from(bytes)); // what it is a view of is read into again
    if (this.#stream.pendingBytes > HIGH_BYTES) this.#connection?.pause();
  }

  onEnd(trailers: string[]): void {
    this.#stream.end(trailers); // whoever still sends a body learns from it that nobody reads on
    this.#finish();
  }

  #finish(): void {
    this.#isOver = true;
    this.#connection = undefined;
    this.#hooks.onOver();
  }

  /**
   * The connection broke, or there will be none.
   * @param isUntouched - nothing of an answer has come
   * @returns true when it is worth another connection
   */
  fail(error: Error, isUntouched: boolean): boolean {
    if (this.#isOver) return false;
    const isBroken = error instanceof Http1Error && error.code === 'BROKEN_CONNECTION';
    this.#connection = undefined;
    // The API server may have closed a kept connection just as it was taken.
    if (isBroken && isUntouched && this.#isRepeatable && !this.#hasRepeated && !this.#stream.isClosed) {
      this.#hasRepeated = true;
      return true;
    }
    this.#finish();
    if (!this.#stream.isClosed) this.#hooks.onError(error, this.#wasAnswered);
    return false;
  }

  // The tunnel.

  onReadable(): void {
    this.pump();
  }

  onDrain(): void {
    this.#connection?.resume();
  }

  onClose(reset: StreamReset | undefined): void {
    if (reset === undefined || this.#isOver) return;
    if (this.#connection !== undefined) {
      this.#connection.destroy(new Error('the hub no longer wants it'));
      return;
    }
    this.#forget(this);
    this.#finish();
  }
}
