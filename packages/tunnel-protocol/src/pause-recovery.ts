/** What to do about a pause that lasts. */
export type RecoveryStep = 'free' | 'kick' | 'probe';

const STEP_MS = 1000;
const MAX_WAIT_MS = 30_000;

/**
 * Judges a pause that a Go peer asked for. Such a peer records "I paused you" and "you paused me" in one flag, so
 * that a Resume of ours which crosses its Pause makes it forget that it owes us one; and while the flag is up its
 * own writers are blocked, which can keep it from ever reading on. Both last for ever unless we act:
 *
 * 1. kick: a Resume, which clears the flag and wakes the writers;
 * 2. probe, a second later: one Data message. A peer whose buffer is still full answers with Pause, with its
 *    record in order again; then we wait twice as long;
 * 3. free, another second later: the peer did not mind, so go on.
 *
 * A genuine pause thus costs the peer one message at 2 s, 6 s, 14 s, …, and then every half minute.
 */
export class PauseRecovery {
  readonly #firstWaitMs: number;
  #waitMs: number;
  #step: 'kicked' | 'probed' | 'waiting' = 'waiting';
  #stepMs = 0;

  /** @param waitMs - how long a first pause is left alone */
  constructor(waitMs: number) {
    this.#firstWaitMs = waitMs;
    this.#waitMs = waitMs;
  }

  /** The peer said Pause. */
  onPause(nowMs: number): void {
    if (this.#step === 'probed') this.#waitMs = Math.min(MAX_WAIT_MS, this.#waitMs * 2);
    this.#step = 'waiting';
    this.#stepMs = nowMs;
  }

  /** The peer said Resume. */
  onResume(): void {
    this.#step = 'waiting';
    this.#waitMs = this.#firstWaitMs;
  }

  /** We said Pause, so the flag is up for our reason too: what the peer answers means nothing now. */
  onOwnPause(nowMs: number): void {
    this.#step = 'waiting';
    this.#stepMs = nowMs;
  }

  /**
   * What is due now, while paused.
   *
   * @param hasPending - whether there is data to probe with
   * @param isPausing - whether our own Pause holds: then all that can be done is to probe
   */
  next(nowMs: number, hasPending: boolean, isPausing: boolean): RecoveryStep | undefined {
    const waitMs = this.#step === 'waiting' ? this.#waitMs : STEP_MS;
    if (nowMs - this.#stepMs < waitMs) return undefined;
    this.#stepMs = nowMs;
    if (isPausing) return hasPending ? 'probe' : undefined;
    if (this.#step === 'waiting') {
      this.#step = 'kicked';
      return 'kick';
    }
    if (this.#step === 'kicked' && hasPending) {
      this.#step = 'probed';
      return 'probe';
    }
    this.#step = 'waiting';
    return 'free';
  }
}
