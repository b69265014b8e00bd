/** Things to dispose of together, the last first. */
export interface Disposals extends AsyncDisposable {
  /** Takes one on. */
  use<T extends AsyncDisposable | Disposable>(item: T): T;
}

/** `AsyncDisposableStack`, which Node 22 does not have. The first error is thrown when all are disposed of. */
export function createDisposals(): Disposals {
  const items: (AsyncDisposable | Disposable)[] = [];
  return {
    use(item) {
      items.push(item);
      return item;
    },
    async [Symbol.asyncDispose]() {
      const failures: unknown[] = [];
      for (const item of items.splice(0).reverse()) {
        try {
          if (Symbol.asyncDispose in item) await item[Symbol.asyncDispose]();
          else item[Symbol.dispose]();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
