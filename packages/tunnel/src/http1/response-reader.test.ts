import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Agent, request } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ResponseReader } from './response-reader.ts';

interface Answer {
  readonly status: number;
  readonly fields: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
  readonly isKept: boolean;
}

/** Reads an answer cut into pieces. @returns what was wrong, as text, when it is refused or not whole */
function read(
  pieces: readonly string[],
  options: { isHead?: boolean; isEnded?: boolean } = {},
): Answer | string {
  const reader = new ResponseReader();
  let head: { status: number; fields: string[]; isKept: boolean } | undefined;
  let trailers: string[] | undefined;
  let body = '';
  const sink = {
    onAnswer: (answer: { status: number; fields: string[]; isKept: boolean }) => (head = answer),
    onBody: (bytes: Uint8Array) => (body += Buffer.from(bytes).toString('latin1')),
    onEnd: (last: string[]) => (trailers = last),
  };
  reader.expect(sink, options.isHead === true);
  try {
    for (const piece of pieces) {
      const bytes = Buffer.from(piece, 'latin1');
      reader.push(bytes);
      bytes.fill('#'); // it is read into again
    }
  } catch (error) {
    return (error as Error).message;
  }
  if (options.isEnded === true) reader.end();
  if (head === undefined || trailers === undefined) return 'not whole';
  return { status: head.status, fields: head.fields, body, trailers, isKept: head.isKept };
}

const cut = (text: string, size: number): string[] => text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];

