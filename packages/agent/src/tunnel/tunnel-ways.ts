import { errorText } from '@clusternet/runtime';
import type { Clock, Logger, Random } from '@clusternet/runtime';
import type { TunnelSession } from '@clusternet/tunnel';
import type { HubAddress } from './hub-address.ts';

export interface TunnelWaysDeps {
  /** The address of hubs themselves, if there is one now. */
  readonly readAddress: (signal: AbortSignal) => Promise<HubAddress | undefined>;
  readonly dialHub: (address: HubAddress, signal: AbortSignal) => Promise<TunnelSession>;
  /** Through the parent's kube-apiserver. */
  readonly dialParent: (signal: AbortSignal) => Promise<TunnelSession>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** The two ways to a hub. Directly where that works, through kube-apiserver where not. */
export interface TunnelWays {
  readonly dial: (signal: AbortSignal) => Promise<TunnelSession>;
  /** Resolves when the direct way is open while a session goes through kube-apiserver; `dial` then gives that one. */
  readonly waitForBetter: (session: TunnelSession, signal: AbortSignal) => Promise<void>;
}

/** So long is the direct way left alone after only the other one worked, and how often is looked for it from there, ms. */
const LOOK_MS = 300_000;

/** @param over - ends the sessions too */
export function createTunnelWays(deps: TunnelWaysDeps, over: AbortSignal): TunnelWays {
  const { clock, random, log } = deps;
  const direct = new WeakSet<TunnelSession>();
  let restUntilMs = -Infinity;
  let prepared: TunnelSession | undefined;

  const tryDirect = async (signal: AbortSignal): Promise<TunnelSession | undefined> => {
    const address = await deps.readAddress(signal);
    if (address === undefined) return undefined;
    try {
      const session = await deps.dialHub(address, over);
      direct.add(session);
      return session;
    } catch (error) {
      if (over.aborted) throw error;
      log.warn('hubs not reached at their own address; going through kube-apiserver', {
        address: address.url,
        error: errorText(error),
      });
      return undefined;
    }
  };

  return {
    dial: async (signal) => {
      const ready = prepared;
      prepared = undefined;
      if (ready !== undefined && !ready.isClosed) return ready;
      const isResting = clock.monotonicMs() < restUntilMs;
      const session = isResting ? undefined : await tryDirect(signal);
      if (session !== undefined) return session;
      const other = await deps.dialParent(signal);
      // Not before that worked: where a hub restarts neither does, and the direct way is still the first to be tried.
      if (!isResting) restUntilMs = clock.monotonicMs() + LOOK_MS;
      return other;
    },
    waitForBetter: async (session, signal) => {
      if (direct.has(session)) return new Promise(() => {}); // there is none
      while (await clock.sleep(LOOK_MS * (0.75 + 0.5 * random.next()), signal)) {
        const better = await tryDirect(signal);
        if (better === undefined) continue;
        if (!signal.aborted) {
          prepared = better;
          return undefined;
        }
        await better.close(); // the session to be replaced is over, and another one being dialled
      }
      return new Promise(() => {});
    },
  };
}
