import { TunnelProtocolError } from '../errors.ts';
import { FLAG_END, FRAME_TYPE, HEADER_BYTES, MAX_PAYLOAD_BYTES } from './frame.ts';

/** Takes what a {@link FrameParser} finds. */
export interface FrameSink {
  /** A whole frame other than data. `payload` is valid during the call only. */
  onFrame(type: number, flags: number, stream: number, payload: Uint8Array): void;
  /** Some bytes of a data frame, as a view of what was received. `isEnd`: the last ones of the stream. */
  onData(stream: number, bytes: Uint8Array, isEnd: boolean): void;
}

const NOTHING = new Uint8Array(0);

/**
 * Cuts a byte stream into frames, however it arrives. Payloads of data frames are passed on as they come and
 * never copied; of other frames, at most one is held.
 */
export class FrameParser {
  readonly #sink: FrameSink;
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerBytes = 0;
  #type = 0;
  #flags = 0;
  #stream = 0;
  #missingBytes = 0;
  /** The payload of a frame that is not data, as far as it has come; undefined while none is under way. */
  #partial: Uint8Array | undefined;
  #partialBytes = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** @throws {TunnelProtocolError} `FRAME_TOO_LARGE`, and what the sink throws */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#headerBytes < HEADER_BYTES) {
        at = this.#readHeader(chunk, at);
        if (this.#headerBytes < HEADER_BYTES) return;
        if (this.#missingBytes === 0) this.#finishEmpty();
      } else {
        at = this.#readPayload(chunk, at);
      }
    }
  }

  #readHeader(chunk: Uint8Array, at: number): number {
    if (this.#headerBytes === 0 && chunk.length - at >= HEADER_BYTES) {
      this.#takeHeader(chunk, at); // whole, as nearly always
      return at + HEADER_BYTES;
    }
    const count = Math.min(HEADER_BYTES - this.#headerBytes, chunk.length - at);
    this.#header.set(chunk.subarray(at, at + count), this.#headerBytes);
    this.#headerBytes += count;
    if (this.#headerBytes === HEADER_BYTES) this.#takeHeader(this.#header, 0);
    return at + count;
  }

  #takeHeader(bytes: Uint8Array, at: number): void {
    this.#headerBytes = HEADER_BYTES;
    this.#missingBytes = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    this.#type = bytes[at + 3] ?? 0;
    this.#flags = bytes[at + 4] ?? 0;
    this.#stream =
      (((bytes[at + 5] ?? 0) & 0x7f) << 24) |
      ((bytes[at + 6] ?? 0) << 16) |
      ((bytes[at + 7] ?? 0) << 8) |
      (bytes[at + 8] ?? 0);
    if (this.#missingBytes > MAX_PAYLOAD_BYTES) {
      throw new TunnelProtocolError('FRAME_TOO_LARGE', `the peer announces ${this.#missingBytes} bytes`);
    }
  }

  #finishEmpty(): void {
    this.#headerBytes = 0;
    if (this.#type === FRAME_TYPE.data) {
      this.#sink.onData(this.#stream, NOTHING, (this.#flags & FLAG_END) !== 0);
    } else {
      this.#sink.onFrame(this.#type, this.#flags, this.#stream, NOTHING);
    }
  }

  #readPayload(chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.length, at + this.#missingBytes);
    const piece = chunk.subarray(at, end);
    this.#missingBytes -= piece.length;
    const isLast = this.#missingBytes === 0;
    if (isLast) this.#headerBytes = 0;
    if (this.#type === FRAME_TYPE.data) {
      this.#sink.onData(this.#stream, piece, isLast && (this.#flags & FLAG_END) !== 0);
    } else {
      this.#gather(piece, isLast);
    }
    return end;
  }

  #gather(piece: Uint8Array, isLast: boolean): void {
    if (this.#partial === undefined) {
      if (isLast) {
        this.#sink.onFrame(this.#type, this.#flags, this.#stream, piece);
        return;
      }
      this.#partial = new Uint8Array(piece.length + this.#missingBytes);
      this.#partialBytes = 0;
    }
    this.#partial.set(piece, this.#partialBytes);
    this.#partialBytes += piece.length;
    if (!isLast) return;
    const whole = this.#partial;
    this.#partial = undefined;
    this.#sink.onFrame(this.#type, this.#flags, this.#stream, whole);
  }
}
