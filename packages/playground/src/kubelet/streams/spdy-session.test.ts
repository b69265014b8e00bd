import { duplexPair } from 'node:stream';
import { constants, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createHeaderDictionary } from './spdy-dictionary.ts';
import {
  createFrameReader,
  FLAG_FIN,
  FRAME,
  formatControlFrame,
  formatDataFrame,
  formatWords,
} from './spdy-frames.ts';
import type { SpdyFrame } from './spdy-frames.ts';
import { startSpdySession } from './spdy-session.ts';

function formatHeaders(headers: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(headers);
  const block = Buffer.concat([
    formatWords(entries.length),
    ...entries.flat().flatMap((text) => [formatWords(text.length), Buffer.from(text)]),
  ]);
  return deflateSync(block, { dictionary: createHeaderDictionary(), finishFlush: constants.Z_SYNC_FLUSH });
}

function openStream(id: number, headers: Readonly<Record<string, string>>): Buffer {
  return formatControlFrame(
    FRAME.synStream,
    Buffer.concat([formatWords(id, 0), Buffer.alloc(2), formatHeaders(headers)]),
  );
}

/** A client's end of a session whose streams say back what they are told. */
function connect(): {
  send: (bytes: Buffer) => void;
  frame: (isWanted: (frame: SpdyFrame) => boolean) => Promise<SpdyFrame>;
  closed: Promise<void>;
} {
  const [client, server] = duplexPair();
  startSpdySession(server, ({ headers, duplex }) => {
    duplex.write(`${headers.get('streamtype') ?? ''}:`);
    duplex.pipe(duplex);
  });
  const reader = createFrameReader();
  const seen: SpdyFrame[] = [];
  let check = (): void => undefined;
  client.on('data', (chunk: Buffer) => {
    seen.push(...reader.feed(chunk));
    check();
  });
  return {
    send: (bytes) => void client.write(bytes),
    frame: (isWanted) =>
      new Promise((resolve) => {
        check = () => {
          const found = seen.find(isWanted);
          if (found !== undefined) resolve(found);
        };
        check();
      }),
    closed: new Promise((resolve) => {
      client.once('close', resolve);
      client.once('end', () => resolve());
      server.once('close', () => resolve());
    }),
  };
}

describe('startSpdySession', () => {
  it('accepts a stream, reads its headers and passes data both ways to its end', async () => {
    const { send, frame } = connect();
    send(openStream(1, { StreamType: 'stdin' }));
    await frame((item) => item.kind === 'control' && item.type === FRAME.synReply);
    const first = await frame((item) => item.kind === 'data');
    expect(first.body.toString()).toBe('stdin:');
    send(formatDataFrame(1, Buffer.from('hello'), true));
    await frame((item) => item.kind === 'data' && item.body.toString() === 'hello');
    const last = await frame((item) => item.kind === 'data' && (item.flags & FLAG_FIN) !== 0);
    expect(last).toMatchObject({ streamId: 1 });
  });

  it('answers pings', async () => {
    const { send, frame } = connect();
    send(formatControlFrame(FRAME.ping, formatWords(7)));
    const answer = await frame((item) => item.kind === 'control' && item.type === FRAME.ping);
    expect(answer.body.readUInt32BE(0)).toBe(7);
  });

  it('ends on headers that are damaged', async () => {
    const { send, closed } = connect();
    send(formatControlFrame(FRAME.synStream, Buffer.alloc(40, 0xff)));
    await closed;
  });
});

describe('createFrameReader', () => {
  it('puts frames together that come byte by byte', () => {
    const reader = createFrameReader();
    const frames = [...formatDataFrame(3, Buffer.from('ab'))].flatMap((byte) =>
      reader.feed(Buffer.from([byte])),
    );
    expect(frames).toEqual([{ kind: 'data', streamId: 3, flags: 0, body: Buffer.from('ab') }]);
  });
});
