import { backoffMs, errorText } from '@clusternet/runtime';
import type { Clock, Logger, Random } from '@clusternet/runtime';
import type { KubeObject } from '@clusternet/kube-data';
import { ApiError, isApiError } from './errors.ts';
import type { ResourceClient } from './kube-client.ts';
import type { ListOptions, ResourceRef, WatchEvent } from './resource.ts';

/** Takes what a reflector sees, in order. What these throw is logged, and costs only that one object. */
export interface ReflectorSink<T extends KubeObject> {
  /** The whole truth after a list, as of `resourceVersion`. */
  replace(objects: readonly T[], resourceVersion: string): void;
  upsert(object: T): void;
  /** @param object - the last state, as the server sent it, numbered by the deletion */
  remove(object: T): void;
  /** Told by a bookmark that nothing else has happened up to this resource version. */
  progress?(resourceVersion: string): void;
}

/** What a reflector mirrors, into what, and by which clock. */
export interface ReflectorDeps<T extends KubeObject> {
  readonly resource: Pick<ResourceClient<T>, 'list' | 'ref' | 'watch'>;
  readonly sink: ReflectorSink<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Which objects are mirrored, and who is told what. */
export interface ReflectorOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Objects asked for at once. @default 500 */
  readonly pageSize?: number;
  /** A watch that says nothing for so long is dialled anew, ms. @default 150000 */
  readonly idleTimeoutMs?: number;
  /** Called after each complete list. */
  readonly onSynced?: () => void;
  /** Called when listing or watching failed and will be tried again, and with `undefined` once a watch is open again. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Mirrors a collection into a sink until `signal` aborts: a paged list, then a watch with bookmarks that
 * resumes where it ended. 410 lists again; an idle or broken connection is dialled anew with backoff. Never
 * ends by itself.
 */
export async function runReflector<T extends KubeObject>(
  deps: ReflectorDeps<T>,
  options: ReflectorOptions,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, log } = deps;
  const position: Position = { resourceVersion: undefined, failures: 0 };
  while (!signal.aborted) {
    try {
      await followOnce(deps, options, position, signal);
    } catch (error) {
      if (isAborted(signal)) return;
      position.failures += 1;
      const isGone = isApiError(error, 'GONE');
      if (isGone || position.failures > 2) position.resourceVersion = undefined;
      if (isGone && position.failures === 1) continue;
      options.onError?.(error);
      const { kind } = deps.resource.ref;
      log.warn('list or watch failed', { kind, error: errorText(error), failures: position.failures });
    }
    const { failures } = position;
    if (failures > 0 && !(await clock.sleep(backoffMs(failures, random.next()), signal))) return;
  }
}

/** Objects asked for at once. */
export const PAGE_SIZE = 500;

interface Position {
  /** Where to resume; undefined asks for a list. */
  resourceVersion: string | undefined;
  failures: number;
}

/** Aborting happens while an await is pending, which the compiler does not see. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Lists if need be, then watches until the watch ends. */
async function followOnce<T extends KubeObject>(
  deps: ReflectorDeps<T>,
  options: ReflectorOptions,
  position: Position,
  signal: AbortSignal,
): Promise<void> {
  if (position.resourceVersion === undefined) {
    const { objects, resourceVersion } = await listAll(deps, options, signal);
    guard(deps, 'replace', () => deps.sink.replace(objects, resourceVersion));
    position.resourceVersion = resourceVersion;
    options.onSynced?.();
  }
  const from = position.resourceVersion;
  const startMs = deps.clock.monotonicMs();
  await watchOnce(deps, options, from, signal, (seen) => {
    if (seen !== '') position.resourceVersion = seen;
    position.failures = 0;
  });
  // A server that ends each watch at once must not be asked in a hot loop, whether it sends something first or not.
  const isHot = deps.clock.monotonicMs() - startMs < 1000;
  position.failures = isHot ? position.failures + 1 : 0;
}

