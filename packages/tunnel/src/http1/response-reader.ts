import { Http1Error } from './http1-error.ts';
import { parseFields, parseResponseHead } from './response-head.ts';
import type { ParsedHead } from './response-head.ts';

/** Takes an answer as it comes. */
export interface ResponseSink {
  /** The final head. 1xx heads are passed over. */
  onAnswer(head: ParsedHead): void;
  /** Bytes of the body, as a view of what was received: valid during the call only. */
  onBody(bytes: Uint8Array): void;
  /** The whole answer is there. @param trailers - names and values in turn */
  onEnd(trailers: string[]): void;
}

/** The tunnel carries heads of this size. */
export const MAX_RESPONSE_HEAD_BYTES: number = 128 * 1024;
/** A size in sixteen digits, and extensions that nobody has. */
const MAX_CHUNK_LINE_BYTES = 256;
const MAX_INFORMATIONAL = 16;
const CHUNK_LINE = /^([0-9A-Fa-f]{1,13})(?:;[\t\x20-\x7e\x80-\xff]*)?$/;
const CRLF = '\r\n';
const HEAD_END = '\r\n\r\n';

const NOTHING: Buffer = Buffer.alloc(0);

type State = 'body' | 'chunk' | 'chunk-end' | 'chunk-line' | 'close' | 'head' | 'idle' | 'trailers';

/**
 * Cuts the bytes of a connection into answers to requests, one at a time, however they arrive. Bodies are passed on as
 * they come; of heads and the lines between chunks, at most one is held.
 */
export class ResponseReader {
  #state: State = 'idle';
  #sink: ResponseSink | undefined;
  #isBodiless = false;
  #head: ParsedHead | undefined;
  #missingBytes = 0;
  #informational = 0;
  /** What came of a head or line that is not whole: the first `#heldBytes` of it. */
  #held: Buffer = NOTHING;
  #heldBytes = 0;

  /** Whether no answer is waited for. */
  get isIdle(): boolean {
    return this.#state === 'idle';
  }

  /** Whether nothing of the answer that is waited for has come yet. */
  get isUntouched(): boolean {
    return this.#state === 'head' && this.#heldBytes === 0 && this.#informational === 0;
  }

  /** The final head of the last answer, once it has come. */
  get head(): ParsedHead | undefined {
    return this.#head;
  }

  /** Waits for the answer to a request. @param isBodiless - to a HEAD: no body comes, whatever the head says */
  expect(sink: ResponseSink, isBodiless: boolean): void {
    this.#sink = sink;
    this.#isBodiless = isBodiless;
    this.#head = undefined;
    this.#informational = 0;
    this.#state = 'head';
  }

