import type { KubeObject } from '@clusternet/kube-data';
import { backoffMs } from '@clusternet/runtime';
import type { Clock, Random } from '@clusternet/runtime';
import { isApiError, isTransient } from '../errors.ts';
import type { ResourceClient } from '../kube-client.ts';
import { listAll, selectionOf } from '../reflector.ts';
import type { Selection } from '../reflector.ts';
import { keyOf, planReplacement } from './plan-replacement.ts';
import { watchUntilIdle } from './watch-until-idle.ts';

/** What a watch tells. */
export type FollowEvent<T extends KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED'; readonly object: T }
  | {
      readonly type: 'DELETED';
      /** The last state that was seen. */
      readonly object: T;
    }
  | {
      /** All that there was has been told; what comes from here on happens now. */
      readonly type: 'SYNCED';
    };

/** What a watch that resumes looks at, and when it gives a connection up. */
export interface FollowOptions extends Selection {
  /** Objects asked for at once. @default 500 */
  readonly pageSize?: number;
  /** A watch that says nothing for so long is dialled anew, ms. @default 150000 */
  readonly idleTimeoutMs?: number;
  /** Told of each failure after which it is tried again. @default nobody is */
  readonly onInterrupted?: (error: unknown) => void;
}

/** What a watch across clusters asks for beside. */
export interface PatientOptions extends FollowOptions {
  /** Whatever fails is tried again, at first as well. @default false */
  readonly isPatient?: boolean;
  /** Told each time a watch is open. */
  readonly onOpen?: () => void;
}

export interface FollowDeps {
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Tells what there is, then what happens, until `signal` aborts or the reader leaves. Nothing is read ahead: the server
 * waits for a slow reader. Keeps the objects, so as to tell what was deleted while nobody looked.
 *
 * @throws {ApiError} what no repetition can mend; a first list that fails, whatever the reason
 */
export async function* follow<T extends KubeObject>(
  getResource: (signal?: AbortSignal) => Promise<Pick<ResourceClient<T>, 'list' | 'ref' | 'watch'>>,
  options: PatientOptions,
  deps: FollowDeps,
  signal: AbortSignal = new AbortController().signal,
): AsyncGenerator<FollowEvent<T>, void, undefined> {
  const position: Position<T> = { known: new Map(), resourceVersion: undefined, isFirst: true, failures: 0 };
  while (!signal.aborted) {
    const startMs = deps.clock.monotonicMs();
    let hasFailed = false;
    try {
      yield* followOnce(await getResource(signal), options, position, deps, signal);
    } catch (error) {
      if (isAborted(signal)) return;
      takeFailure(error, position, options);
      hasFailed = true;
    }
    // A server that ends each watch at once must not be asked in a hot loop.
    const isHot = deps.clock.monotonicMs() - startMs < 1000;
    position.failures = hasFailed || isHot ? position.failures + 1 : 0;
    const { failures } = position;
    if (failures > 0 && !(await deps.clock.sleep(backoffMs(failures, deps.random.next()), signal))) return;
  }
}

/** How far a reader has come. */
interface Position<T extends KubeObject> {
  known: Map<string, T>;
  /** Where to resume; undefined asks for a list. */
  resourceVersion: string | undefined;
  /** No list has come to its end yet. */
  isFirst: boolean;
  /** In a row. */
  failures: number;
}

/** Lists if need be, then watches until the watch ends. */
async function* followOnce<T extends KubeObject>(
  resource: Pick<ResourceClient<T>, 'list' | 'ref' | 'watch'>,
  options: PatientOptions,
  position: Position<T>,
  deps: FollowDeps,
  signal: AbortSignal,
): AsyncGenerator<FollowEvent<T>, void, undefined> {
  if (position.resourceVersion === undefined) {
    const { pageSize } = options;
    const selection = { ...selectionOf(options), ...(pageSize === undefined ? {} : { pageSize }) };
    const list = await listAll({ resource }, selection, signal);
    const plan = planReplacement(position.known, list.objects);
    position.known = plan.known;
    position.resourceVersion = list.resourceVersion;
    yield* plan.events;
    if (position.isFirst) yield { type: 'SYNCED' };
    position.isFirst = false;
  }
  for await (const event of watchUntilIdle(resource, options, position.resourceVersion, deps, signal)) {
    position.failures = 0;
    const seen =
      event.type === 'BOOKMARK' ? event.resourceVersion : (event.object.metadata.resourceVersion ?? '');
    if (seen !== '') position.resourceVersion = seen;
    if (event.type === 'BOOKMARK') continue;
    if (event.type === 'DELETED') position.known.delete(keyOf(event.object));
    else position.known.set(keyOf(event.object), event.object);
    yield event;
  }
}

/** @throws {ApiError} what no repetition can mend, and what failed at first */
function takeFailure<T extends KubeObject>(
  error: unknown,
  position: Position<T>,
  options: PatientOptions,
): void {
  const isGone = isApiError(error, 'GONE');
  // A token that has run out may be renewed by asking again.
  const isRenewable = position.failures === 0 && isApiError(error, 'UNAUTHORIZED');
  const isPatient = options.isPatient ?? false;
  if (isApiError(error, 'CLOSED')) throw error;
  if (!isPatient && (position.isFirst || !(isGone || isRenewable || isTransient(error)))) throw error;
  if (isGone) position.resourceVersion = undefined;
  else options.onInterrupted?.(error);
}

/** Aborting happens while an await is pending, which the compiler does not see. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
