import type { Clock } from '@clusternet/runtime';
import type { TunnelError } from './errors.ts';

/** How a session ended, and everybody who waits for that. */
export class SessionEnd {
  /** One for all who wait, and there are thousands of sessions. */
  readonly #gone = Promise.withResolvers<undefined>();
  readonly #idleWaiters = new Set<() => void>();
  #end: { readonly error: TunnelError | undefined } | undefined;
  #isGone = false;

  constructor() {
    this.#gone.promise.catch(() => undefined); // nobody need wait
  }

  /** Whether it is decided. */
  get isDecided(): boolean {
    return this.#end !== undefined;
  }

  /** Whether the socket is gone too. */
  get isGone(): boolean {
    return this.#isGone;
  }

  get error(): TunnelError | undefined {
    return this.#end?.error;
  }

  /** The first call decides. @returns whether this was it */
  decide(error: TunnelError | undefined): boolean {
    if (this.#end !== undefined) return false;
    this.#end = { error };
    return true;
  }

  /** The socket is gone. */
  settle(): void {
    this.#isGone = true;
    this.wakeIdle();
    const error = this.error;
    if (error === undefined) this.#gone.resolve(undefined);
    else this.#gone.reject(error);
  }

  /** @throws {TunnelError} when the session ended otherwise than by this side */
  closed(signal?: AbortSignal): Promise<void> {
    return signal === undefined ? this.#gone.promise : this.#closedUnless(signal);
  }

  async #closedUnless(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const stop = Promise.withResolvers<undefined>();
    const onAbort = (): void => stop.resolve(undefined);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([this.#gone.promise, stop.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Waits until `wakeIdle` is called, at most `drainMs`. */
  async idle(clock: Clock, drainMs: number): Promise<void> {
    const idle = Promise.withResolvers<undefined>();
    const done = (): void => idle.resolve(undefined);
    const cancel = clock.schedule(drainMs, done);
    this.#idleWaiters.add(done);
    await idle.promise;
    this.#idleWaiters.delete(done);
    cancel();
  }

  /** The last stream is over. */
  wakeIdle(): void {
    for (const wake of [...this.#idleWaiters]) wake();
  }
}
