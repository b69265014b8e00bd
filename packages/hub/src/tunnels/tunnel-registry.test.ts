import { noMetrics, silentLogger } from '@clusternet/runtime';
import { createFakeClock } from '@clusternet/runtime/fakes';
import { TunnelError } from '@clusternet/tunnel';
import type { TunnelSession } from '@clusternet/tunnel';
import { describe, expect, it } from 'vitest';
import { createTunnelRegistry } from './tunnel-registry.ts';
import type { TunnelRegistryOptions } from './tunnel-registry.ts';

function setUp(options?: TunnelRegistryOptions) {
  const clock = createFakeClock(1_000_000);
  const registry = createTunnelRegistry({ clock, log: silentLogger, metrics: noMetrics }, options);
  const changes: string[] = [];
  registry.onChange((clusterId, { reason, lastSeenMs }) =>
    changes.push(`${clusterId} ${reason} ${String(lastSeenMs)}`),
  );
  /** A session whose state the test sets. */
  const open = () => {
    const gone = Promise.withResolvers<undefined>();
    const listeners = new Set<(isSilent: boolean) => void>();
    const state = { isSilent: false, isClosed: false, isDraining: false, lastSeenMs: clock.monotonicMs() };
    const end = async (error?: Error): Promise<void> => {
      state.isClosed = true;
      if (error) gone.reject(error);
      else gone.resolve(undefined);
      await clock.advance(0);
    };
    const session = {
      get isSilent() {
        return state.isSilent;
      },
      get isClosed() {
        return state.isClosed;
      },
      get lastSeenMs() {
        return state.lastSeenMs;
      },
      onSilence: (listener: (isSilent: boolean) => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      onHello: () => () => {},
      onDraining: () => () => {},
      drain: () => {
        state.isDraining = true;
      },
      get isDraining() {
        return state.isDraining;
      },
      closed: () => gone.promise,
      close: () => end(),
    } as unknown as TunnelSession; // what the registry uses of a session
    const setSilent = (isSilent: boolean): void => {
      state.isSilent = isSilent;
      for (const listener of listeners) listener(isSilent);
    };
    return { session, end, setSilent, state };
  };
  return { clock, registry, changes, open };
}

describe('the tunnel registry', () => {
  it('prefers the newest session that speaks', async () => {
    const { registry, open } = setUp();
    const [old, fresh] = [open(), open()];
    registry.add('c', old.session);
    registry.add('c', fresh.session);
    expect(registry.pick('c')).toBe(fresh.session);
    fresh.setSilent(true);
    expect(registry.pick('c')).toBe(old.session);
    old.setSilent(true);
    expect(registry.pick('c')).toBe(fresh.session);
    await fresh.end();
    expect(registry.pick('c')).toBe(old.session);
    expect(registry.pick('other')).toBeUndefined();
  });

  it('tells connect, silence, recovery and loss once each, with when it last heard', async () => {
    const { registry, open, changes, clock } = setUp();
    const one = open();
    registry.add('c', one.session);
    await clock.advance(9000);
    one.setSilent(true);
    one.state.lastSeenMs = clock.monotonicMs();
    one.setSilent(false);
    one.setSilent(false);
    await clock.advance(500);
    await one.end(new TunnelError('LOST', 'hub → agent c', 'the peer closed the tunnel'));
    expect(changes).toEqual([
      'c Connected 1000000',
      'c Silent 1000000',
      'c Connected 1009000',
      'c Disconnected 1009000',
    ]);
    expect(registry.get('c').message).toContain('hub → agent c');
    expect(registry.clusterIds()).toEqual([]);
  });

  it('says nothing when one of two sessions goes', async () => {
    const { registry, open, changes } = setUp();
    const [one, two] = [open(), open()];
    registry.add('c', one.session);
    registry.add('c', two.session);
    await one.end();
    expect(changes).toHaveLength(1);
    expect(registry.get('c')).toMatchObject({ connected: true, reason: 'Connected' });
  });

  it('keeps a bounded number of sessions, and of memories', async () => {
    const { registry, open, clock } = setUp({ maxSessionsPerCluster: 2, maxRemembered: 1 });
    const sessions = [open(), open(), open()];
    for (const { session } of sessions) registry.add('c', session);
    await clock.advance(0);
    expect(sessions.map(({ session }) => session.isClosed)).toEqual([true, false, false]);
    await sessions[1]!.end();
    await sessions[2]!.end();
    registry.add('d', open().session);
    expect([registry.get('c').reason, registry.get('d').reason]).toEqual(['NeverConnected', 'Connected']);
  });

  it('closes all', async () => {
    const { registry, open } = setUp();
    registry.add('c', open().session);
    registry.add('d', open().session);
    await registry.close(0);
    expect([registry.pick('c'), registry.get('d').reason]).toEqual([undefined, 'Disconnected']);
  });

  it('lets one cluster go, and tells whether there was something to let go', async () => {
    const { registry, open, clock } = setUp();
    registry.add('a', open().session);
    registry.add('b', open().session);
    expect([registry.disconnect('a'), registry.disconnect('a'), registry.disconnect('c')]).toEqual([
      true,
      false,
      false,
    ]);
    await clock.advance(0);
    expect(registry.clusterIds()).toEqual(['b']);
  });
});
