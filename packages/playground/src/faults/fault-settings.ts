import type { ApiRequest } from '@clusternet/apiserver';

/** What a rule may look at. */
export interface FaultRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** `get`, `list`, `watch`, `create`, … for resources; the HTTP method in lower case otherwise. */
  readonly verb: string;
  /** Empty for the core group, and for what is no resource. */
  readonly group: string;
  /** Plural name; empty for what is no resource. */
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Name of the user that the request acts as. */
  readonly user: string;
}

/** Selects requests: every list that is there has to hold one that fits. */
export interface FaultMatch {
  readonly verbs?: readonly string[];
  /** `''` is the core group. */
  readonly groups?: readonly string[];
  /** Plural names, with their subresources; `pods/log` is that subresource alone. */
  readonly resources?: readonly string[];
  /** Beginnings of paths. */
  readonly paths?: readonly string[];
  /** Names of users: faults for one client only. */
  readonly users?: readonly string[];
}

/** How a request fails. */
export type RequestFailure =
  | {
      readonly kind: 'status';
      readonly code: 429 | 500 | 503 | 504;
      /** Whole seconds. @default 1 for 429, none for the others */
      readonly retryAfterSeconds?: number;
    }
  | {
      /** The connection of HTTP/1.1 is closed, the stream of HTTP/2 reset. */
      readonly kind: 'cut';
      /** `before` the request is looked at, or `after` it took effect: its answer is lost. */
      readonly when: 'after' | 'before';
    };

/** What happens to some requests. Rules are gone through in order: delays add up, the first failure counts. */
export interface RequestFault {
  /** Which requests. A function is asked once for each request and may keep count. @default all */
  readonly match?: FaultMatch | ((request: FaultRequest) => boolean);
  /** Share of them that it happens to, 0 to 1. @default 1 */
  readonly rate?: number;
  /** How often it happens; no more after that. @default no limit */
  readonly times?: number;
  /** Delay before anything else, ms. @default 0 */
  readonly latencyMs?: number;
  /** Up to this much is added to the delay, or taken off, ms. @default 0 */
  readonly jitterMs?: number;
  /** @default it is served */
  readonly fail?: RequestFailure;
}

/** How a watch ends: as at the end of its time, or in the middle of its stream. */
export type WatchEnd = 'close' | 'cut';

/** Watches that end again and again. */
export interface WatchFault {
  /** Time between two rounds, ms; at least 1. */
  readonly everyMs: number;
  /** @default 'close' */
  readonly by?: WatchEnd;
}

/** What goes wrong until it is set otherwise. */
export interface FaultSettings {
  readonly requests?: readonly RequestFault[];
  readonly watches?: WatchFault;
}

/** @throws {RangeError} for numbers outside their range */
export function assertFaultSettings({ requests = [], watches }: FaultSettings): void {
  for (const { rate = 1, times = 1, latencyMs = 0, jitterMs = 0, fail } of requests) {
    if (!(rate >= 0 && rate <= 1)) throw new RangeError(`rate goes from 0 to 1, not ${rate}`);
    if (!Number.isInteger(times) || times < 1)
      throw new RangeError(`times is a whole number from 1, not ${times}`);
    assertDuration('latencyMs', latencyMs, 0);
    assertDuration('jitterMs', jitterMs, 0);
    if (fail?.kind === 'status' && fail.retryAfterSeconds !== undefined)
      assertDuration('retryAfterSeconds', fail.retryAfterSeconds, 0);
  }
  if (watches !== undefined) assertDuration('everyMs', watches.everyMs, 1);
}

function assertDuration(name: string, value: number, lowest: number): void {
  if (!(Number.isFinite(value) && value >= lowest))
    throw new RangeError(`${name} is a number from ${lowest}, not ${value}`);
}

/** What rules see of a request. */
export function toFaultRequest({ method, path, info, user }: ApiRequest): FaultRequest {
  const { verb, group, resource, subresource, namespace, name } = info;
  return { method, path, verb, group, resource, subresource, namespace, name, user: user.name };
}