describe('ResponseReader', () => {
  it.each([
    {
      why: 'a length',
      text: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b \t\r\n\r\nhello',
      want: { body: 'hello', fields: ['Content-Length', '5', 'A', 'b'], isKept: true },
    },
    {
      why: 'chunks, an extension and trailers',
      text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n00002\r\nlo\r\n0\r\nA: b\r\nC: d\r\n\r\n',
      want: { body: 'hello', trailers: ['A', 'b', 'C', 'd'], isKept: true },
    },
    {
      why: 'interim answers before the answer',
      text: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 201 \r\nContent-Length: 0\r\n\r\n',
      want: { status: 201, body: '' },
    },
    { why: 'no reason', text: 'HTTP/1.1 204\r\n\r\n', want: { status: 204, body: '', isKept: true } },
    {
      why: '304 with the length of what it does not send',
      text: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n',
      want: { status: 304, body: '', isKept: true },
    },
    {
      why: 'a server that closes',
      text: 'HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n',
      want: { isKept: false },
    },
    {
      why: 'HTTP/1.0',
      text: 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx',
      want: { isKept: false, body: 'x' },
    },
  ])('reads $why, however it is cut', ({ text, want }) => {
    for (let size = 1; size <= text.length; size += 1) expect(read(cut(text, size))).toMatchObject(want);
  });

  it('reads a body that ends with its connection, and asks for no second answer on it', () => {
    const pieces = ['HTTP/1.1 200 OK\r\n\r\nhel', 'lo'];
    expect(read(pieces)).toBe('not whole');
    expect(read(pieces, { isEnded: true })).toMatchObject({ body: 'hello', isKept: false });
  });

  it('expects no body after HEAD, whatever the length', () => {
    const text = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n';
    expect(read([text], { isHead: true })).toMatchObject({ body: '', isKept: true });
  });

  it.each([
    { why: 'a length and a transfer coding', head: 'Content-Length: 5\r\nTransfer-Encoding: chunked' },
    { why: 'two lengths', head: 'Content-Length: 5\r\nContent-Length: 5' },
    { why: 'a list of lengths', head: 'Content-Length: 5, 5' },
    { why: 'a length with a sign', head: 'Content-Length: +5' },
    { why: 'a length in hexadecimal', head: 'Content-Length: 0x5' },
    { why: 'an empty length', head: 'Content-Length: ' },
    { why: 'a length beyond numbers', head: 'Content-Length: 99999999999999999999' },
    { why: 'two transfer codings', head: 'Transfer-Encoding: gzip, chunked' },
    { why: 'a repeated transfer coding', head: 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked' },
    { why: 'a transfer coding that is not known', head: 'Transfer-Encoding: xchunked' },
    { why: 'a folded line', head: 'A: b\r\n c' },
    { why: 'a space before the colon', head: 'Content-Length : 5' },
    { why: 'a line without a colon', head: 'nonsense' },
    { why: 'an empty name', head: ': x' },
    { why: 'a zero byte in a value', head: 'A: b\0c' },
    { why: 'a carriage return in a value', head: 'A: b\rc' },
    { why: 'a line feed alone between fields', head: 'A: b\nC: d' },
    { why: 'a line feed alone at the end of the head', head: 'A: b\n' },
  ])('refuses $why', ({ head }) => {
    expect(read([`HTTP/1.1 200 OK\r\n${head}\r\n\r\nhello`], { isEnded: true })).toMatch(/makes no sense/);
  });

  it.each([
    { why: 'no answer at all', text: 'SSH-2.0-OpenSSH\r\n\r\n' },
    { why: 'another version', text: 'HTTP/2.0 200 OK\r\n\r\n' },
    { why: 'two digits of a status', text: 'HTTP/1.1 20 OK\r\n\r\n' },
    { why: 'a status beyond 599', text: 'HTTP/1.1 999 OK\r\n\r\n' },
    { why: 'a change of protocol', text: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n' },
    { why: 'chunks in HTTP/1.0', text: 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' },
    { why: 'bytes behind the body', text: 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxy' },
    { why: 'a second answer', text: 'HTTP/1.1 204\r\n\r\nHTTP/1.1 204\r\n\r\n' },
    { why: 'interim answers without end', text: 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(17) },
    { why: 'a head without end', text: `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(140 * 1024)}` },
    { why: 'more fields than anybody sends', text: `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(1025)}\r\n` },
  ])('refuses $why', ({ text }) => {
    expect(read([text])).toMatch(/makes no sense/);
    expect(read(cut(text, 4096))).toMatch(/makes no sense/);
  });

  it.each([
    'g\r\n',
    '-1\r\n',
    '0x1\r\n',
    '\r\n',
    ' 1\r\nx\r\n',
    '1 2\r\nx\r\n',
    '1\nx\r\n',
    '1\r\nxy\r\n',
    '1\r\nx\n0\r\n\r\n',
    '123456789012345\r\n',
    `1;${'x'.repeat(300)}\r\n`,
    '0\r\nA: b\nC: d\r\n\r\n',
    '0\r\n A: b\r\n\r\n',
    '1;\0\r\nx\r\n',
  ])('refuses the chunk %j', (chunk) => {
    expect(read([`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`])).toMatch(/makes no sense/);
  });

  it('holds no more than a head, and not for long', () => {
    const text = `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(100 * 1024)}\r\nContent-Length: 0\r\n\r\n`;
    expect(read(cut(text, 1))).toMatchObject({ status: 200 });
  });
});

const token = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}$/);
const value = fc.stringMatching(
  /^[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]{0,20}[\x21-\x7e\x80-\xff])?$/,
);
const bytes = fc
  .uint8Array({ minLength: 1, maxLength: 40 })
  .map((some) => Buffer.from(some).toString('latin1'));
const names = ['content-length', 'transfer-encoding', 'connection', 'keep-alive'];
const field = fc.tuple(
  token.filter((name) => !names.includes(name.toLowerCase())),
  value,
);

describe('ResponseReader, whatever comes', () => {
  it('gives back what was written, wherever it is cut', () => {
    const answer = fc.record({
      fields: fc.array(field, { maxLength: 6 }),
      chunks: fc.array(bytes, { maxLength: 5 }),
      trailers: fc.array(field, { maxLength: 3 }),
      isChunked: fc.boolean(),
      size: fc.integer({ min: 1, max: 50 }),
    });
    fc.assert(
      fc.property(answer, ({ fields, chunks, trailers, isChunked, size }) => {
        const lines = (some: readonly (readonly [string, string])[]): string =>
          some.map(([name, text]) => `${name}: ${text}\r\n`).join('');
        const body = chunks.join('');
        const framing = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`;
        const text = isChunked
          ? `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n${lines(trailers)}\r\n`
          : body;
        const got = read(cut(`HTTP/1.1 200 OK\r\n${framing}\r\n${lines(fields)}\r\n${text}`, size));
        expect(got).toMatchObject({ body, trailers: isChunked ? trailers.flat() : [] });
        expect((got as Answer).fields.slice(2)).toEqual(fields.flat());
      }),
      { numRuns: 300 },
    );
  });

  it('reads the same however bytes are cut, or refuses them', () => {
    const piece = fc.constantFrom(
      'HTTP/1.1 200 OK\r\n',
      'HTTP/1.0 204 \r\n',
      'Content-Length: 3\r\n',
      'Transfer-Encoding: chunked\r\n',
      '\r\n',
      '\r',
      '\n',
      '3\r\nabc\r\n',
      '0\r\n\r\n',
      'abc',
      'A: b\r\n',
      ' ',
      '\0',
      'Connection: close\r\n',
      'HTTP/1.1 100 \r\n\r\n',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), fc.integer({ min: 1, max: 30 }), (pieces, size) => {
        const text = `HTTP/1.1 200 OK\r\n${pieces.join('')}`;
        expect(read(cut(text, size))).toEqual(read([text]));
      }),
      { numRuns: 2000 },
    );
  });
});

/** What Node's own client makes of an answer; `undefined` when it refuses it. */
async function askNode(text: string): Promise<Pick<Answer, 'body' | 'status'> | undefined> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(text, 'latin1'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent = new Agent({ keepAlive: false });
  onTestFinished(() => void server.close());
  try {
    return await new Promise((resolve) => {
      const { port } = server.address() as AddressInfo;
      const asked = request({ host: '127.0.0.1', port, agent, insecureHTTPParser: false }, (answer) => {
        let body = '';
        answer.setEncoding('latin1');
        answer.on('data', (chunk: string) => (body += chunk));
        answer.on('error', () => resolve(undefined));
        answer.on('end', () =>
          resolve(answer.complete ? { status: answer.statusCode ?? 0, body } : undefined),
        );
      });
      asked.on('error', () => resolve(undefined));
      asked.on('upgrade', (_answer, socket) => {
        socket.destroy();
        resolve(undefined);
      });
      asked.end();
    });
  } finally {
    server.close();
    agent.destroy();
  }
}

describe('ResponseReader beside the parser of Node', () => {
  it('takes nothing that Node refuses, and reads nothing else than Node does', async () => {
    const line = fc.constantFrom(
      'Content-Length: 3',
      'Content-Length: 3',
      'content-length: 03',
      'Content-Length: 3,3',
      'Content-Length: -3',
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: CHUNKED',
      'Transfer-Encoding: gzip',
      'Transfer-Encoding:chunked ',
      'A: b',
      'A : b',
      ' folded',
      'A:',
      'nothing',
      'A: b\0',
      'A: b\rc',
      'Connection: close',
      '\x80: x',
      'B: \xff',
    );
    const body = fc.constantFrom(
      'abc',
      '3\r\nabc\r\n0\r\n\r\n',
      '3;x\r\nabc\r\n0\r\nT: u\r\n\r\n',
      '3\nabc\r\n0\r\n\r\n',
      '03\r\nabc\r\n0\r\n\r\n',
      'abcd',
      '',
      'zz\r\n',
      '3 \r\nabc\r\n0\r\n\r\n',
      '3\r\nabcd\r\n0\r\n\r\n',
    );
    const status = fc.constantFrom(
      'HTTP/1.1 200 OK',
      'HTTP/1.1 200',
      'HTTP/1.1 204 No',
      'HTTP/1.1 304 x',
      'HTTP/1.0 200 OK',
      'HTTP/1.1 2000 OK',
      'HTTP/1.1  200 OK',
      'HTTP/1.2 200 OK',
      'http/1.1 200 OK',
    );
    const end = fc.constantFrom('\r\n', '\r\n', '\r\n', '\n');
    await fc.assert(
      fc.asyncProperty(
        status,
        fc.array(line, { maxLength: 3 }),
        end,
        body,
        async (first, lines, last, rest) => {
          const text = `${[first, ...lines].join('\r\n')}\r\n${last}${rest}`;
          const own = read([text], { isEnded: true });
          if (typeof own === 'string') return; // to refuse more is allowed
          const node = await askNode(text);
          expect(node, JSON.stringify(text)).toEqual({ status: own.status, body: own.body });
        },
      ),
      { numRuns: 400 },
    );
  });
});
