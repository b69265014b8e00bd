import { Duplex } from 'node:stream';
import type { ResetCode, StreamReset, V2Stream } from '@clusternet/tunnel-protocol';
import { TunnelError } from '../errors.ts';
import type { TunnelErrorCode } from '../errors.ts';
import type { TunnelByteStream } from '../tunnel-session.ts';

const READ_BYTES = 64 * 1024;
const WRITE_BYTES = 128 * 1024;

type Done = (error?: Error | null) => void;

/**
 * A raw stream of a version 2 session as a Node Duplex. Each half ends by itself, as with TCP; as with Node's own
 * sockets, the side that opened it ends its half when the peer has ended, and the side that serves it may go on.
 */
export class RawStream extends Duplex implements TunnelByteStream {
  readonly #stream: V2Stream;
  readonly #hop: string;
  #wantsBytes = false;
  #written: Done | undefined;
  #isRefused = false;

  constructor(stream: V2Stream, hop: string, role: 'opener' | 'server', isHeld = false) {
    super({
      readableHighWaterMark: READ_BYTES,
      writableHighWaterMark: WRITE_BYTES,
      allowHalfOpen: isHeld || role === 'server',
      autoDestroy: !isHeld,
    });
    this.#stream = stream;
    this.#hop = hop;
    stream.bind({
      onReadable: () => this.#pull(),
      onDrain: () => this.#settleWrite(),
      onClose: (reset) => this.#stop(reset),
    });
  }

  get network(): string {
    return this.#stream.head.kind === 'connect' ? this.#stream.head.network : 'http';
  }

  get address(): string {
    return this.#stream.head.kind === 'connect' ? this.#stream.head.address : this.#stream.head.target;
  }

  acknowledge(): void {
    this.#stream.connected();
  }

  refuse(code: ResetCode, text: string): void {
    this.#isRefused = true;
    this.#stream.reset(code, text);
    this.destroy();
  }

  override _read(): void {
    this.#wantsBytes = true;
    this.#pull();
  }

  #pull(): void {
    while (this.#wantsBytes) {
      const bytes = this.#stream.read();
      if (bytes === undefined) break;
      this.#wantsBytes = this.push(bytes);
    }
    if (this.#stream.isReadEnded && !this.readableEnded && this.#wantsBytes) {
      this.#wantsBytes = false;
      this.push(null);
    }
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    if (this.#stream.isClosed) {
      done(); // like TCP after a close: the reader is told, the writer is not
      return;
    }
    this.#stream.write(chunk);
    this.#awaitDrain(done);
  }

  override _writev(chunks: readonly { chunk: Buffer }[], done: Done): void {
    for (const { chunk } of chunks) if (!this.#stream.isClosed) this.#stream.write(chunk);
    this.#awaitDrain(done);
  }

  #awaitDrain(done: Done): void {
    if (this.#stream.isClosed || this.#stream.pendingBytes === 0) done();
    else this.#written = done;
  }

  #settleWrite(): void {
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  override _final(done: Done): void {
    this.#stream.end();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#wantsBytes = false;
    // Once both halves have ended there is nothing to cut off, only last bytes on their way out.
    const isComplete = error === null && this.writableEnded && this.#stream.isReadEnded;
    if (!this.#stream.isClosed && !isComplete) {
      this.#stream.reset(error === null ? 'CANCELLED' : 'BROKEN', error?.message ?? '');
    }
    done(error);
  }

  #stop(reset: StreamReset | undefined): void {
    this.#settleWrite();
    if (reset === undefined) this.#pull();
    else if (!this.destroyed && !this.#isRefused) this.destroy(toStreamError(reset, this.#hop, this.address));
  }

  // What HTTP clients and TLS call on a socket; a tunnel stream needs none of it.

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

const CODES: Readonly<Record<ResetCode, TunnelErrorCode>> = {
  CANCELLED: 'STREAM_RESET',
  REFUSED: 'UNAVAILABLE',
  NOT_ALLOWED: 'NOT_ALLOWED',
  DIAL_FAILED: 'DIAL_FAILED',
  TIMED_OUT: 'TIMEOUT',
  UNTRUSTED: 'UNTRUSTED_CERTIFICATE',
  FLOW_CONTROL: 'OVERLOADED',
  OVERLOADED: 'OVERLOADED',
  BROKEN: 'STREAM_RESET',
  MALFORMED: 'PROTOCOL',
  INTERNAL: 'STREAM_RESET',
  SESSION_LOST: 'LOST',
};

/** A stream's end before its time, as an error that names the hop. `undefined` when this side asked for it. */
export function toStreamError(reset: StreamReset, hop: string, address: string): TunnelError | undefined {
  if (reset.by === 'local' && reset.code === 'CANCELLED') return undefined;
  if (reset.code === 'SESSION_LOST') return new TunnelError('LOST', hop, 'the tunnel went down');
  const text = reset.text === '' ? `ended with ${reset.code}` : reset.text;
  return new TunnelError(CODES[reset.code], `${hop} → ${address}`, text);
}
