import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createProtocolSession } from './session.ts';
import type { ProtocolSession } from './session.ts';
import type { ProtocolStream } from './stream.ts';

/** Two sessions and the two pipes between them, which the test empties when it likes. */
function createPair(peerPauses: 'shared' | 'separate') {
  const limits = { highWaterBytes: 200, lowWaterBytes: 50, streamLimitBytes: 100_000 };
  const pipes: { toHub: Uint8Array[]; toAgent: Uint8Array[] } = { toHub: [], toAgent: [] };
  const served: ProtocolStream[] = [];
  const closes: unknown[] = [];
  const make = (role: 'acceptor' | 'dialler', pipe: Uint8Array[]): ProtocolSession =>
    createProtocolSession(
      { role, peerPauses, limits },
      {
        send: (message) => pipe.push(message) < 8,
        onConnect: (stream) => served.push(stream),
        onClose: (error) => closes.push(error),
      },
    );
  const hub = make('acceptor', pipes.toAgent);
  const agent = make('dialler', pipes.toHub);
  const deliver = (to: 'hub' | 'agent', count: number): void => {
    const [pipe, target, source] = to === 'hub' ? [pipes.toHub, hub, agent] : [pipes.toAgent, agent, hub];
    for (const message of pipe.splice(0, count)) target.receive(message);
    if (pipe.length < 4) source.drained();
  };
  return { hub, agent, served, closes, pipes, deliver };
}

const step = fc.oneof(
  fc.record({
    do: fc.constant('write' as const),
    side: fc.nat(1),
    stream: fc.nat(2),
    size: fc.integer({ min: 1, max: 400 }),
  }),
  fc.record({ do: fc.constant('read' as const), side: fc.nat(1), stream: fc.nat(2), size: fc.constant(0) }),
  fc.record({
    do: fc.constant('deliver' as const),
    side: fc.nat(1),
    stream: fc.constant(0),
    size: fc.integer({ min: 1, max: 5 }),
  }),
);

describe('two sessions', () => {
  it.each(['shared', 'separate'] as const)(
    'deliver every byte once and in order, pauses %s',
    (peerPauses) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
          const pair = createPair(peerPauses);
          const opened = [0, 1, 2].map((index) => pair.hub.open('tcp', `t:${String(index)}`));
          pair.deliver('agent', 9);
          const ends = [opened, pair.served];
          const written = ends.map((side) => side.map(() => [] as number[]));
          const got = ends.map((side) => side.map(() => [] as number[]));
          let next = 0;
          const read = (side: number, index: number): number => {
            const bytes = ends[side]?.[index]?.read();
            if (bytes) got[1 - side]?.[index]?.push(...bytes);
            return bytes?.length ?? 0;
          };
          for (const { do: action, side, stream, size } of steps) {
            if (action === 'deliver') pair.deliver(side === 0 ? 'hub' : 'agent', size);
            else if (action === 'read') read(side, stream);
            else {
              const bytes = Uint8Array.from({ length: size }, () => (next = (next + 1) % 251));
              written[side]?.[stream]?.push(...bytes);
              ends[side]?.[stream]?.write(bytes);
            }
          }
          // Let everything settle: deliver, read, and let time pass. It must become quiet.
          let nowMs = 0;
          for (let round = 0, quiet = 0; quiet < 12; round += 1) {
            expect(round).toBeLessThan(2000);
            let moved = pair.pipes.toHub.length + pair.pipes.toAgent.length;
            pair.deliver('hub', 99);
            pair.deliver('agent', 99);
            for (const side of [0, 1]) for (const index of [0, 1, 2]) moved += read(side, index);
            nowMs += 1000;
            pair.hub.tick(nowMs);
            pair.agent.tick(nowMs);
            quiet = moved === 0 ? quiet + 1 : 0;
          }
          expect(got).toEqual(written);
          expect([pair.hub.bufferedBytes, pair.agent.bufferedBytes, pair.closes]).toEqual([0, 0, []]);
        }),
        { numRuns: 150 },
      );
    },
  );

  it('hold no more than their budgets, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 0, max: 900 }))),
        (sends) => {
          const limits = {
            streamLimitBytes: 1000,
            sessionLimitBytes: 2500,
            highWaterBytes: 100,
            lowWaterBytes: 10,
          };
          const session = createProtocolSession(
            { role: 'acceptor', limits },
            { send: () => true, onClose: () => {} },
          );
          const streams = Array.from({ length: 8 }, () => session.open('tcp', 'a:1'));
          for (const [conn, size] of sends) {
            session.receive(Uint8Array.of(0, conn * 2, 2, 0, ...new Uint8Array(size)));
            expect(session.bufferedBytes).toBeLessThanOrEqual(2500);
            expect(Math.max(...streams.map(({ bufferedBytes }) => bufferedBytes))).toBeLessThanOrEqual(1000);
            expect(session.bufferedBytes).toBe(
              streams.reduce((sum, stream) => sum + stream.bufferedBytes, 0),
            );
          }
        },
      ),
    );
  });

  it('throw nothing at random bytes; they close at worst', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('acceptor', 'dialler'),
        fc.array(fc.uint8Array({ maxLength: 40 })),
        (role, messages) => {
          let closes = 0;
          const session = createProtocolSession(
            { role },
            { send: () => true, onConnect: () => {}, onClose: () => (closes += 1) },
          );
          if (role === 'acceptor') session.open('tcp', 'a:1');
          for (const message of messages) session.receive(message);
          expect(closes).toBe(session.isClosed ? 1 : 0);
        },
      ),
      { numRuns: 500 },
    );
  });
});
