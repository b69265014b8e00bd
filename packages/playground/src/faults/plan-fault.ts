import type { Random } from '@clusternet/runtime';
import type { FaultMatch, FaultRequest, RequestFailure, RequestFault } from './fault-settings.ts';

/** A rule, and how often it may still happen. */
export interface ActiveFault {
  readonly fault: RequestFault;
  readonly left: number;
}

export interface FaultPlan {
  /** At least 0. */
  readonly delayMs: number;
  /** Undefined: the request is served. */
  readonly failure: RequestFailure | undefined;
  /** Indexes of the rules that happened: each has one time less left. */
  readonly happened: readonly number[];
}

/**
 * Decides what happens to a request.
 *
 * @param faults - in order; delays of all that happen add up, the first failure counts and ends the search
 * @param random - asked for each matching rule with a rate below 1, and for each jitter
 */
export function planFault(
  faults: readonly ActiveFault[],
  request: FaultRequest,
  random: Pick<Random, 'next'>,
): FaultPlan {
  const happened: number[] = [];
  let delayMs = 0;
  for (const [index, { fault, left }] of faults.entries()) {
    const { match, rate = 1, latencyMs = 0, jitterMs = 0, fail } = fault;
    if (left <= 0 || !isFaultMatch(match, request)) continue;
    if (rate < 1 && random.next() >= rate) continue;
    happened.push(index);
    const jitter = jitterMs === 0 ? 0 : (random.next() * 2 - 1) * jitterMs;
    delayMs += Math.max(0, latencyMs + jitter);
    if (fail !== undefined) return { delayMs, failure: fail, happened };
  }
  return { delayMs, failure: undefined, happened };
}

/** Whether a rule with that `match` is for `request`. */
export function isFaultMatch(match: RequestFault['match'], request: FaultRequest): boolean {
  if (match === undefined) return true;
  return typeof match === 'function' ? match(request) : isSelected(match, request);
}

function isSelected({ verbs, groups, resources, paths, users }: FaultMatch, request: FaultRequest): boolean {
  const { verb, group, resource, subresource, path, user } = request;
  return (
    verbs?.includes(verb) !== false &&
    groups?.includes(group) !== false &&
    resources?.some((wanted) => wanted === resource || wanted === `${resource}/${subresource}`) !== false &&
    paths?.some((start) => path.startsWith(start)) !== false &&
    users?.includes(user) !== false
  );
}
