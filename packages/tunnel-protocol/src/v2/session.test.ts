import { describe, expect, it } from 'vitest';
import { bytesOf, CONNECT, createPair, GET, watch } from './session.fixture.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const block = (sizeBytes: number): Uint8Array => new Uint8Array(sizeBytes);

describe('requests', () => {
  it('go out with their head, come back with an answer, a body and trailers', () => {
    const pair = createPair();
    const asked = watch(pair.hub.session.open(GET, { isEnd: true, serviceClass: 'watch' }));
    pair.settle();
    const [served] = pair.agent.served;
    expect(served?.stream).toMatchObject({ head: GET, serviceClass: 'watch', isReadEnded: true });
    served?.stream.respond({ status: 200, fields: ['content-type', 'text/plain', 'a', '1', 'a', '2'] });
    served?.stream.write(bytesOf('hello'));
    served?.stream.end(['x-sum', '42']);
    pair.settle();
    expect(asked.heads).toEqual([
      { status: 200, fields: ['content-type', 'text/plain', 'a', '1', 'a', '2'] },
    ]);
    expect(asked.readAll()).toBe('hello');
    expect([asked.stream.isReadEnded, asked.stream.trailers]).toEqual([true, ['x-sum', '42']]);
    expect([asked.resets, served?.resets]).toEqual([[undefined], [undefined]]);
    expect([pair.hub.session.streams, pair.agent.session.streams]).toEqual([0, 0]);
  });

  it('end in one turn when the answer has no body', () => {
    const pair = createPair();
    const asked = watch(pair.hub.session.open(GET, { isEnd: true }));
    pair.settle();
    pair.agent.served[0]?.stream.respond({ status: 204, fields: [] }, true);
    pair.settle();
    expect([asked.heads, asked.stream.isReadEnded, asked.resets]).toEqual([
      [{ status: 204, fields: [] }],
      true,
      [undefined],
    ]);
  });

  it('bring bodies: what is written before the target answers waits for credit', () => {
    const pair = createPair();
    const asked = watch(pair.hub.session.open({ ...GET, method: 'POST' }));
    asked.stream.write(block(100 * KIB));
    asked.stream.end();
    pair.settle();
    const [served] = pair.agent.served;
    expect(served?.stream.bufferedBytes).toBe(32 * KIB);
    expect(pair.hub.session.creditStalls).toBe(1);
    let readBytes = 0;
    for (let turn = 0; turn < 10; turn += 1) {
      readBytes += served?.readAll().length ?? 0;
      pair.settle();
    }
    expect([readBytes, served?.stream.isReadEnded, asked.drains]).toEqual([100 * KIB, true, 1]);
  });

  it('are told from bytes that come before the answer', () => {
    const pair = createPair();
    const asked = watch(pair.hub.session.open(GET, { isEnd: true }));
    pair.settle();
    pair.agent.served[0]?.stream.write(bytesOf('early'));
    pair.settle();
    expect(asked.resets[0]).toMatchObject({ by: 'local', code: 'MALFORMED' });
    expect(pair.agent.served[0]?.resets[0]).toMatchObject({ by: 'peer', code: 'MALFORMED' });
  });

  it.each([
    { why: 'a zero byte', head: { ...GET, path: '/a\0b' }, want: 'INVALID_FIELD' },
    { why: 'a character that is no byte', head: { ...GET, fields: ['a', '漢'] }, want: 'INVALID_FIELD' },
    { why: 'a head of 200 kB', head: { ...GET, path: 'x'.repeat(200_000) }, want: 'HEAD_TOO_LARGE' },
  ])('with $why are refused at once, and leave nothing behind', ({ head, want }) => {
    const pair = createPair();
    expect(() => pair.hub.session.open(head)).toThrow(expect.objectContaining({ code: want }) as Error);
    expect([pair.hub.session.streams, pair.hub.session.reservedBytes]).toEqual([0, 0]);
  });
});

