import { createProtocolSession, encodeFrame } from '@clusternet/tunnel-protocol';
import type { Frame, ProtocolSession, ProtocolStream } from '@clusternet/tunnel-protocol';
import { mutate } from '../seeded-random.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { assertHeld } from './fuzz-result.ts';
import type { FuzzResult } from './fuzz-result.ts';

const CONNS = 12;
const LIMITS = {
  highWaterBytes: 2000,
  lowWaterBytes: 500,
  streamLimitBytes: 20_000,
  pausedLimitBytes: 8000,
  sessionHighBytes: 20_000,
  sessionLimitBytes: 60_000,
  maxStreams: 8,
};

/**
 * Feeds sessions of version 1 what a peer might send, now and then changed a little.
 * @throws when a session throws, ends twice, or holds more than its limits
 */
export function fuzzV1(random: SeededRandom, role: 'acceptor' | 'dialler', frames: number): FuzzResult {
  let sessionsEnded = 0;
  let served = 0;
  let rig = createRig(random, role, () => (served += 1));
  for (let count = 0; count < frames; count += 1) {
    const valid = encodeFrame(createFrame(random, role));
    rig.session.receive(random.oneIn(12) ? mutate(random, valid) : valid, !random.oneIn(5000));
    if (random.oneIn(4)) rig.act();
    assertHeld(rig.session.bufferedBytes >= 0, 'no fewer than no bytes are unread');
    assertHeld(rig.session.bufferedBytes <= LIMITS.sessionLimitBytes + 4000, 'a session holds what it may');
    assertHeld(rig.session.streams <= LIMITS.maxStreams, 'a session has the streams it may have');
    if (!rig.session.isClosed) continue;
    assertHeld(rig.closes() === 1 && rig.session.streams === 0, 'a session ends once and whole');
    sessionsEnded += 1;
    rig = createRig(random, role, () => (served += 1));
  }
  rig.session.close();
  return { inputs: frames, sessionsEnded, served };
}

interface Rig {
  readonly session: ProtocolSession;
  closes(): number;
  /** Does what the user of a session might do. */
  act(): void;
}

function createRig(random: SeededRandom, role: 'acceptor' | 'dialler', onServed: () => void): Rig {
  const streams: ProtocolStream[] = [];
  let closes = 0;
  let nowMs = 0;
  const use = (stream: ProtocolStream): void => {
    stream.bind({
      onReadable: () => {
        if (!random.oneIn(3)) stream.read();
      },
      onDrain: () => {},
      onEnd: () => streams.splice(streams.indexOf(stream), 1),
    });
    streams.push(stream);
    onServed();
  };
  const session = createProtocolSession(
    { role, limits: LIMITS, peerPauses: random.oneIn(2) ? 'separate' : 'shared' },
    {
      send: () => !random.oneIn(10),
      onConnect: use,
      onClientAdded: () => {},
      onClientRemoved: () => {},
      onClose: () => (closes += 1),
    },
  );
  const act = (): void => {
    if (session.isClosed) return;
    const stream = streams[random.below(CONNS)];
    switch (random.below(7)) {
      case 0:
        if (role === 'acceptor' && session.streams < LIMITS.maxStreams) use(session.open('tcp', 'a:1'));
        return;
      case 1:
        session.drained();
        return;
      case 2:
        session.tick((nowMs += random.below(2000)));
        return;
      case 3:
        if (stream?.ended === undefined && (stream?.pendingBytes ?? Infinity) < 5000) write(stream);
        return;
      case 4:
        if (random.oneIn(3)) stream?.end();
        return;
      case 5:
        if (random.oneIn(3)) stream?.abort();
        return;
      default:
        while (stream?.read() !== undefined);
    }
  };
  return { session, closes: () => closes, act };
}

function write(stream: ProtocolStream | undefined): void {
  try {
    stream?.write(new Uint8Array(300));
  } catch {
    // it has been ended: the one thing that writing may throw
  }
}

function createFrame(random: SeededRandom, role: 'acceptor' | 'dialler'): Frame {
  const conn = 2 + random.below(CONNS);
  switch (random.below(role === 'dialler' ? 10 : 9)) {
    case 0:
      return { kind: 'error', conn, text: random.oneIn(2) ? 'EOF' : 'dial tcp: refused' };
    case 1:
      return { kind: 'pause', conn };
    case 2:
      return { kind: 'resume', conn };
    case 3:
      return random.oneIn(20) ? { kind: 'sync', conn: 0, conns: [conn, conn + 1] } : { kind: 'resume', conn };
    case 4:
      return { kind: random.oneIn(2) ? 'addClient' : 'removeClient', conn: 0, text: `k/${conn}` };
    case 9:
      return { kind: 'connect', conn, network: 'tcp', address: '10.0.0.1:443' };
    default:
      return { kind: 'data', conn, payload: new Uint8Array(random.below(900)) };
  }
}
