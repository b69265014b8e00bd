import { noMetrics, silentLogger } from '@clusternet/runtime';
import { createFakeClock, createFakeRandom } from '@clusternet/runtime/fakes';
import { describe, expect, it } from 'vitest';
import { TunnelError } from './errors.ts';
import { runTunnel } from './run-tunnel.ts';
import type { TunnelState } from './run-tunnel.ts';
import type { TunnelSession } from './tunnel-session.ts';

/** A session that ends when the test says so. */
function createSession(): {
  session: TunnelSession;
  end: (error?: Error) => void;
  drain: () => void;
  disposed: () => boolean;
} {
  let drain = (): void => {};
  const gone = Promise.withResolvers<undefined>();
  let isDisposed = false;
  const session: Partial<TunnelSession> = {
    hop: 'test',
    closed: (signal) => {
      signal?.addEventListener('abort', () => gone.resolve(undefined));
      return gone.promise;
    },
    onDraining: (listener) => {
      drain = listener;
      return () => {};
    },
    close: () => {
      isDisposed = true;
      return Promise.resolve();
    },
  };
  return {
    drain: () => drain(),
    session: session as TunnelSession,
    end: (error) => (error ? gone.reject(error) : gone.resolve(undefined)),
    disposed: () => isDisposed,
  };
}

function setUp(dial: () => Promise<TunnelSession>) {
  const clock = createFakeClock();
  const states: TunnelState[] = [];
  const stop = new AbortController();
  const deps = { dial, clock, random: createFakeRandom(), log: silentLogger, metrics: noMetrics };
  const run = runTunnel(deps, { onState: (state) => states.push(state) }, stop.signal);
  const waits = (): number[] =>
    states.flatMap((state) => (state.kind === 'disconnected' ? [state.retryMs] : []));
  return { clock, states, stop, run, waits };
}

const lost = new TunnelError('LOST', 'test', 'gone');

describe('runTunnel', () => {
  it('waits longer after each failure, the first time briefly', async () => {
    const { clock, waits, stop, run } = setUp(() => Promise.reject(lost));
    await clock.advance(120_000);
    const [first = 0, second = 0, third = 0, ...more] = waits();
    expect(first).toBeLessThanOrEqual(1000);
    expect(second).toBeGreaterThanOrEqual(1000);
    expect(third).toBeGreaterThanOrEqual(2000);
    expect(Math.max(...more)).toBeLessThanOrEqual(30_000);
    stop.abort();
    await run;
    expect(clock.pending()).toBe(0);
  });

  it('forgets failures after a session that lasted, and only then', async () => {
    const sessions: ReturnType<typeof createSession>[] = [];
    const { clock, waits, stop, run } = setUp(() => {
      const made = createSession();
      sessions.push(made);
      return Promise.resolve(made.session);
    });
    for (const livedMs of [10, 10, 10, 40_000]) {
      await clock.advance(livedMs);
      sessions.at(-1)?.end(lost);
      await clock.advance(10_000);
    }
    const [, , third = 0, afterStable = 0] = waits();
    expect(third).toBeGreaterThanOrEqual(2000);
    expect(afterStable).toBeLessThanOrEqual(1000);
    expect(sessions.slice(0, 4).every(({ disposed }) => disposed())).toBe(true);
    stop.abort();
    await run;
  });

  it('ends when the hub refuses the credential', async () => {
    const { run } = setUp(() => Promise.reject(new TunnelError('REJECTED', 'test', '401')));
    await expect(run).rejects.toThrow('401');
  });

  it('ends when aborted during a session, after the session is disposed of', async () => {
    const made = createSession();
    const { stop, run, clock } = setUp(() => Promise.resolve(made.session));
    await clock.advance(10);
    stop.abort();
    await run;
    expect(made.disposed()).toBe(true);
  });

  it('opens the next tunnel beside one that its hub drains, at once when that one had lasted', async () => {
    const sessions: ReturnType<typeof createSession>[] = [];
    const { clock, states, stop, run } = setUp(() => {
      const made = createSession();
      sessions.push(made);
      return Promise.resolve(made.session);
    });
    await clock.advance(60_000);
    sessions[0]!.drain();
    await clock.advance(0);
    expect([sessions.length, sessions[0]!.disposed()]).toEqual([2, false]);
    await clock.advance(2000);
    expect(sessions[0]!.disposed()).toBe(true);
    sessions[1]!.drain();
    await clock.advance(0);
    expect(sessions.length).toBe(2);
    await clock.advance(1000);
    expect(sessions.length).toBe(3);
    expect(states.map(({ kind }) => kind)).toEqual(['connected', 'connected', 'connected']);
    stop.abort();
    await run;
    expect(clock.pending()).toBe(0);
  });

  it('takes a better session when there is one, and lets the former work on until that is open', async () => {
    const sessions: ReturnType<typeof createSession>[] = [];
    const better = Promise.withResolvers<undefined>();
    const clock = createFakeClock();
    const stop = new AbortController();
    const run = runTunnel(
      {
        dial: () => {
          sessions.push(createSession());
          return Promise.resolve(sessions.at(-1)!.session);
        },
        waitForBetter: (session) =>
          session === sessions[0]?.session ? better.promise : new Promise(() => {}),
        clock,
        random: createFakeRandom(),
        log: silentLogger,
      },
      {},
      stop.signal,
    );
    await clock.advance(60_000);
    expect(sessions).toHaveLength(1);
    better.resolve(undefined);
    await clock.advance(0);
    expect(sessions).toHaveLength(2);
    expect(sessions[0]!.disposed()).toBe(false);
    await clock.advance(2000);
    expect(sessions.map(({ disposed }) => disposed())).toEqual([true, false]);
    stop.abort();
    await run;
    expect(clock.pending()).toBe(0);
  });
});
