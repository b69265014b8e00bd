import { constants, createInflate } from 'node:zlib';
import { createHeaderDictionary } from './spdy-dictionary.ts';

/** Types of control frames that matter to streams. */
export const FRAME = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7 } as const;
export const FLAG_FIN = 1;

/** A frame as it came: a control frame has a `type`, a data frame a `streamId`. */
export type SpdyFrame =
  | { readonly kind: 'control'; readonly type: number; readonly flags: number; readonly body: Buffer }
  | { readonly kind: 'data'; readonly streamId: number; readonly flags: number; readonly body: Buffer };

const HEAD_BYTES = 8;
const MAX_HEADERS_BYTES = 64 * 1024;

/** Cuts bytes into frames; keeps what is not whole. `feed` returns the frames that became whole. */
export function createFrameReader(): { feed(chunk: Buffer): SpdyFrame[] } {
  let rest: Buffer = Buffer.alloc(0);
  return {
    feed(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const frames: SpdyFrame[] = [];
      let at = 0;
      while (rest.length - at >= HEAD_BYTES) {
        const end = at + HEAD_BYTES + rest.readUIntBE(at + 5, 3);
        if (rest.length < end) break;
        const word = rest.readUInt32BE(at);
        const flags = rest.readUInt8(at + 4);
        const body = rest.subarray(at + HEAD_BYTES, end);
        frames.push(
          word >= 0x8000_0000
            ? { kind: 'control', type: word & 0xffff, flags, body }
            : { kind: 'data', streamId: word, flags, body },
        );
        at = end;
      }
      rest = rest.subarray(at);
      return frames;
    },
  };
}

export function formatControlFrame(type: number, body: Buffer, flags = 0): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt16BE(0x8003, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(body.length, 5, 3);
  return Buffer.concat([head, body]);
}

export function formatDataFrame(streamId: number, body: Buffer, isLast = false): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(streamId, 0);
  head.writeUInt8(isLast ? FLAG_FIN : 0, 4);
  head.writeUIntBE(body.length, 5, 3);
  return Buffer.concat([head, body]);
}

/** Numbers of 32 bits, one after the other. */
export function formatWords(...words: readonly number[]): Buffer {
  const bytes = Buffer.alloc(words.length * 4);
  for (const [index, word] of words.entries()) bytes.writeUInt32BE(word >>> 0, index * 4);
  return bytes;
}

/** Reads header blocks, which share one compression state for the life of a session. */
export interface HeaderReader extends Disposable {
  /** @throws when the block is damaged or unpacks to more than 64 KiB */
  read(block: Buffer): Promise<ReadonlyMap<string, string>>;
}

export function createHeaderReader(): HeaderReader {
  const inflate = createInflate({ dictionary: createHeaderDictionary(), flush: constants.Z_SYNC_FLUSH });
  let chunks: Buffer[] = [];
  let sizeBytes = 0;
  inflate.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_HEADERS_BYTES) inflate.destroy(new Error('a header block is too large'));
    else chunks.push(chunk);
  });
  return {
    read: (block) =>
      new Promise((resolve, reject) => {
        chunks = [];
        sizeBytes = 0;
        const fail = (error: Error): void => reject(error);
        inflate.once('error', fail);
        inflate.write(block, (error) => {
          // Output is handed over before the callback of the write that made it.
          inflate.off('error', fail);
          if (error) reject(error);
          else resolve(parseHeaderBlock(Buffer.concat(chunks)));
        });
      }),
    [Symbol.dispose]: () => {
      inflate.on('error', () => undefined); // of bytes that nobody waits for any more
      inflate.destroy();
    },
  };
}

function parseHeaderBlock(block: Buffer): Map<string, string> {
  const headers = new Map<string, string>();
  let at = 4;
  const readText = (): string => {
    const end = at + 4 + block.readUInt32BE(at);
    const text = block.toString('latin1', at + 4, end);
    at = end;
    return text;
  };
  for (let left = block.readUInt32BE(0); left > 0; left -= 1)
    headers.set(readText().toLowerCase(), readText());
  return headers;
}

/**
 * Writes blocks without headers, stored and not compressed: a zlib stream of which each block ends with the empty
 * block that makes readers hand out what they have.
 */
export function createEmptyHeaderWriter(): () => Buffer {
  let isFirst = true;
  return () => {
    const head = isFirst ? [0x78, 0x01] : [];
    isFirst = false;
    return Buffer.from([...head, 0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);
  };
}
