import { describe, expect, it } from 'vitest';
import { encodeFrame } from './encode-frame.ts';
import { createProtocolSession } from './session.ts';
import { createRig, data, watchStream } from './session.fixture.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const block = (sizeBytes: number): Uint8Array => new Uint8Array(sizeBytes);
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

describe('accepting side', () => {
  it('opens streams from id 2 and never uses one twice', () => {
    const rig = createRig();
    rig.session.open('tcp', 'a:1').abort();
    rig.session.open('tcp', 'b:2');
    expect(rig.take()).toEqual(['connect 2 tcp/a:1', 'error 2 EOF', 'connect 3 tcp/b:2']);
  });

  it('tells a sender of data for an unknown stream who does not know it', () => {
    const rig = createRig({ clientKey: 'c', sessionKey: '7' });
    rig.receive(data(77, 'x'), { kind: 'error', conn: 77, text: 'y' }, { kind: 'pause', conn: 77 });
    rig.receive({ kind: 'resume', conn: 77 });
    expect(rig.take()).toEqual(['error 77 connection not found c/7/77']);
  });

  it('ignores types it does not know', () => {
    const rig = createRig();
    for (const type of [8001, 64, 99, -3]) rig.receive({ kind: 'unknown', conn: 2, type });
    expect([rig.take(), rig.closes]).toEqual([[], []]);
  });

  it.each([
    {
      why: 'Connect',
      act: (rig: ReturnType<typeof createRig>) =>
        rig.receive({ kind: 'connect', conn: 2, network: 'tcp', address: 'a:1' }),
      want: 'CONNECT_NOT_ALLOWED',
    },
    {
      why: 'a text message',
      act: (rig: ReturnType<typeof createRig>) => rig.session.receive(bytesOf('hi'), false),
      want: 'NOT_BINARY',
    },
    {
      why: 'half a header',
      act: (rig: ReturnType<typeof createRig>) => rig.session.receive(Uint8Array.of(0x80)),
      want: 'TRUNCATED',
    },
    {
      why: 'a malformed AddClient',
      act: (rig: ReturnType<typeof createRig>) => rig.receive({ kind: 'addClient', conn: 0, text: 'a/b/c' }),
      want: 'INVALID_CLIENT',
    },
    {
      why: 'a malformed RemoveClient',
      act: (rig: ReturnType<typeof createRig>) => rig.receive({ kind: 'removeClient', conn: 0, text: 'a' }),
      want: 'INVALID_CLIENT',
    },
  ])('$why ends the session and its streams', ({ act, want }) => {
    const rig = createRig();
    const watched = watchStream(rig.session.open('tcp', 'a:1'));
    rig.take();
    act(rig);
    expect(rig.closes.map((error) => error?.code)).toEqual([want]);
    expect(watched.ends).toEqual([{ by: 'session', text: 'tunnel disconnect' }]);
    expect(rig.take()).toEqual(['error 2 tunnel disconnect']);
    expect(() => rig.session.open('tcp', 'a:1')).toThrow('closed');
  });

  it('a malformed AddClient ends the session also where nobody wants to know', () => {
    const closes: unknown[] = [];
    const hooks = { send: () => true, onClose: (error: unknown) => closes.push(error) };
    const session = createProtocolSession({ role: 'acceptor' }, hooks);
    session.receive(encodeFrame({ kind: 'addClient', conn: 0, text: 'a/b/c' }));
    expect(closes).toMatchObject([{ code: 'INVALID_CLIENT' }]);
  });

  it('passes on which clients a peer reaches', () => {
    const rig = createRig();
    rig.receive({ kind: 'addClient', conn: 0, text: 'k/1' }, { kind: 'removeClient', conn: 0, text: 'k/1' });
    expect(rig.clients).toEqual(['+k', '-k']);
  });

  it('has a limit of streams', () => {
    const rig = createRig({ limits: { maxStreams: 1 } });
    rig.session.open('tcp', 'a:1');
    expect(() => rig.session.open('tcp', 'a:1')).toThrow('1 streams');
  });

  it('ends streams the dialling side no longer has, but none whose Connect may be on its way', () => {
    const rig = createRig();
    const [first, second, third] = [1, 2, 3].map(() => watchStream(rig.session.open('tcp', 'a:1')));
    rig.take();
    rig.receive({ kind: 'sync', conn: 0, conns: [3] });
    expect([first?.ends.length, second?.ends.length, third?.ends.length]).toEqual([1, 0, 0]);
    rig.receive({ kind: 'sync', conn: 0, conns: [3] });
    expect([second?.ends.length, third?.ends.length]).toEqual([0, 1]);
    expect(rig.take()).toEqual([]);
  });
});