describe('connects', () => {
  it('are acknowledged, and each half ends by itself', () => {
    const pair = createPair();
    const asked = watch(pair.hub.session.open(CONNECT));
    asked.stream.write(bytesOf('syn'));
    pair.settle();
    const [served] = pair.agent.served;
    expect([served?.stream.head, served?.readAll(), asked.heads]).toEqual([CONNECT, 'syn', []]);
    served?.stream.connected();
    asked.stream.end();
    pair.settle();
    expect([asked.heads, served?.stream.isReadEnded, served?.resets]).toEqual([[undefined], true, []]);
    served?.stream.write(bytesOf('more'));
    served?.stream.end();
    pair.settle();
    expect([asked.readAll(), asked.resets, served?.resets]).toEqual(['more', [undefined], [undefined]]);
  });

  it('that fail say why, with a code', () => {
    const pair = createPair();
    const asked = watch(pair.hub.session.open(CONNECT));
    pair.settle();
    pair.agent.served[0]?.stream.reset('DIAL_FAILED', 'connect ECONNREFUSED 10.96.0.1:443 — ü');
    pair.settle();
    expect(asked.resets).toEqual([
      { by: 'peer', code: 'DIAL_FAILED', text: 'connect ECONNREFUSED 10.96.0.1:443 — ü' },
    ]);
    expect(() => asked.stream.write(bytesOf('x'))).toThrow('closed');
    asked.stream.reset('CANCELLED');
    asked.stream.end();
    expect([pair.move(), asked.resets.length]).toEqual([0, 1]);
  });
});

describe('streams', () => {
  it('that are cancelled before they went out were never there', () => {
    const pair = createPair();
    pair.settle();
    watch(pair.hub.session.open(GET)).stream.reset('CANCELLED');
    expect([pair.move(), pair.agent.served, pair.hub.session.reservedBytes]).toEqual([0, [], 0]);
  });

  it('of a hub are refused by a side that serves none, and the session goes on', () => {
    const pair = createPair();
    const asked = watch(pair.agent.session.open(CONNECT));
    pair.settle();
    expect(asked.resets[0]).toMatchObject({ by: 'peer', code: 'NOT_ALLOWED' });
    expect([pair.hub.closes, pair.agent.closes]).toEqual([[], []]);
  });

  it('beyond the limit are refused: REFUSED may be repeated elsewhere', () => {
    const pair = createPair({ agent: { limits: { maxStreams: 1 } } });
    const asked = [1, 2].map(() => watch(pair.hub.session.open(GET)));
    pair.settle();
    expect(asked.map(({ resets }) => resets[0]?.code)).toEqual([undefined, 'REFUSED']);
    const small = createPair({ hub: { limits: { maxStreams: 1 } } });
    small.hub.session.open(GET);
    expect(() => small.hub.session.open(GET)).toThrow('1 streams');
  });

  it('of a peer that sends beyond its credit end, and no other', () => {
    const pair = createPair({ hub: { limits: { initialWindowBytes: 16 * KIB } } });
    const asked = [1, 2].map(() => watch(pair.hub.session.open(GET, { isEnd: true })));
    pair.settle();
    for (const { stream } of pair.agent.served) stream.respond({ status: 200, fields: [] });
    pair.settle();
    // Forged: 17 KiB of data on the first stream, whatever its credit.
    const forged = new Uint8Array(9 + 17 * KIB);
    forged.set([0, 17 * 4, 0, 0, 0, 0, 0, 0, 2]);
    pair.hub.session.receive(forged);
    expect(asked.map(({ resets }) => resets[0]?.code)).toEqual(['FLOW_CONTROL', undefined]);
    pair.settle();
    expect(pair.agent.served[0]?.resets[0]?.code).toBe('FLOW_CONTROL');
    expect(pair.hub.closes).toEqual([]);
  });

  it('do not wait for the readers of others', () => {
    const pair = createPair({ hub: { limits: { sessionBudgetBytes: MIB } } });
    const asked = Array.from({ length: 50 }, () => watch(pair.hub.session.open(GET, { isEnd: true })));
    pair.settle();
    for (const { stream } of pair.agent.served) {
      stream.respond({ status: 200, fields: [] });
      stream.write(block(2 * MIB));
    }
    pair.settle();
    expect(pair.hub.session.reservedBytes).toBeLessThanOrEqual(MIB + 50 * 16 * KIB);
    let readBytes = 0;
    for (let turn = 0; turn < 1000 && readBytes < 2 * MIB; turn += 1) {
      readBytes += asked[49]?.readAll().length ?? 0;
      pair.settle();
    }
    expect(readBytes).toBe(2 * MIB);
  });
});

