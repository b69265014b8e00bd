/** Between many who bring and one who takes. */
export interface BoundedChannel<T> extends AsyncIterable<T> {
  /** Settles once there is room; `false` when nobody takes any more. */
  put(item: T): Promise<boolean>;
  /** Puts without waiting: for what is rare and must not be lost. */
  note(item: T): void;
  /** Nothing is brought any more. @param error - thrown to the taker after what was brought */
  end(error?: Error): void;
}

/** @param capacity - items that wait at most; those brought by `note` are not counted */
export function createBoundedChannel<T>(capacity: number): BoundedChannel<T> {
  const items: T[] = [];
  const waiting: (() => void)[] = [];
  let wakeTaker = (): void => {};
  let ending: { readonly error: Error | undefined } | undefined;
  let isLeft = false;

  const letIn = (): void => {
    const count = isLeft || ending !== undefined ? waiting.length : capacity - items.length;
    for (const wake of waiting.splice(0, Math.max(0, count))) wake();
  };
  async function* take(): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        const item = items.shift();
        if (item !== undefined) {
          letIn();
          yield item;
          continue;
        }
        if (ending !== undefined) {
          if (ending.error === undefined) return;
          throw ending.error;
        }
        await new Promise<void>((resolve) => {
          wakeTaker = resolve;
        });
      }
    } finally {
      isLeft = true;
      letIn();
    }
  }
  const note = (item: T): void => {
    if (isLeft || ending !== undefined) return;
    items.push(item);
    wakeTaker();
  };
  return {
    note,
    put: async (item) => {
      while (items.length >= capacity && !isLeft && ending === undefined)
        await new Promise<void>((resolve) => waiting.push(resolve));
      note(item);
      return !isLeft && ending === undefined;
    },
    end: (error) => {
      ending ??= { error };
      letIn();
      wakeTaker();
    },
    [Symbol.asyncIterator]: take,
  };
}