describe('dialling side', () => {
  const connect = { kind: 'connect', conn: 2, network: 'tcp', address: 'a:1' } as const;

  it('takes data that comes before the dial is done', () => {
    const rig = createRig({ role: 'dialler' });
    rig.receive(connect, data(2, 'early'));
    const [stream] = rig.connected;
    expect([stream?.network, stream?.address, watchStream(stream!).readAll()]).toEqual([
      'tcp',
      'a:1',
      'early',
    ]);
  });

  it('opens nothing and ignores AddClient', () => {
    const rig = createRig({ role: 'dialler' });
    expect(() => rig.session.open('tcp', 'a:1')).toThrow('opens no streams');
    rig.receive({ kind: 'addClient', conn: 0, text: 'a/b/c' }, { kind: 'sync', conn: 0, conns: [] });
    expect([rig.closes, rig.clients]).toEqual([[], []]);
  });

  it('calls itself client/0 to a sender of stray data', () => {
    const rig = createRig({ role: 'dialler' });
    rig.receive(data(9, 'x'));
    expect(rig.take()).toEqual(['error 9 connection not found client/0/9']);
  });

  it('lets a second Connect of one id replace the first', () => {
    const rig = createRig({ role: 'dialler' });
    rig.receive(connect);
    const first = watchStream(rig.connected[0]!);
    rig.receive(connect, data(2, 'new'));
    expect(first.ends).toHaveLength(1);
    expect(watchStream(rig.connected[1]!).readAll()).toBe('new');
    expect(rig.session.streams).toBe(1);
  });

  it('answers a Connect beyond its limit with an Error', () => {
    const rig = createRig({ role: 'dialler', limits: { maxStreams: 1 } });
    rig.receive(connect, { ...connect, conn: 3 });
    expect(rig.take()).toEqual(['error 3 too many streams']);
  });
});

describe('streams', () => {
  it('end once, with what came before still readable, and answer no Error with an Error', () => {
    const rig = createRig();
    const watched = watchStream(rig.session.open('tcp', 'a:1'));
    rig.take();
    rig.receive(
      data(2, 'last'),
      { kind: 'error', conn: 2, text: 'EOF' },
      { kind: 'error', conn: 2, text: 'EOF' },
    );
    expect(watched.ends).toEqual([{ by: 'peer', text: 'EOF' }]);
    expect(watched.readAll()).toBe('last');
    expect(() => watched.stream.write(bytesOf('x'))).toThrow('closed');
    watched.stream.end();
    watched.stream.abort();
    expect([rig.take(), rig.session.streams]).toEqual([[], 0]);
  });

  it('flush before an orderly end, and drop when aborted', () => {
    const rig = createRig();
    const [ending, aborted] = [rig.session.open('tcp', 'a:1'), rig.session.open('tcp', 'b:1')];
    rig.take();
    rig.wants = false;
    rig.session.open('tcp', 'c:1');
    ending.write(bytesOf('bye'));
    ending.end();
    aborted.write(bytesOf('lost'));
    aborted.abort('enough');
    rig.wants = true;
    rig.session.drained();
    expect(rig.take()).toEqual(['connect 4 tcp/c:1', 'error 3 enough', 'data 2 bye', 'error 2 EOF']);
  });

  it('send at most 32 KiB a message, in turn with each other', () => {
    const rig = createRig();
    const streams = [rig.session.open('tcp', 'a:1'), rig.session.open('tcp', 'b:1')];
    rig.wants = false;
    rig.session.open('tcp', 'c:1');
    rig.take();
    for (const stream of streams) stream.write(block(70 * KIB));
    rig.wants = true;
    rig.session.drained();
    const want = [2, 3, 2, 3, 2, 3].map((conn, index) => [conn, (index < 4 ? 32 : 6) * KIB]);
    expect(rig.sent.map((frame) => [frame.conn, frame.kind === 'data' && frame.payload.length])).toEqual(
      want,
    );
  });

  it('gather small writes while they wait', () => {
    const rig = createRig();
    const watched = watchStream(rig.session.open('tcp', 'a:1'));
    rig.receive({ kind: 'pause', conn: 2 });
    rig.take();
    for (const text of ['a', 'b', 'c']) watched.stream.write(bytesOf(text));
    expect([watched.stream.pendingBytes, watched.drains]).toEqual([3, 0]);
    rig.receive({ kind: 'resume', conn: 2 });
    expect(rig.take()).toEqual(['data 2 abc']);
    expect(watched.drains).toBe(1);
  });

  it('reply to no flood of stray data while the transport is full', () => {
    const rig = createRig();
    rig.wants = false;
    rig.receive(data(7, 'x'), data(7, 'x'), data(7, 'x'));
    expect(rig.take()).toHaveLength(1);
  });
});