  /**
   * Takes bytes. The answer may end within them, and nothing may follow: nobody asked for more.
   * @throws {Http1Error} `MALFORMED_ANSWER`, and what the sink throws
   */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      switch (this.#state) {
        case 'idle':
          throw malformed('bytes that nobody asked for');
        case 'body':
        case 'chunk':
          at = this.#readBody(chunk, at);
          break;
        case 'close':
          this.#sink?.onBody(at === 0 ? chunk : chunk.subarray(at));
          return;
        default:
          at = this.#readText(chunk, at);
      }
    }
  }

  /** The connection ended. @returns whether an answer that lasts as long as it is whole now */
  end(): boolean {
    if (this.#state !== 'close') return false;
    this.#finish([]);
    return true;
  }

  #readBody(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#missingBytes);
    this.#missingBytes -= end - at;
    const isOver = this.#missingBytes === 0;
    this.#sink?.onBody(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end));
    if (isOver) {
      if (this.#state === 'body') this.#finish([]);
      else this.#state = 'chunk-end';
    }
    return end;
  }

  /** Reads a head, the line before a chunk, the line end behind it, or trailers. */
  #readText(chunk: Buffer, at: number): number {
    const heldBytes = this.#heldBytes;
    if (heldBytes === 0) {
      const end = this.#findEnd(chunk, at, 0);
      if (end >= 0) {
        this.#takeText(chunk, at, end);
        return end;
      }
      this.#hold(chunk, at);
      this.#assertShort(this.#heldBytes);
      return chunk.length;
    }
    this.#hold(chunk, at);
    const bytes = this.#held.subarray(0, this.#heldBytes);
    const end = this.#findEnd(bytes, 0, heldBytes);
    if (end < 0) {
      this.#assertShort(this.#heldBytes);
      return chunk.length;
    }
    this.#held = NOTHING;
    this.#heldBytes = 0;
    this.#takeText(bytes, 0, end);
    return at + end - heldBytes;
  }

  /** Keeps what has come: what is pushed belongs to whoever pushes. */
  #hold(chunk: Buffer, at: number): void {
    const sizeBytes = this.#heldBytes + chunk.length - at;
    if (sizeBytes > this.#held.length) {
      const larger = Buffer.allocUnsafe(
        Math.max(512, sizeBytes, Math.min(this.#held.length * 2, 2 * MAX_RESPONSE_HEAD_BYTES)),
      );
      this.#held.copy(larger, 0, 0, this.#heldBytes);
      this.#held = larger;
    }
    chunk.copy(this.#held, this.#heldBytes, at);
    this.#heldBytes = sizeBytes;
  }

  /** @throws {Http1Error} for a head or line beyond its limit */
  #assertShort(sizeBytes: number): void {
    const isHead = this.#state === 'head' || this.#state === 'trailers';
    const limitBytes = isHead ? MAX_RESPONSE_HEAD_BYTES : MAX_CHUNK_LINE_BYTES;
    if (sizeBytes > limitBytes) throw malformed(`a head or line beyond ${limitBytes} bytes`);
  }

  /** Where the text ends that begins at `from`, its line end included; -1 when that has not come. */
  #findEnd(bytes: Buffer, from: number, seenBytes: number): number {
    const again = Math.max(from, from + seenBytes - 3); // a line end may have come in part
    if (this.#state === 'head') return endOf(bytes.indexOf(HEAD_END, again, 'latin1'), 4);
    if (this.#state === 'trailers') {
      // Nearly always there are none.
      if (bytes.length - from >= 2 && bytes[from] === 0x0d && bytes[from + 1] === 0x0a) return from + 2;
      return endOf(bytes.indexOf(HEAD_END, again, 'latin1'), 4);
    }
    return endOf(bytes.indexOf(CRLF, again, 'latin1'), 2);
  }

  #takeText(bytes: Buffer, from: number, end: number): void {
    this.#assertShort(end - from);
    const text = bytes.toString('latin1', from, end);
    switch (this.#state) {
      case 'head':
        this.#takeHead(parseResponseHead(text, this.#isBodiless));
        return;
      case 'chunk-line':
        this.#takeChunkLine(text.slice(0, -2));
        return;
      case 'chunk-end':
        if (text !== CRLF) throw malformed('a chunk that is longer than it says');
        this.#state = 'chunk-line';
        return;
      default:
        this.#finish(parseFields(text, 0));
    }
  }

  #takeHead(head: ParsedHead): void {
    if (head.status < 200) {
      // Nobody asked for another protocol.
      if (head.status === 101) throw malformed('it changes the protocol');
      this.#informational += 1;
      if (this.#informational > MAX_INFORMATIONAL) throw malformed('interim answers without end');
      return;
    }
    if (head.status > 599) throw malformed(`${head.status} is not the status of an answer`);
    const { framing } = head;
    this.#head = head;
    if (framing === 'chunked') this.#state = 'chunk-line';
    else if (framing === 'close') this.#state = 'close';
    else {
      this.#missingBytes = framing;
      this.#state = 'body';
    }
    this.#sink?.onAnswer(head);
    if (framing === 0) this.#finish([]);
  }

  #takeChunkLine(line: string): void {
    const match = CHUNK_LINE.exec(line);
    if (match === null) throw malformed('the size of a chunk is no number');
    this.#missingBytes = Number.parseInt(match[1] ?? '', 16);
    this.#state = this.#missingBytes === 0 ? 'trailers' : 'chunk';
  }

  #finish(trailers: string[]): void {
    const sink = this.#sink;
    this.#sink = undefined;
    this.#state = 'idle';
    sink?.onEnd(trailers);
  }
}

function endOf(at: number, sizeBytes: number): number {
  return at < 0 ? -1 : at + sizeBytes;
}

function malformed(what: string): Http1Error {
  return new Http1Error('MALFORMED_ANSWER', `the answer makes no sense: ${what}`);
}
