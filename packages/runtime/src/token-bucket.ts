import type { Clock } from './ports.ts';

export interface TokenBucketOptions {
  /** Tokens that come back a second; more than 0. */
  readonly perSecond: number;
  /** Tokens at the start and at most. */
  readonly burst: number;
}

/** Limits a rate while letting short bursts through. */
export interface TokenBucket {
  /** Takes a token, going into debt if need be. @returns how long to wait before using it, ms */
  take(): number;
  /** Gives a token back that was not used after all. */
  giveBack(): void;
}

/** Creates a full bucket. */
export function createTokenBucket(clock: Clock, { perSecond, burst }: TokenBucketOptions): TokenBucket {
  let tokens = burst;
  let atMs = clock.monotonicMs();
  return {
    take: () => {
      const nowMs = clock.monotonicMs();
      tokens = Math.min(burst, tokens + ((nowMs - atMs) / 1000) * perSecond);
      atMs = nowMs;
      tokens -= 1;
      return tokens >= 0 ? 0 : (-tokens / perSecond) * 1000;
    },
    giveBack: () => {
      tokens = Math.min(burst, tokens + 1);
    },
  };
}
