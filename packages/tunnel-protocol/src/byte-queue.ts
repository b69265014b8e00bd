/** Pieces smaller than this are gathered into blocks, so that tiny messages do not cost an object each. */
const SMALL_BYTES = 4 * 1024;

const NONE: Piece = { bytes: new Uint8Array(0), used: 0, owned: false };

interface Piece {
  bytes: Uint8Array;
  /** How much of `bytes` is filled; less than its length only for blocks of our own. */
  used: number;
  readonly owned: boolean;
}

/** Bytes waiting for a reader, in order. Memory stays near `sizeBytes`, however they arrive. */
export class ByteQueue {
  #pieces: Piece[] = [];
  #head = 0;
  #sizeBytes = 0;

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Keeps `bytes` as they are when large; copies small ones, and views that would pin a much larger buffer. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const isWaiting = this.#sizeBytes > 0;
    this.#sizeBytes += bytes.length;
    if (isWaiting && bytes.length < SMALL_BYTES) {
      this.#pushSmall(bytes);
      return;
    }
    const isPinning = isWaiting && bytes.buffer.byteLength > bytes.length * 4;
    this.#pieces.push({ bytes: isPinning ? new Uint8Array(bytes) : bytes, used: bytes.length, owned: false });
  }

  #pushSmall(bytes: Uint8Array): void {
    let tail = this.#pieces.at(-1);
    if (tail?.owned !== true || tail.used + bytes.length > tail.bytes.length) {
      tail = { bytes: new Uint8Array(SMALL_BYTES), used: 0, owned: true };
      this.#pieces.push(tail);
    }
    tail.bytes.set(bytes, tail.used);
    tail.used += bytes.length;
  }

  /** The next piece, at most `limit` bytes of it; `undefined` when there is none. */
  shift(limit: number = Infinity): Uint8Array | undefined {
    const piece = this.#pieces[this.#head];
    if (piece === undefined) return undefined;
    const bytes = piece.bytes.subarray(0, Math.min(piece.used, limit));
    this.#sizeBytes -= bytes.length;
    if (bytes.length < piece.used) {
      this.#pieces[this.#head] = {
        bytes: piece.bytes.subarray(bytes.length, piece.used),
        used: piece.used - bytes.length,
        owned: false,
      };
      return bytes;
    }
    this.#pieces[this.#head] = NONE; // let go of the bytes
    this.#head += 1;
    if (this.#sizeBytes === 0) this.clear();
    else if (this.#head > 32 && this.#head * 2 > this.#pieces.length) {
      this.#pieces = this.#pieces.slice(this.#head);
      this.#head = 0;
    }
    return bytes;
  }

  clear(): void {
    this.#pieces = [];
    this.#head = 0;
    this.#sizeBytes = 0;
  }
}
