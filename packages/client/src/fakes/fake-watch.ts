/** Lines that someone writes and someone else reads, until it ends or the reader leaves. */
export interface LineStream extends AsyncIterable<Uint8Array> {
  write(line: string): void;
  /** Ends after what is written already. */
  end(): void;
  /** Breaks off: the reader gets this error. */
  fail(error: Error): void;
}

/** Creates a stream of lines; `onClose` is called once its reader has left. */
export function createLineStream(signal: AbortSignal | undefined, onClose: () => void): LineStream {
  const queue: string[] = [];
  let wake = (): void => {};
  let isEnded = false;
  let failure: Error | undefined;
  const onAbort = (): void => wake();
  signal?.addEventListener('abort', onAbort);
  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        signal?.throwIfAborted();
        const line = queue.shift();
        if (line !== undefined) {
          yield Buffer.from(line);
          continue;
        }
        if (failure !== undefined) throw failure;
        if (isEnded) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
      onClose();
    }
  }
  return {
    [Symbol.asyncIterator]: read,
    write: (line) => {
      queue.push(line);
      wake();
    },
    end: () => {
      isEnded = true;
      wake();
    },
    fail: (error) => {
      failure = error;
      wake();
    },
  };
}
