import { ApiError } from '@clusternet/apiserver';
import type { Exchange } from '@clusternet/apiserver';
import { holdAnswer } from './hold-answer.ts';
import type { HoldBudget } from './hold-answer.ts';
import { cutAnswer } from './intercept-answer.ts';
import type { Answer } from './intercept-answer.ts';

export interface FreezeOptions {
  /** Requests that wait at most; the connections of further ones are cut, as by a full queue. @default 10000 */
  readonly maxRequests?: number;
  /** What answers under way may hold back, all together; one that wants more is cut off. @default 67108864 */
  readonly maxHeldBytes?: number;
}

/** Lets nothing in and nothing out while it is frozen. */
export interface Freeze {
  /** To be called for each request before anything else; a promise holds the request up. */
  begin(exchange: Exchange): Promise<void> | undefined;
  /** Holds a request up that was let in before and has waited for something else since. */
  pass(out: Answer): Promise<void> | undefined;
  freeze(options?: FreezeOptions): void;
  thaw(): void;
  /** Cuts everything that waits, and thaws. */
  cut(): void;
  readonly isFrozen: boolean;
  /** Requests that wait. */
  readonly waiting: number;
}

interface Frozen {
  readonly maxRequests: number;
  /** Lets answers go on that were under way. */
  readonly releases: Map<Answer, () => void>;
  /** Requests that came in since, in order; each is let in, or sent away. */
  readonly waiting: Map<Answer, (mayEnter: boolean) => void>;
}

/** Holds requests and answers without touching those of a control plane that is not frozen. */
export function createFreeze(): Freeze {
  const open = new Set<Answer>();
  let frozen: Frozen | undefined;

  const wait = async (out: Answer): Promise<void> => {
    while (frozen !== undefined) {
      if (!(await enqueue(frozen, out)))
        throw new ApiError('Timeout', 'the connection ended while the request was held');
    }
  };
  const pass: Freeze['pass'] = (out) => (frozen === undefined ? undefined : wait(out));
  const thaw = (): void => {
    const { releases, waiting } = frozen ?? {};
    frozen = undefined;
    for (const release of releases?.values() ?? []) release();
    for (const decide of waiting?.values() ?? []) decide(true);
  };
  return {
    begin({ out }) {
      open.add(out);
      out.once('close', () => {
        open.delete(out);
        frozen?.releases.delete(out);
        frozen?.waiting.get(out)?.(false);
        frozen?.waiting.delete(out);
      });
      return pass(out);
    },
    pass,
    freeze({ maxRequests = 10_000, maxHeldBytes = 64 * 1024 * 1024 } = {}) {
      if (frozen !== undefined) return;
      const budget: HoldBudget = { leftBytes: maxHeldBytes };
      frozen = { maxRequests, waiting: new Map(), releases: new Map() };
      for (const out of open) frozen.releases.set(out, stall(out, budget));
    },
    thaw,
    cut() {
      const { releases, waiting } = frozen ?? {};
      for (const out of releases?.keys() ?? []) cutAnswer(out);
      for (const [out, decide] of waiting ?? []) {
        decide(false);
        cutAnswer(out);
      }
      waiting?.clear();
      thaw();
    },
    get isFrozen() {
      return frozen !== undefined;
    },
    get waiting() {
      return frozen?.waiting.size ?? 0;
    },
  };
}

function enqueue({ waiting, maxRequests }: Frozen, out: Answer): Promise<boolean> {
  if (waiting.size < maxRequests) return new Promise((resolve) => waiting.set(out, resolve));
  cutAnswer(out);
  return Promise.resolve(false);
}

/** Holds an answer back; of an upgraded connection nothing is read either. */
function stall(out: Answer, budget: HoldBudget): () => void {
  const release = holdAnswer(out, budget);
  if (!('readableFlowing' in out) || out.readableFlowing !== true) return release;
  out.pause();
  return () => {
    release();
    out.resume();
  };
}
