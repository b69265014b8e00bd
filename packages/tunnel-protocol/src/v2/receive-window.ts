import type { V2Limits } from './limits.ts';

/** Round trips are measured in whole ms. */
const LEAST_ROUND_TRIP_MS = 1;

/** What all receive windows of a session hold together: bytes granted and not come, and bytes not read. */
export class WindowBudget {
  readonly limits: Required<V2Limits>;
  #usedBytes = 0;

  constructor(limits: Required<V2Limits>) {
    this.limits = limits;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** What is left of it; never below 0. */
  get roomBytes(): number {
    return Math.max(0, this.limits.sessionBudgetBytes - this.#usedBytes);
  }

  charge(delta: number): void {
    this.#usedBytes += delta;
  }

  /** The time, as far as it was told; 0 before. */
  nowMs = 0;
  /** How long the peer takes to answer; `undefined` while it is not known. */
  roundTripMs: number | undefined;

  /** The best that was seen lately: what waits in front of an answer is not the way. */
  observeRoundTrip(ms: number): void {
    const seenMs = Math.max(ms, LEAST_ROUND_TRIP_MS);
    const bestMs = this.roundTripMs;
    this.roundTripMs = bestMs === undefined || seenMs < bestMs ? seenMs : bestMs + (seenMs - bestMs) / 16;
  }
}

/**
 * How much the peer may send on one stream. A reader that keeps up doubles it where the way to the peer is what limits,
 * as far as the session's budget goes: more would only wait in the buffers of the network, in front of everybody. A reader that does not gets no more until it has read half. A stream's least is never refused, so that no stream
 * waits for the reader of another.
 */
export class ReceiveWindow {
  readonly #budget: WindowBudget;
  #windowBytes: number;
  /** Granted and not come. */
  #grantedBytes: number;
  /** Come and not read. */
  #unreadBytes = 0;
  #isClosed = false;
  #grantedAtMs: number;

  constructor(budget: WindowBudget, initialBytes: number) {
    this.#budget = budget;
    this.#windowBytes = initialBytes;
    this.#grantedBytes = initialBytes;
    this.#grantedAtMs = budget.nowMs;
    budget.charge(initialBytes);
  }

  get unreadBytes(): number {
    return this.#unreadBytes;
  }

  get grantedBytes(): number {
    return this.#grantedBytes;
  }

  /** Bytes came. @returns false when the peer had no credit for them */
  receive(bytes: number): boolean {
    if (bytes > this.#grantedBytes) return false;
    this.#grantedBytes -= bytes;
    this.#unreadBytes += bytes;
    return true;
  }

  /** Bytes were read. */
  read(bytes: number): void {
    this.#unreadBytes -= bytes;
    this.#budget.charge(-bytes);
  }

  /** Whether half of it or more was read. */
  get isGrantDue(): boolean {
    return !this.#isClosed && (this.#grantedBytes + this.#unreadBytes) * 2 <= this.#windowBytes;
  }

  /** What to grant now; 0 when it is not worth a frame. Calling it grants. */
  grant(): number {
    if (!this.isGrantDue) return 0;
    const { minWindowBytes, maxWindowBytes } = this.#budget.limits;
    const heldBytes = this.#grantedBytes + this.#unreadBytes;
    const isKeepingUp = this.#unreadBytes === 0 && this.#isTooSmall();
    const wantedBytes = isKeepingUp ? Math.min(this.#windowBytes * 2, maxWindowBytes) : this.#windowBytes;
    // Beyond the budget there is a stream's least, and no more.
    const roomBytes = Math.max(this.#budget.roomBytes, minWindowBytes - heldBytes, 0);
    const bytes = Math.min(wantedBytes - heldBytes, roomBytes);
    if (bytes <= 0) return 0;
    this.#windowBytes = heldBytes + bytes;
    this.#grantedBytes += bytes;
    this.#budget.charge(bytes);
    return bytes;
  }

  /** Whether half of it was used within a round trip, so that the peer may have waited for more. */
  #isTooSmall(): boolean {
    const { nowMs, roundTripMs } = this.#budget;
    const tookMs = nowMs - this.#grantedAtMs;
    this.#grantedAtMs = nowMs;
    return roundTripMs === undefined || tookMs <= roundTripMs;
  }

  /** Nothing more will come: what was granted and not used is free again. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#budget.charge(-this.#grantedBytes);
    this.#grantedBytes = 0;
  }

  /** Nobody will read what is left. */
  drop(): void {
    this.close();
    this.#budget.charge(-this.#unreadBytes);
    this.#unreadBytes = 0;
  }
}

/** What the peer of a new stream may send at first. */
export function chooseInitialWindow(budget: WindowBudget): number {
  const { initialWindowBytes, minWindowBytes, sessionBudgetBytes } = budget.limits;
  return budget.usedBytes + initialWindowBytes <= sessionBudgetBytes / 2
    ? initialWindowBytes
    : minWindowBytes;
}
