/** Lets so many through at once. */
export interface Gate {
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** First come, first served. */
export function createGate(limit: number): Gate {
  const waiting: (() => void)[] = [];
  let inside = 0;
  return {
    run: async (work) => {
      if (inside >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
      else inside += 1;
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) inside -= 1;
        else next(); // takes the place
      }
    },
  };
}