describe('flow control', () => {
  const limits = { highWaterBytes: 2 * MIB, lowWaterBytes: 256 * KIB };

  it('pauses once above the high mark and resumes once below the low one', () => {
    const rig = createRig({ limits });
    const watched = watchStream(rig.session.open('tcp', 'a:1'));
    rig.take();
    for (let count = 0; count < 64; count += 1) rig.receive(data(2, block(32 * KIB)));
    expect(rig.take()).toEqual([]);
    for (let count = 0; count < 10; count += 1) rig.receive(data(2, block(32 * KIB)));
    expect(rig.take()).toEqual(['pause 2']);
    for (let count = 0; count < 66; count += 1) watched.stream.read();
    expect(rig.take()).toEqual([]);
    watched.stream.read();
    expect(rig.take()).toEqual(['resume 2']);
    watched.readAll();
    expect([rig.take(), rig.session.bufferedBytes]).toEqual([[], 0]);
  });

  it('takes a Resume nobody asked for, and answers only one that ends a pause', () => {
    const rig = createRig();
    rig.session.open('tcp', 'a:1');
    rig.receive(data(2, 'x'));
    rig.take();
    rig.receive({ kind: 'resume', conn: 2 });
    expect(rig.take()).toEqual([]);
    rig.receive({ kind: 'pause', conn: 2 }, { kind: 'pause', conn: 2 }, { kind: 'resume', conn: 2 });
    rig.receive({ kind: 'resume', conn: 2 });
    expect(rig.take()).toEqual(['resume 2']);
  });

  it('answers a peer that has nothing to say once the stream is quiet, or after three seconds', () => {
    const rig = createRig();
    const stream = rig.session.open('tcp', 'a:1');
    const cycle = (): void => rig.receive({ kind: 'pause', conn: 2 }, { kind: 'resume', conn: 2 });
    rig.session.tick(10_000);
    cycle();
    stream.write(bytesOf('x'));
    rig.take();
    rig.session.tick(10_500);
    expect(rig.take()).toEqual([]);
    rig.session.tick(11_000);
    expect(rig.take()).toEqual(['resume 2']);
    cycle();
    stream.write(bytesOf('x'));
    for (const nowMs of [11_900, 12_800, 13_700]) {
      rig.session.tick(nowMs);
      stream.write(bytesOf('x'));
    }
    expect(rig.take().filter((frame) => frame === 'resume 2')).toEqual([]);
    rig.session.tick(14_000);
    expect(rig.take()).toEqual(['resume 2']);
  });

  it('answers no Resume of a peer that keeps two flags', () => {
    const rig = createRig({ peerPauses: 'separate' });
    rig.session.open('tcp', 'a:1');
    rig.take();
    rig.receive({ kind: 'pause', conn: 2 }, { kind: 'resume', conn: 2 });
    expect(rig.take()).toEqual([]);
  });

  it('says Pause again when a stray Resume shows that the peer forgot', () => {
    const rig = createRig({ limits: { highWaterBytes: 10, lowWaterBytes: 5 } });
    watchStream(rig.session.open('tcp', 'a:1'));
    rig.receive(data(2, block(11)));
    rig.take();
    rig.receive({ kind: 'resume', conn: 2 });
    expect(rig.take()).toEqual(['pause 2']);
  });

  it('holds its Resume back while a Go peer has it paused, but not for ever', () => {
    const rig = createRig({ limits: { highWaterBytes: 10, lowWaterBytes: 5 } });
    const watched = watchStream(rig.session.open('tcp', 'a:1'));
    rig.receive(data(2, block(11)), { kind: 'pause', conn: 2 });
    rig.take();
    watched.readAll();
    rig.session.tick(1900);
    expect(rig.take()).toEqual([]);
    rig.session.tick(2000);
    expect(rig.take()).toEqual(['resume 2']);

    rig.receive({ kind: 'pause', conn: 2 }, data(2, block(11)));
    watched.readAll();
    expect(rig.take()).toEqual(['pause 2']);
    rig.receive({ kind: 'resume', conn: 2 });
    expect(rig.take()).toEqual(['resume 2']);
  });

  it('renews its own pause when the Resume of a Go peer has erased it', () => {
    const rig = createRig({ limits: { highWaterBytes: 10, lowWaterBytes: 5 } });
    watchStream(rig.session.open('tcp', 'a:1'));
    rig.receive(data(2, block(11)), { kind: 'pause', conn: 2 });
    rig.take();
    rig.receive({ kind: 'resume', conn: 2 });
    expect(rig.take()).toEqual(['pause 2']);
  });

  it('questions a pause that lasts: Resume, then one message, then on', () => {
    const rig = createRig();
    const { stream } = watchStream(rig.session.open('tcp', 'a:1'));
    rig.take();
    rig.receive({ kind: 'pause', conn: 2 });
    stream.write(block(70 * KIB));
    const seen: string[][] = [];
    for (const nowMs of [1000, 2000, 2900, 3000, 3900, 4000]) {
      rig.session.tick(nowMs);
      seen.push(
        rig.sent
          .splice(0)
          .map((frame) => (frame.kind === 'data' ? String(frame.payload.length / KIB) : frame.kind)),
      );
    }
    expect(seen).toEqual([[], ['resume'], [], ['32'], [], ['32', '6']]);
  });

  it('waits twice as long each time a probe is answered with Pause', () => {
    const rig = createRig();
    const { stream } = watchStream(rig.session.open('tcp', 'a:1'));
    rig.take();
    rig.receive({ kind: 'pause', conn: 2 });
    stream.write(block(10 * MIB));
    const probes: number[] = [];
    for (let nowMs = 0; nowMs <= 200_000; nowMs += 1000) {
      rig.session.tick(nowMs);
      const sent = rig.sent.splice(0).filter(({ kind }) => kind === 'data').length;
      if (sent > 0) rig.receive({ kind: 'pause', conn: 2 });
      for (let count = 0; count < sent; count += 1) probes.push(nowMs / 1000);
    }
    expect(probes).toEqual([3, 8, 17, 34, 65, 96, 127, 158, 189]);
  });

  it('does not take silence for consent while its own pause holds', () => {
    const rig = createRig({ limits: { highWaterBytes: 10, lowWaterBytes: 5 } });
    const { stream } = watchStream(rig.session.open('tcp', 'a:1'));
    rig.receive(data(2, block(11)), { kind: 'pause', conn: 2 });
    rig.take();
    stream.write(block(10 * MIB));
    for (let nowMs = 0; nowMs < 20_000; nowMs += 1000) rig.session.tick(nowMs);
    expect(new Set(rig.sent.map(({ kind }) => kind))).toEqual(new Set(['data']));
    expect(rig.sent.length).toBeLessThan(11);
  });

  it('leaves a pause by a peer of its own kind alone', () => {
    const rig = createRig({ peerPauses: 'separate' });
    rig.session.open('tcp', 'a:1').write(bytesOf('x'));
    rig.receive({ kind: 'pause', conn: 2 });
    rig.take();
    for (let nowMs = 0; nowMs < 100_000; nowMs += 1000) rig.session.tick(nowMs);
    expect(rig.take()).toEqual([]);
  });

  it('repeats Pause to a peer that still sends much later', () => {
    const rig = createRig({ limits: { highWaterBytes: 10, lowWaterBytes: 5 } });
    watchStream(rig.session.open('tcp', 'a:1'));
    rig.receive(data(2, block(11)), data(2, block(11)));
    rig.session.tick(3000);
    rig.take();
    rig.receive(data(2, block(11)), data(2, block(11)));
    expect(rig.take()).toEqual(['pause 2']);
  });

  it('ends the stream of a peer that ignores Pause, and only that', () => {
    const rig = createRig({
      limits: { highWaterBytes: 10, lowWaterBytes: 5, pausedLimitBytes: 30, streamLimitBytes: 90 },
    });
    const streams = ['a:1', 'b:1', 'c:1'].map((address) => watchStream(rig.session.open('tcp', address)));
    rig.take();
    rig.receive(data(4, 'fine'), data(2, block(40)), data(3, block(40)), data(3, block(51)));
    expect(rig.take()).toEqual(['pause 2', 'pause 3', 'error 3 receive buffer full: pause was ignored']);
    rig.session.tick(9999);
    rig.receive(data(2, block(1))); // was on its way
    rig.session.tick(10_000);
    rig.receive(data(2, block(1)));
    expect(rig.take()).toEqual(['pause 2', 'error 2 receive buffer full: pause was ignored']);
    expect(streams.map(({ ends }) => ends.map(({ by }) => by))).toEqual([['limit'], ['limit'], []]);
    expect([streams[2]?.readAll(), rig.session.bufferedBytes, rig.closes]).toEqual(['fine', 0, []]);
  });

  it('gives each stream its share when the session is full, and ends the fullest beyond the limit', () => {
    const rig = createRig({ limits: { sessionHighBytes: 64 * KIB, sessionLimitBytes: 200 * KIB } });
    const [big, small] = [
      watchStream(rig.session.open('tcp', 'a:1')),
      watchStream(rig.session.open('tcp', 'b:1')),
    ];
    rig.take();
    rig.receive(data(2, block(60 * KIB)));
    expect(rig.take()).toEqual([]);
    rig.receive(data(3, block(33 * KIB)));
    expect(rig.take()).toEqual(['pause 3']);
    rig.receive(data(2, block(120 * KIB)));
    expect(rig.take()).toEqual(['pause 2', 'error 2 session buffer full: pause was ignored']);
    expect([big.ends.length, small.ends.length]).toEqual([1, 0]);
  });
});