export function selectionOf({ namespace, labelSelector, fieldSelector }: Selection): Selection {
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

/** Which objects of a kind. */
export type Selection = Pick<ListOptions, 'fieldSelector' | 'labelSelector' | 'namespace'>;

/** Every object of a selection, page by page. */
export async function listAll<T extends KubeObject>(
  { resource }: { readonly resource: Pick<ResourceClient<T>, 'list'> },
  options: Selection & Pick<ReflectorOptions, 'pageSize'>,
  signal: AbortSignal | undefined,
): Promise<{ readonly objects: readonly T[]; readonly resourceVersion: string }> {
  const selection = selectionOf(options);
  const limit = options.pageSize ?? PAGE_SIZE;
  const objects: T[] = [];
  let page = await resource.list({ ...selection, limit }, signal);
  for (const object of page.items) objects.push(object); // never spread into arguments: lists are long
  while (page.continueToken !== '') {
    const { continueToken } = page;
    try {
      page = await resource.list({ ...selection, limit, continueToken }, signal);
    } catch (error) {
      if (!isApiError(error, 'GONE')) throw error;
      // The snapshot was compacted between two pages: take it in one piece, or a slow reader never gets to its end.
      const whole = await resource.list(selection, signal);
      return { objects: whole.items, resourceVersion: whole.resourceVersion };
    }
    for (const object of page.items) objects.push(object);
  }
  return { objects, resourceVersion: page.resourceVersion };
}

/** A sink that throws is a fault of this program, not of the connection: said loudly, and the watch goes on. */
function guard(
  { log, resource }: { readonly log: Logger; readonly resource: { readonly ref: ResourceRef } },
  step: string,
  work: () => void,
): void {
  try {
    work();
  } catch (error) {
    log.error('handler failed', { kind: resource.ref.kind, step, error: errorText(error) });
  }
}

/** One watch from `resourceVersion` until it ends; tells `onProgress` where to resume after each event. */
async function watchOnce<T extends KubeObject>(
  deps: ReflectorDeps<T>,
  options: ReflectorOptions,
  resourceVersion: string,
  signal: AbortSignal,
  onProgress: (resourceVersion: string) => void,
): Promise<void> {
  const { resource, clock, random } = deps;
  const { idleTimeoutMs = 150_000 } = options;
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const idle = new ApiError(
    'TIMEOUT',
    `the watch of ${resource.ref.kind} was silent for ${idleTimeoutMs} ms`,
  );
  let cancelTimer = (): void => {};
  const restartTimer = (): void => {
    cancelTimer();
    cancelTimer = clock.schedule(idleTimeoutMs, () => {
      controller.abort(idle);
    });
  };
  try {
    restartTimer();
    const timeoutSeconds = 300 + Math.floor(random.next() * 300);
    const events = await resource.watch(
      { ...selectionOf(options), resourceVersion, timeoutSeconds },
      controller.signal,
    );
    options.onError?.(undefined);
    for await (const event of events) {
      restartTimer();
      onProgress(take(deps, event));
    }
  } catch (error) {
    // An idle watch is no failure of the server: resume at once from what was seen last.
    if (controller.signal.reason !== idle) throw error;
  } finally {
    cancelTimer();
    signal.removeEventListener('abort', onAbort);
    controller.abort();
  }
}

/** Hands an event to the sink. @returns where to resume after it; empty when it does not say */
function take<T extends KubeObject>(deps: ReflectorDeps<T>, event: WatchEvent<T>): string {
  const { sink } = deps;
  switch (event.type) {
    case 'BOOKMARK':
      guard(deps, 'progress', () => sink.progress?.(event.resourceVersion));
      return event.resourceVersion;
    case 'DELETED':
      guard(deps, 'remove', () => sink.remove(event.object));
      break;
    case 'ADDED':
    case 'MODIFIED':
      guard(deps, 'upsert', () => sink.upsert(event.object));
      break;
  }
  return event.object.metadata.resourceVersion ?? '';
}
