/** Runs work on one key at a time; other keys do not wait. */
export interface KeyedLock {
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
}

/** Creates a lock. It keeps nothing about keys that nobody works on. */
export function createKeyedLock(): KeyedLock {
  const tails = new Map<string, Promise<unknown>>();
  return {
    run: async (key, work) => {
      const before = tails.get(key);
      const mine = (async () => {
        await before?.catch(() => undefined); // whoever was first hears of its own failure
        return work();
      })();
      tails.set(key, mine);
      try {
        return await mine;
      } finally {
        if (tails.get(key) === mine) tails.delete(key);
      }
    },
  };
}
