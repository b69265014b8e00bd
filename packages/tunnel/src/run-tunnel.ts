import type { BackoffOptions, Clock, Logger, Random } from '@clusternet/runtime';
import { backoffMs } from '@clusternet/runtime';
import { isTunnelError } from './errors.ts';
import type { TunnelSession } from './session.ts';

export interface RunTunnelDeps {
  readonly dial: (signal: AbortSignal) => Promise<TunnelSession>;
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
  let failures = 0;
  while (!isOver()) {
    let openedMs = Infinity;
    try {
      await using session = await deps.dial(signal);
      openedMs = deps.clock.monotonicMs();
      deps.log.info('tunnel open', { hop: session.hop });
      onState?.({ kind: 'connected', session });
      await session.closed(signal);
    } catch (error) {
      if (isOver()) return;
      if (isTunnelError(error, 'REJECTED')) throw error;
      if (deps.clock.monotonicMs() - openedMs >= stableAfterMs) failures = 0;
      failures += 1;
      const retryMs = backoffMs(failures, deps.random.next(), backoff);
      deps.log.warn('tunnel lost', { error, failures, retryMs });
      onState?.({ kind: 'disconnected', error, failures, retryMs });
      if (!(await deps.clock.sleep(retryMs, signal))) return; // false: aborted
    }
  }
}
