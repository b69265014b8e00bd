import { ApiError } from '@clusternet/apiserver';
import type { ApiHandler, ApiRequest, Exchange, UpgradeHandler } from '@clusternet/apiserver';
import type { Clock, Random } from '@clusternet/runtime';
import { createFreeze } from './create-freeze.ts';
import type { FreezeOptions } from './create-freeze.ts';
import { assertFaultSettings, toFaultRequest } from './fault-settings.ts';
import type { FaultSettings, RequestFailure, RequestFault, WatchEnd } from './fault-settings.ts';
import { cutAnswer, loseAnswer } from './intercept-answer.ts';
import type { Answer } from './intercept-answer.ts';
import { createOpenWatches } from './open-watches.ts';
import { isFaultMatch, planFault } from './plan-fault.ts';
import type { ActiveFault } from './plan-fault.ts';

/** What goes wrong with a control plane, as seen by its clients. What runs inside it goes on undisturbed. */
export interface Faults {
  /**
   * Replaces what goes wrong with requests and watches; `{}` ends it. Requests under way keep their fate.
   * @throws {RangeError} for numbers outside their range
   */
  set(settings: FaultSettings): void;
  /** What was set. */
  readonly settings: FaultSettings;
  /** Ends watches now, those of everything unless told. @returns how many it ended */
  dropWatches(options?: { readonly by?: WatchEnd; readonly match?: RequestFault['match'] }): number;
  /**
   * Answers nothing from now on: connections are accepted, requests wait, answers and watches under way stand still.
   * A second call changes nothing. HTTP/2 pings are still answered.
   */
  freeze(options?: FreezeOptions): void;
  /** Lets everything go on that waits; what waited longer than its time limit (60 s) is answered with 504. */
  thaw(): void;
  readonly isFrozen: boolean;
  /** Requests that wait for the thaw. */
  readonly waiting: number;
  /** Ends everything that goes wrong: `set({})` and `thaw()`. */
  clear(): void;
}

/** The switch, and where a control plane is connected to it. */
export interface FaultSwitch extends Disposable {
  readonly faults: Faults;
  /** Belongs before everything else. */
  readonly begin: (exchange: Exchange) => Promise<void> | undefined;
  handle(inner: ApiHandler): ApiHandler;
  upgrade(inner: UpgradeHandler): UpgradeHandler;
}

/** Creates a switch that is off. */
export function createFaults({ clock, random }: { clock: Clock; random: Random }): FaultSwitch {
  const freeze = createFreeze();
  const watches = createOpenWatches();
  let settings: FaultSettings = {};
  let active: ActiveFault[] = [];
  let cancelRound = (): void => undefined;

  const nextRound = ({ watches: fault }: FaultSettings): void => {
    if (fault === undefined) return;
    cancelRound = clock.schedule(fault.everyMs, () => {
      watches.end(fault.by ?? 'close', () => true);
      nextRound(settings);
    });
  };
  const set = (next: FaultSettings): void => {
    assertFaultSettings(next);
    settings = next;
    active = (next.requests ?? []).map((fault) => ({ fault, left: fault.times ?? Infinity }));
    cancelRound();
    nextRound(next);
  };
  /** @returns whether the request goes on */
  const strike = async (request: ApiRequest, out: Answer, signal: AbortSignal): Promise<boolean> => {
    const { delayMs, failure, happened } = planFault(active, toFaultRequest(request), random);
    for (const index of happened) {
      const entry = active[index];
      if (entry !== undefined) active[index] = { ...entry, left: entry.left - 1 };
    }
    if (delayMs > 0) {
      if (!(await clock.sleep(delayMs, signal)))
        throw signal.reason instanceof ApiError ? signal.reason : new ApiError('Timeout', 'the client left');
      await freeze.pass(out);
    }
    return fail(failure, out);
  };
  return {
    faults: {
      set,
      get settings() {
        return settings;
      },
      dropWatches: ({ by = 'close', match } = {}) =>
        watches.end(by, (request) => isFaultMatch(match, toFaultRequest(request))),
      freeze: (options) => freeze.freeze(options),
      thaw: () => freeze.thaw(),
      get isFrozen() {
        return freeze.isFrozen;
      },
      get waiting() {
        return freeze.waiting;
      },
      clear() {
        set({});
        freeze.thaw();
      },
    },
    begin: (exchange) => freeze.begin(exchange),
    handle(inner) {
      const tracked = watches.track(inner);
      return async (request, response, signal) => {
        if (active.length === 0 || (await strike(request, response, signal)))
          await tracked(request, response, signal);
      };
    },
    upgrade: (inner) => async (request, socket, head, signal) => {
      if (active.length === 0 || (await strike(request, socket, signal)))
        await inner(request, socket, head, signal);
    },
    [Symbol.dispose]() {
      set({});
      freeze.cut();
    },
  };
}

/** @returns whether the request goes on all the same */
function fail(failure: RequestFailure | undefined, out: Answer): boolean {
  if (failure === undefined) return true;
  if (failure.kind === 'status') throw createFailure(failure);
  if (failure.when === 'before') {
    cutAnswer(out);
    return false;
  }
  loseAnswer(out);
  return true;
}

function createFailure({ code, retryAfterSeconds }: RequestFailure & { kind: 'status' }): ApiError {
  const details = (seconds = retryAfterSeconds): { retryAfterSeconds?: number } =>
    seconds === undefined ? {} : { retryAfterSeconds: seconds };
  const message = `the fault switch of the playground answers with ${code}`;
  switch (code) {
    case 429:
      return new ApiError('TooManyRequests', message, details(retryAfterSeconds ?? 1));
    case 500:
      return new ApiError('InternalError', message, details());
    case 503:
      return new ApiError('ServiceUnavailable', message, details());
    case 504:
      return new ApiError('Timeout', message, details());
  }
}
