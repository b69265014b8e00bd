import type { BackoffOptions, Clock, Logger, Random } from '@clusternet/runtime';
import { backoffMs } from '@clusternet/runtime';
import { isTunnelError } from './errors.ts';
import type { TunnelSession } from './tunnel-session.ts';

export interface RunTunnelDeps {
  readonly dial: (signal: AbortSignal) => Promise<TunnelSession>;
  /** Resolves when `dial` would give a better session than this one, which is then let go. @default never */
  readonly waitForBetter?: (session: TunnelSession, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface RunTunnelOptions {
  /** Waits between dials. @default 500 ms at first, doubling to 15 s, and up to as much again at random */
  readonly backoff?: BackoffOptions;
  /** A session that lived this long, in ms, makes earlier failures forgotten. @default 30000 */
  readonly stableAfterMs?: number;
  /** Told of every change: a live session, or why there is none. */
  readonly onState?: (state: TunnelState) => void;
}

/** What a tunnel is doing. */
export type TunnelState =
  | { readonly kind: 'connected'; readonly session: TunnelSession }
  | {
      readonly kind: 'disconnected';
      readonly error: unknown;
      readonly failures: number;
      readonly retryMs: number;
    };

const BACKOFF: BackoffOptions = { baseMs: 500, maxMs: 15_000, factor: 2, jitter: 1 };

/** How long a session that takes no more streams may have those it has, ms. */
const DRAIN_MS = 3_600_000;
/** A session that was sent away sooner, ms, makes the next one wait. */
const SENT_AWAY_MS = 2500;
/** Requests that were on their way to the old session when the new one opened are still taken there for so long, ms. */
const HANDOVER_MS = 2000;

/**
 * Holds one tunnel to the hub open, redialling with backoff, until `signal` aborts.
 * Settles only when the socket is closed and no timer is left.
 *
 * @throws {TunnelError} `REJECTED` when the hub refuses the credential; all else is retried
 */
export async function runTunnel(
  deps: RunTunnelDeps,
  options: RunTunnelOptions,
  signal: AbortSignal,
): Promise<void> {
  const { backoff = BACKOFF, stableAfterMs = 30_000, onState } = options;
  const isOver = (): boolean => signal.aborted;
  const retiring = new Set<Promise<void>>();
  await using _retired = { [Symbol.asyncDispose]: () => Promise.all(retiring).then(() => undefined) };
  const retire = (session: TunnelSession): void => {
    const end = retireSession(deps.clock, session, signal);
    retiring.add(end);
    void end.then(() => retiring.delete(end));
  };
  /** The one that the hub drains: it works on until the next is open. */
  let old: TunnelSession | undefined;
  await using _old = { [Symbol.asyncDispose]: async () => old?.close() };
  let failures = 0;
  while (!isOver()) {
    let openedMs = Infinity;
    try {
      const session = await deps.dial(signal);
      openedMs = deps.clock.monotonicMs();
      deps.log.info('tunnel open', { hop: session.hop, version: session.version, leg: session.leg });
      onState?.({ kind: 'connected', session });
      if (old !== undefined) retire(old);
      old = undefined;
      await holdSession(session, deps.waitForBetter, signal);
      old = session;
      if (isOver()) return;
      // A hub that sends every session away at once is not to be asked again and again; hubs that are restarted one after
      // the other are.
      failures =
        deps.clock.monotonicMs() - openedMs >= Math.min(stableAfterMs, SENT_AWAY_MS) ? 0 : failures + 1;
      if (failures > 0 && !(await deps.clock.sleep(backoffMs(failures, deps.random.next(), backoff), signal)))
        return;
    } catch (error) {
      if (isOver()) return;
      if (isTunnelError(error, 'REJECTED')) throw error;
      if (deps.clock.monotonicMs() - openedMs >= stableAfterMs) failures = 0;
      failures += 1;
      const isHandingOver = old !== undefined && !old.isClosed;
      const retryMs = backoffMs(isHandingOver ? 1 : failures, deps.random.next(), backoff);
      deps.log.warn('tunnel lost', { error, failures, retryMs });
      // One that the hub drains is still a tunnel, for as long as it takes the hub to stop: that is when to hurry.
      if (!isHandingOver) onState?.({ kind: 'disconnected', error, failures, retryMs });
      if (!(await deps.clock.sleep(retryMs, signal))) return; // false: aborted
    }
  }
}

/** Lets a session go whose successor is open: its streams end in their own time. */
async function retireSession(clock: Clock, session: TunnelSession, signal: AbortSignal): Promise<void> {
  const isTime = await clock.sleep(HANDOVER_MS, signal);
  await session.close(isTime ? DRAIN_MS : 0);
}

/** Waits until the session is closed, its peer drains it or there is a better one, or `signal` aborts. */
async function holdSession(
  session: TunnelSession,
  waitForBetter: RunTunnelDeps['waitForBetter'],
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const drained = Promise.withResolvers<undefined>();
  const forget = session.onDraining(() => drained.resolve(undefined));
  try {
    const ends: Promise<unknown>[] = [session.closed(signal), drained.promise];
    if (waitForBetter !== undefined) ends.push(waitForBetter(session, over.signal));
    await Promise.race(ends);
  } catch (error) {
    await session.close(); // it is over; what it held goes with it
    throw error;
  } finally {
    over.abort();
    forget();
  }
}
