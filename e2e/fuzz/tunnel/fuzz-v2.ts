import { createV2Session } from '@clusternet/tunnel-protocol';
import type { V2Session, V2Stream } from '@clusternet/tunnel-protocol';
import { mutate } from '../seeded-random.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { assertHeld } from './fuzz-result.ts';
import type { FuzzResult } from './fuzz-result.ts';

const LIMITS = {
  sessionBudgetBytes: 40_000,
  initialWindowBytes: 4000,
  minWindowBytes: 1000,
  maxWindowBytes: 8000,
  maxStreams: 8,
  maxControlBytes: 50_000,
};
/** What the serving side of a stream may be sent at first, whatever the limits are. */
const INITIAL_BYTES = 32 * 1024;
const MAX_HELD_BYTES = LIMITS.sessionBudgetBytes + (LIMITS.maxStreams + 1) * INITIAL_BYTES;
const HEADS = [
  'apiserver\0GET\0/api\0accept\0*/*',
  'apiserver\0POST\0/api?x=1\0content-length\x005',
  'other\0DELETE\0/\0x-empty\0',
] as const;

/**
 * Feeds sessions of version 2 what a peer might send, now and then changed a little, cut anywhere.
 * @throws when a session throws, ends twice, or holds more than its limits
 */
export function fuzzV2(random: SeededRandom, role: 'acceptor' | 'dialler', frames: number): FuzzResult {
  let sessionsEnded = 0;
  let served = 0;
  const create = (): Rig => createRig(random, role, () => (served += 1));
  let rig = create();
  for (let count = 0; count < frames; count += 1) {
    const valid = createFrame(random, role, rig);
    deliver(random, rig.session, random.oneIn(100) ? mutate(random, valid) : valid);
    if (random.oneIn(3)) rig.act();
    const { reservedBytes, streams } = rig.session;
    assertHeld(reservedBytes >= 0 && reservedBytes <= MAX_HELD_BYTES, 'a session holds what it may');
    assertHeld(streams <= LIMITS.maxStreams, 'a session has the streams it may have');
    // A frame that was cut short takes the next ones for its payload: such a session is replaced now and then.
    if (!rig.session.isClosed && !random.oneIn(500)) continue;
    if (rig.session.isClosed) sessionsEnded += 1;
    rig.session.close();
    assertHeld(
      rig.closes() === 1 && rig.session.reservedBytes === rig.unread(),
      'a session ends once and whole',
    );
    rig = create();
  }
  rig.session.close();
  return { inputs: frames, sessionsEnded, served };
}

function deliver(random: SeededRandom, session: V2Session, bytes: Uint8Array): void {
  if (!random.oneIn(8)) {
    session.receive(bytes);
    return;
  }
  const cut = random.below(bytes.length + 1);
  session.receive(bytes.subarray(0, cut));
  session.receive(bytes.subarray(cut));
}

interface Rig {
  readonly session: V2Session;
  /** The next id that the opening side gives. */
  nextId: number;
  closes(): number;
  /** Bytes in streams that ended in order and were not read. */
  unread(): number;
  act(): void;
}

