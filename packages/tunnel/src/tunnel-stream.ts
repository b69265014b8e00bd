import { Duplex } from 'node:stream';
import { EOF_TEXT } from '@clusternet/tunnel-protocol';
import type { ProtocolStream, ResetCode, StreamEnd } from '@clusternet/tunnel-protocol';
import { TunnelError } from './errors.ts';
import type { TunnelByteStream } from './tunnel-session.ts';

const READ_BYTES = 64 * 1024;
const WRITE_BYTES = 128 * 1024;

type Done = (error?: Error | null) => void;

/**
 * One stream of a tunnel as a Node Duplex with real back-pressure: bytes that nobody reads make the far end
 * pause, and `write` says when the tunnel has had enough.
 *
 * Version 1 has no half-close. `end()` sends what was written and then closes both directions; what had arrived
 * until then can still be read. An orderly end by the peer is `end`; anything else destroys the stream with a
 * {@link TunnelError} once what had arrived is read.
 */
export class TunnelStream extends Duplex implements TunnelByteStream {
  readonly #stream: ProtocolStream;
  readonly #hop: string;
  #wantsBytes = false;
  #written: Done | undefined;
  #finished: Done | undefined;
  #end: StreamEnd | undefined;

  constructor(stream: ProtocolStream, hop: string, isHeld = false) {
    super({
      readableHighWaterMark: READ_BYTES,
      writableHighWaterMark: WRITE_BYTES,
      allowHalfOpen: isHeld,
      autoDestroy: !isHeld,
    });
    this.#stream = stream;
    this.#hop = hop;
    stream.bind({
      onReadable: () => this.#pull(),
      onDrain: () => this.#settleWrite(),
      onEnd: (end) => this.#stop(end),
    });
  }

  /** `tcp`, or what the peer asked for. */
  get network(): string {
    return this.#stream.network;
  }

  /** `host:port` at the far end. */
  get address(): string {
    return this.#stream.address;
  }

  acknowledge(): void {} // version 1 has no word for it

  refuse(_code: ResetCode, text: string): void {
    this.destroy(new Error(text));
  }

  override _read(): void {
    this.#wantsBytes = true;
    this.#pull();
  }

  #pull(): void {
    while (this.#wantsBytes) {
      const bytes = this.#stream.read();
      if (bytes === undefined) {
        this.#finishReading();
        return;
      }
      this.#wantsBytes = this.push(bytes);
    }
  }

  #finishReading(): void {
    if (this.#end === undefined || this.#stream.bufferedBytes > 0) return;
    const error = toStreamError(this.#end, this.#hop, this.#stream);
    if (error === undefined) this.push(null);
    else this.destroy(error);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    // The peer is gone: like TCP after a close, the reader is told, the writer is not.
    if (this.#end !== undefined) {
      done();
      return;
    }
    this.#stream.write(chunk);
    this.#awaitDrain(done);
  }

  override _writev(chunks: readonly { chunk: Buffer }[], done: Done): void {
    for (const { chunk } of chunks) if (this.#end === undefined) this.#stream.write(chunk);
    this.#awaitDrain(done);
  }

  #awaitDrain(done: Done): void {
    if (this.#end !== undefined || this.#stream.pendingBytes === 0) done();
    else this.#written = done;
  }

  #settleWrite(): void {
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  override _final(done: Done): void {
    if (this.#end !== undefined) {
      done();
      return;
    }
    this.#finished = done;
    this.#stream.end();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#wantsBytes = false;
    // What waits for a write or an end must not wait for ever.
    this.#stream.abort(error === null ? EOF_TEXT : error.message);
    done(error);
  }

  #stop(end: StreamEnd): void {
    this.#end = end;
    this.#settleWrite();
    this.#finished?.();
    this.#finished = undefined;
    if (this.destroyed) return;
    if (this.#wantsBytes || this.#stream.bufferedBytes === 0) this.#finishReading();
    if (this.#wantsBytes) this.#pull();
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

function toStreamError(end: StreamEnd, hop: string, stream: ProtocolStream): TunnelError | undefined {
  if (end.by === 'local' || (end.by === 'peer' && end.text === EOF_TEXT)) return undefined;
  const where = `${hop} → ${stream.address}`;
  if (end.by === 'session') return new TunnelError('LOST', hop, 'the tunnel went down');
  if (end.by === 'limit') return new TunnelError('OVERLOADED', where, end.text);
  return new TunnelError(end.text.startsWith('dial') ? 'DIAL_FAILED' : 'STREAM_RESET', where, end.text);
}
