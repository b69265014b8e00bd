import { Duplex } from 'node:stream';
import { noop } from './noop.ts';
import {
  createEmptyHeaderWriter,
  createFrameReader,
  createHeaderReader,
  FLAG_FIN,
  FRAME,
  formatControlFrame,
  formatDataFrame,
  formatWords,
} from './spdy-frames.ts';
import type { SpdyFrame } from './spdy-frames.ts';

/** A stream that the other side opened. */
export interface SpdyStream {
  readonly id: number;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly duplex: Duplex;
}

const MAX_STREAMS = 1000;
const CANCEL = 5;

/**
 * Serves SPDY/3.1 over `transport` as kubelets do: streams that the client opens, each accepted; no flow control
 * (clients of Kubernetes have none either). What a stream does not take holds the whole session up.
 *
 * @returns how to end it: after what was written is out, the transport closes
 */
export function startSpdySession(
  transport: Duplex,
  onStream: (stream: SpdyStream) => void,
): { readonly end: () => void } {
  const reader = createFrameReader();
  const headers = createHeaderReader();
  const writeEmptyHeaders = createEmptyHeaderWriter();
  const streams = new Map<
    number,
    { readonly duplex: Duplex; readonly push: (chunk: Buffer | null) => void }
  >();
  let held = 0;

  const open = (id: number, given: ReadonlyMap<string, string>, isEnded: boolean): void => {
    let isHeld = false;
    const duplex = new Duplex({
      allowHalfOpen: true,
      read: () => {
        if (!isHeld) return;
        isHeld = false;
        held -= 1;
        if (held === 0) transport.resume();
      },
      write: (chunk: Buffer, _encoding, done) => writeData(id, chunk, false, done),
      final: (done) => writeData(id, Buffer.alloc(0), true, done),
      destroy: (error, done) => {
        streams.delete(id);
        if (isHeld) held -= 1;
        if (held === 0) transport.resume();
        if (transport.writable && !duplex.writableFinished)
          transport.write(formatControlFrame(FRAME.rstStream, formatWords(id, CANCEL)));
        done(error);
      },
    });
    duplex.on('error', noop); // a stream that fails ends; its user listens for that
    const push = (chunk: Buffer | null): void => {
      if (duplex.push(chunk) || chunk === null || isHeld) return;
      isHeld = true;
      held += 1;
      transport.pause();
    };
    streams.set(id, { duplex, push });
    transport.write(
      formatControlFrame(FRAME.synReply, Buffer.concat([formatWords(id), writeEmptyHeaders()])),
    );
    onStream({ id, headers: given, duplex });
    if (isEnded) push(null);
  };

  const writeData = (
    id: number,
    chunk: Buffer,
    isLast: boolean,
    done: (error?: Error | null) => void,
  ): void => {
    if (!transport.writable) done(new Error('the connection is closed'));
    else transport.write(formatDataFrame(id, chunk, isLast), done);
  };

  const take = async (frame: SpdyFrame): Promise<void> => {
    if (frame.kind === 'data') {
      const stream = streams.get(frame.streamId);
      if (frame.body.length > 0) stream?.push(frame.body);
      if ((frame.flags & FLAG_FIN) !== 0) stream?.push(null);
      return;
    }
    switch (frame.type) {
      case FRAME.synStream: {
        const id = frame.body.readUInt32BE(0) & 0x7fff_ffff;
        const given = await headers.read(frame.body.subarray(10));
        if (streams.size >= MAX_STREAMS) throw new Error('too many streams');
        open(id, given, (frame.flags & FLAG_FIN) !== 0);
        break;
      }
      case FRAME.rstStream:
        streams.get(frame.body.readUInt32BE(0) & 0x7fff_ffff)?.duplex.destroy();
        break;
      case FRAME.ping:
        transport.write(formatControlFrame(FRAME.ping, frame.body));
        break;
      case FRAME.goAway:
        break; // it opens no more streams; those that are there go on
    }
  };

  // One after the other: header blocks have to be read in order, and reading them takes turns of the loop.
  let last: Promise<void> = Promise.resolve();
  transport.on('data', (chunk: Buffer) => {
    last = last.then(async () => {
      try {
        for (const frame of reader.feed(chunk)) await take(frame);
      } catch {
        transport.destroy(); // not SPDY, or more than we take: there is nobody to tell
      }
    });
  });
  transport.once('end', () => transport.end());
  transport.once('close', () => {
    headers[Symbol.dispose]();
    for (const { duplex } of [...streams.values()]) duplex.destroy();
  });
  return { end: () => transport.end() };
}