function createRig(random: SeededRandom, role: 'acceptor' | 'dialler', onServed: () => void): Rig {
  const streams: V2Stream[] = [];
  let closes = 0;
  let nowMs = 0;
  const use = (stream: V2Stream): void => {
    stream.bind({
      onHead: onServed,
      onReadable: () => {
        if (!random.oneIn(3)) stream.read();
      },
      onDrain: () => {},
      onClose: () => {
        while (stream.read() !== undefined);
        streams.splice(streams.indexOf(stream), 1);
      },
    });
    streams.push(stream);
    if (role === 'dialler') onServed();
  };
  const session = createV2Session(
    { role, limits: LIMITS, hello: { targets: ['apiserver'], software: 'fuzz', isEndToEnd: false } },
    { onOutput: () => {}, ...(role === 'dialler' ? { onOpen: use } : {}), onClose: () => (closes += 1) },
  );
  const open = (): void => {
    if (session.isDraining || session.streams >= LIMITS.maxStreams) return;
    const isRequest = random.oneIn(2);
    rig.nextId += 2;
    use(
      session.open(
        isRequest
          ? { kind: 'request', target: 'apiserver', method: 'GET', path: '/', fields: ['a', 'b'] }
          : { kind: 'connect', network: 'tcp', address: 'a:1' },
        { isEnd: random.oneIn(2) },
      ),
    );
  };
  const act = (): void => {
    if (session.isClosed) return;
    const stream = streams[random.below(LIMITS.maxStreams)];
    switch (random.below(6)) {
      case 0:
        if (role === 'acceptor') open();
        else answer(random, stream);
        return;
      case 1:
        session.tick((nowMs += random.below(2000)));
        return;
      case 2:
        if (stream !== undefined && stream.pendingBytes < 5000)
          attempt(() => stream.write(new Uint8Array(700)));
        return;
      case 3:
        if (random.oneIn(3)) stream?.end(random.oneIn(2) ? ['x-sum', '1'] : undefined);
        else if (random.oneIn(6)) stream?.reset('CANCELLED');
        return;
      case 4:
        while (stream?.read() !== undefined);
        return;
      default:
        session.pull(20_000);
    }
  };
  const rig: Rig = {
    session,
    nextId: 2,
    closes: () => closes,
    unread: () => streams.reduce((sum, stream) => sum + stream.bufferedBytes, 0),
    act,
  };
  return rig;
}

function answer(random: SeededRandom, stream: V2Stream | undefined): void {
  if (stream?.head.kind === 'connect') stream.connected();
  else if (stream !== undefined)
    attempt(() => stream.respond({ status: 200, fields: ['a', 'b'] }, random.oneIn(3)));
}

/** Answering twice and writing behind the end throw: that is for the user to know, and here nobody keeps count. */
function attempt(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'STREAM_CLOSED')) throw error;
  }
}

function frameOf(type: number, flags: number, stream: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(9 + payload.length);
  frame.set([payload.length >>> 16, payload.length >>> 8, payload.length, type, flags]);
  frame.set([stream >>> 24, stream >>> 16, stream >>> 8, stream], 5);
  frame.set(payload, 9);
  return frame;
}

const textOf = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const uint32 = (value: number): Uint8Array => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

function createFrame(random: SeededRandom, role: 'acceptor' | 'dialler', rig: Rig): Uint8Array {
  const flags = random.oneIn(4) ? 1 : 0;
  const isServing = role === 'dialler';
  const stream = Math.max(2, rig.nextId - 2 * random.below(isServing ? 10 : 5)) & ~1;
  switch (random.below(16)) {
    case 0:
    case 1: {
      if (!isServing)
        return frameOf(2, flags, stream, Buffer.concat([Uint8Array.of(0, 200), textOf('a\0b')]));
      const id = rig.nextId;
      rig.nextId += 2;
      const isRequest = random.oneIn(2);
      const text = isRequest ? random.pick(HEADS) : 'tcp\0a:1';
      return frameOf(
        isRequest ? 1 : 4,
        flags | (random.below(4) << 4),
        id,
        Buffer.concat([uint32(random.below(9000)), textOf(text)]),
      );
    }
    case 2:
      return isServing
        ? frameOf(0, flags, stream, new Uint8Array(0))
        : frameOf(5, 0, stream, new Uint8Array(0));
    case 3:
      return frameOf(3, 1, stream, textOf('x-sum\x001'));
    case 4:
      return frameOf(6, 0, stream, Buffer.concat([Uint8Array.of(0, random.below(14)), textOf('why')]));
    case 5:
    case 6:
      return frameOf(7, 0, stream, uint32(random.below(5000)));
    case 7:
      return frameOf(8, flags, 0, uint32(random.below(1 << 30)));
    case 8:
      return random.oneIn(2000)
        ? frameOf(9, 0, 0, textOf('bye'))
        : frameOf(77, flags, stream, textOf('later'));
    case 9:
      return random.oneIn(50) ? frameOf(10, 0, 0, textOf('{"targets":["a"]}')) : frameOf(8, 1, 0, uint32(1));
    default:
      if (!isServing && random.oneIn(3)) return frameOf(5, 0, stream, new Uint8Array(0));
      return frameOf(0, random.oneIn(12) ? 1 : 0, stream, new Uint8Array(random.below(1500)));
  }
}
