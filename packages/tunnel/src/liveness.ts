import type { Clock } from '@clusternet/runtime';

/** Knobs of what counts as life. */
export interface LivenessOptions {
  /** How often an agent pings, ms. A hub does so while nothing comes, and now and then to measure. @default 3000 */
  readonly pingIntervalMs?: number;
  /** Without any frame for this long the session counts as silent, ms. @default 8000 */
  readonly silentAfterMs?: number;
  /** Without any frame for this long the session ends, ms. @default 30000 for a hub, 15000 for an agent */
  readonly deadAfterMs?: number;
}

export interface LivenessHooks {
  /** Once a second, before anything else: bytes that have come, of whatever kind. */
  readonly readBytes: () => number;
  readonly ping: () => void;
  readonly onTick: (nowMs: number) => void;
  readonly onDead: (quietMs: number) => void;
}

/** How often a session looks at the time. */
const TICK_MS = 1000;
/** How often a hub measures the round trip of a peer that is heard anyway, ms: pings of thousands add up. */
const MEASURE_MS = 15_000;

/** Watches whether the peer is there: pings, notices silence and its end, and calls a session dead. */
export class Liveness {
  readonly #clock: Clock;
  readonly #role: 'acceptor' | 'dialler';
  readonly #hooks: LivenessHooks;
  readonly #options: Required<LivenessOptions>;
  readonly #listeners = new Set<(isSilent: boolean) => void>();
  #lastSeenMs: number;
  #lastPingMs: number;
  #seenBytes: number;
  #isSilent = false;
  #isStopped = false;
  #cancel: () => void = () => {};

  constructor(clock: Clock, role: 'acceptor' | 'dialler', options: LivenessOptions, hooks: LivenessHooks) {
    this.#clock = clock;
    this.#role = role;
    this.#hooks = hooks;
    this.#options = {
      pingIntervalMs: options.pingIntervalMs ?? 3000,
      silentAfterMs: options.silentAfterMs ?? 8000,
      deadAfterMs: options.deadAfterMs ?? (role === 'acceptor' ? 30_000 : 15_000),
    };
    this.#lastSeenMs = clock.monotonicMs();
    // The first one at once: windows grow by the round trip.
    this.#lastPingMs = role === 'dialler' ? this.#lastSeenMs : -Infinity;
    this.#seenBytes = hooks.readBytes();
  }

  get lastSeenMs(): number {
    return this.#lastSeenMs;
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Begins to look at the time; ends with `stop`. */
  start(): void {
    this.#hooks.onTick(this.#lastSeenMs);
    this.#schedule();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  /** Something came. */
  see(): void {
    this.#lastSeenMs = this.#clock.monotonicMs();
    if (this.#isSilent) this.#setSilent(false);
  }

  onSilence(listener: (isSilent: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #setSilent(isSilent: boolean): void {
    this.#isSilent = isSilent;
    for (const listener of [...this.#listeners]) listener(isSilent);
  }

  #schedule(): void {
    this.#cancel = this.#clock.schedule(TICK_MS, () => {
      this.#tick();
      if (!this.#isStopped) this.#schedule();
    });
  }

  #tick(): void {
    const { pingIntervalMs, silentAfterMs, deadAfterMs } = this.#options;
    const nowMs = this.#clock.monotonicMs();
    const bytesRead = this.#hooks.readBytes();
    if (bytesRead !== this.#seenBytes) this.see(); // part of a long message is a sign of life too
    this.#seenBytes = bytesRead;
    this.#hooks.onTick(nowMs);

    const quietMs = nowMs - this.#lastSeenMs;
    if (quietMs >= deadAfterMs) {
      this.#hooks.onDead(quietMs);
      return;
    }
    if (quietMs >= silentAfterMs && !this.#isSilent) this.#setSilent(true);
    // A Go hub counts pings alone as life, so the dialling side never leaves one out.
    const sincePingMs = nowMs - this.#lastPingMs + TICK_MS / 2;
    const isQuiet = this.#role === 'dialler' || quietMs >= pingIntervalMs + TICK_MS / 2;
    if (sincePingMs >= (isQuiet ? pingIntervalMs : MEASURE_MS)) {
      this.#lastPingMs = nowMs;
      this.#hooks.ping();
    }
  }
}
