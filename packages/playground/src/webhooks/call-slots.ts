/** Lets so many calls run at once; so many more wait their turn. */
export interface CallSlots {
  /**
   * Waits for a place.
   * @returns gives the place back; call it once
   * @throws when too many wait already, or when the signal aborts first
   */
  take(signal: AbortSignal): Promise<() => void>;
}

/**
 * @param limit - calls at once, at least 1
 * @param maxWaiting - calls that wait
 */
export function createCallSlots(limit: number, maxWaiting: number): CallSlots {
  const waiting = new Set<() => void>();
  let taken = 0;

  const give = (): void => {
    const [next] = waiting;
    if (next === undefined) taken -= 1;
    else {
      waiting.delete(next);
      next(); // the place goes straight to whoever waits longest
    }
  };
  return {
    async take(signal) {
      signal.throwIfAborted();
      if (taken < limit) {
        taken += 1;
        return give;
      }
      if (waiting.size >= maxWaiting) throw new Error('too many calls are waiting already');
      await new Promise<void>((resolve, reject) => {
        const onTurn = (): void => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        };
        const onAbort = (): void => {
          waiting.delete(onTurn);
          reject(signal.reason as Error); // whatever the signal was aborted with
        };
        waiting.add(onTurn);
        signal.addEventListener('abort', onAbort, { once: true });
      });
      return give;
    },
  };
}