describe('order', () => {
  it('puts interactive before bulk, and starves nobody', () => {
    const pair = createPair();
    const open = (serviceClass: 'bulk' | 'interactive') => {
      watch(pair.hub.session.open(GET, { isEnd: true, serviceClass }));
    };
    for (const serviceClass of ['bulk', 'interactive', 'interactive'] as const) open(serviceClass);
    pair.settle();
    for (const { stream } of pair.agent.served) {
      stream.respond({ status: 200, fields: [] });
      stream.write(block(192 * KIB));
    }
    const order: number[] = [];
    for (let turn = 0; turn < 18; turn += 1) {
      const bytes = Buffer.concat(pair.agent.session.pull(1));
      // Data frames of 32 KiB; the first of each stream comes behind the answer's head.
      const at = bytes.length > 32 * KIB + 9 ? bytes.length - 32 * KIB - 9 : 0;
      order.push(bytes[at + 8] ?? 0);
    }
    // The bulk stream was opened first, but told of last: it is 6.
    expect(order.slice(0, 4)).toEqual([2, 4, 2, 4]);
    expect(order.indexOf(6)).toBe(9);
    expect(order.filter((id) => id === 6)).toHaveLength(6);
  });

  it('treats a stream that sends much within a second as bulk', () => {
    const pair = createPair();
    const big = watch(pair.hub.session.open(GET, { isEnd: true }));
    pair.settle();
    pair.agent.session.tick(5000);
    const served = pair.agent.served[0]!.stream;
    served.respond({ status: 200, fields: [] });
    served.write(block(MIB));
    for (let turn = 0; turn < 20; turn += 1) {
      pair.settle();
      big.readAll();
    }
    served.write(block(64 * KIB));
    expect(pair.agent.served[0]?.stream).toMatchObject({ sendClass: 'bulk' });
    pair.agent.session.tick(6000);
    expect(pair.agent.served[0]?.stream).toMatchObject({ sendClass: 'interactive' });
  });
});

