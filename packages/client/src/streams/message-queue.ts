/** What arrives, until it is read. */
export interface MessageQueue<T> extends AsyncIterable<T> {
  push(item: T, sizeBytes: number): void;
  /** Nothing comes any more; what came is still read. @param error - thrown to the reader after it */
  end(error?: Error): void;
}

export interface QueueLimits {
  /** With more than this waiting, `onFull` is called, and `onRoom` once half of it is read. */
  readonly highBytes: number;
  readonly onFull: () => void;
  readonly onRoom: () => void;
}

/** Creates a queue for one reader. */
export function createMessageQueue<T>({ highBytes, onFull, onRoom }: QueueLimits): MessageQueue<T> {
  const items: { readonly item: T; readonly sizeBytes: number }[] = [];
  let waitingBytes = 0;
  let isFull = false;
  let ending: { readonly error: Error | undefined } | undefined;
  let wake = (): void => {};

  async function* read(): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const next = items.shift();
      if (next !== undefined) {
        waitingBytes -= next.sizeBytes;
        if (isFull && waitingBytes <= highBytes / 2) {
          isFull = false;
          onRoom();
        }
        yield next.item;
        continue;
      }
      if (ending !== undefined) {
        if (ending.error === undefined) return;
        throw ending.error;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  return {
    push: (item, sizeBytes) => {
      if (ending !== undefined) return;
      items.push({ item, sizeBytes });
      waitingBytes += sizeBytes;
      if (!isFull && waitingBytes > highBytes) {
        isFull = true;
        onFull();
      }
      wake();
    },
    end: (error) => {
      ending ??= { error };
      wake();
    },
    [Symbol.asyncIterator]: read,
  };
}