describe('sessions', () => {
  it('tell each other who they are', () => {
    const pair = createPair();
    pair.settle();
    expect(pair.hub.session.peer).toEqual({ targets: ['apiserver'], software: 'test', isEndToEnd: false });
  });

  it('answer pings, the newest when many come', () => {
    const pair = createPair();
    pair.hub.session.ping(7);
    pair.hub.session.ping(4_000_000_000);
    pair.settle();
    expect(pair.hub.pongs).toEqual([4_000_000_000]);
  });

  it('drain: what is open goes on, nothing new begins', () => {
    const pair = createPair();
    const open = watch(pair.hub.session.open(GET, { isEnd: true }));
    pair.settle();
    pair.agent.session.drain('restart');
    const late = watch(pair.hub.session.open(GET, { isEnd: true }));
    pair.settle();
    expect([pair.hub.goAways, late.resets[0]?.code]).toEqual([['restart'], 'REFUSED']);
    expect(() => pair.hub.session.open(GET)).toThrow(
      expect.objectContaining({ code: 'SESSION_DRAINING' }) as Error,
    );
    pair.agent.served[0]?.stream.respond({ status: 200, fields: [] }, true);
    pair.settle();
    expect(open.resets).toEqual([undefined]);
  });

  it('take along, when they close, also the streams that the peer has not heard of', () => {
    const pair = createPair();
    const open = watch(pair.hub.session.open(GET));
    pair.hub.session.receive(new Uint8Array([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 2]));
    expect([open.resets[0]?.code, pair.hub.closes, pair.hub.session.reservedBytes]).toEqual([
      'SESSION_LOST',
      ['FRAME_TOO_LARGE'],
      0,
    ]);
    expect(pair.hub.session.streams).toBe(0);
  });

  it('take no word twice of a peer that drains, nor a head beyond 128 KiB', () => {
    const pair = createPair();
    const goAway = Uint8Array.of(0, 0, 1, 9, 0, 0, 0, 0, 0, 97);
    for (let count = 0; count < 3; count += 1) pair.hub.session.receive(goAway);
    expect(pair.hub.goAways).toEqual(['a']);
    pair.hub.session.receive(Uint8Array.of(2, 0, 1, 3, 0, 0, 0, 0, 2));
    pair.hub.session.receive(new Uint8Array(128 * KIB + 1));
    expect(pair.hub.closes).toEqual(['FRAME_TOO_LARGE']);
  });

  it.each([
    { why: 'a status', head: { status: 999, fields: [] } },
    { why: 'a name', head: { status: 200, fields: ['x y', ''] } },
    { why: 'a line end', head: { status: 200, fields: ['x', 'a\r\nb: c'] } },
  ])('send no answer with $why that HTTP does not have', ({ head }) => {
    const pair = createPair();
    watch(pair.hub.session.open(GET, { isEnd: true }));
    pair.settle();
    const served = pair.agent.served[0]!.stream;
    expect(() => served.respond(head)).toThrow(expect.objectContaining({ code: 'INVALID_FIELD' }) as Error);
    served.respond({ status: 200, fields: [] });
    expect(() => served.end(['x y', ''])).toThrow(
      expect.objectContaining({ code: 'INVALID_FIELD' }) as Error,
    );
    served.end(['x-sum', '1']);
    pair.settle();
    expect([pair.hub.closes, pair.agent.session.streams]).toEqual([[], 0]);
  });

  it('take their streams along when they close', () => {
    const pair = createPair();
    const open = watch(pair.hub.session.open(GET));
    pair.settle();
    pair.hub.session.close();
    pair.hub.session.close();
    expect([open.resets[0]?.code, pair.hub.closes, pair.hub.session.reservedBytes]).toEqual([
      'SESSION_LOST',
      [undefined],
      0,
    ]);
    expect(() => pair.hub.session.open(GET)).toThrow('closed');
  });

  it.each([
    {
      why: 'an announced payload of 16 MiB',
      bytes: [0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 2],
      want: 'FRAME_TOO_LARGE',
    },
    {
      why: 'a stream opened twice',
      bytes: [0, 0, 7, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 97, 0, 98],
      want: 'MALFORMED_FRAME',
    },
    {
      why: 'a stream with an id of ours',
      bytes: [0, 0, 7, 4, 0, 0, 0, 0, 3, 0, 0, 0, 0, 97, 0, 98],
      want: 'MALFORMED_FRAME',
    },
    {
      why: 'a request without a path',
      bytes: [0, 0, 5, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 97],
      want: 'MALFORMED_FRAME',
    },
    {
      why: 'a connect without an address',
      bytes: [0, 0, 5, 4, 0, 0, 0, 0, 2, 0, 0, 0, 0, 97],
      want: 'MALFORMED_FRAME',
    },
    { why: 'a ping of two bytes', bytes: [0, 0, 2, 8, 0, 0, 0, 0, 0, 1, 2], want: 'MALFORMED_FRAME' },
    { why: 'a hello that is not JSON', bytes: [0, 0, 1, 10, 0, 0, 0, 0, 0, 123], want: 'MALFORMED_FRAME' },
  ])('end at $why', ({ bytes, want }) => {
    const pair = createPair();
    pair.agent.session.receive(new Uint8Array(bytes));
    expect(pair.agent.closes).toEqual([want]);
    pair.agent.session.receive(new Uint8Array(bytes));
    expect(pair.agent.closes).toEqual([want]);
  });

  it('end at credit beyond 32 bits', () => {
    const pair = createPair();
    watch(pair.hub.session.open(GET));
    pair.settle();
    pair.hub.session.receive(Uint8Array.of(0, 0, 4, 7, 0, 0, 0, 0, 2, 255, 255, 255, 255));
    expect(pair.hub.closes).toEqual(['CREDIT_OVERFLOW']);
  });

  it('end when a peer makes them answer and never reads', () => {
    const pair = createPair({ agent: { limits: { maxControlBytes: 10_000, maxStreams: 1 } } });
    for (let id = 2; id < 2000 && pair.agent.closes.length === 0; id += 2) {
      pair.agent.session.receive(
        Uint8Array.of(0, 0, 7, 4, 0, 0, 0, id >> 8, id & 255, 0, 0, 0, 0, 97, 0, 98),
      );
    }
    expect(pair.agent.closes).toEqual(['SESSION_OVERLOADED']);
  });

  it('ignore frames of later versions, and of streams that are over', () => {
    const pair = createPair();
    pair.hub.session.receive(
      Uint8Array.of(0, 0, 1, 99, 0, 0, 0, 0, 2, 1, 0, 0, 4, 7, 0, 0, 0, 0, 8, 0, 0, 0, 1),
    );
    pair.hub.session.receive(Uint8Array.of(0, 0, 1, 0, 1, 0, 0, 0, 8, 65));
    expect(pair.hub.closes).toEqual([]);
  });
});
