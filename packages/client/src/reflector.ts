import { backoffMs, errorText } from '@clusternet/runtime';
import type { Clock, Logger, Random } from '@clusternet/runtime';
import type { KubeObject } from '@clusternet/kube-data';
import { ApiError, isApiError } from './errors.ts';
import type { ResourceClient } from './kube-client.ts';

/** Takes what a reflector sees, in order. None of these may throw. */
export interface ReflectorSink<T extends KubeObject> {
  /** The whole truth after a list. */
  replace(objects: readonly T[]): void;
  upsert(object: T): void;
  /** @param object - the last state, as the server sent it */
  remove(object: T): void;
}

export interface ReflectorDeps<T extends KubeObject> {
  readonly resource: Pick<ResourceClient<T>, 'list' | 'ref' | 'watch'>;
  readonly sink: ReflectorSink<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

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
  /** Called when listing or watching failed and will be tried again, and with `undefined` when it works again. */
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
    position.resourceVersion = await listAll(deps, options, signal);
    options.onSynced?.();
    options.onError?.(undefined);
  }
  const from = position.resourceVersion;
  const startMs = deps.clock.monotonicMs();
  const sawProgress = await watchOnce(deps, options, from, signal, (seen) => {
    position.resourceVersion = seen;
    position.failures = 0;
  });
  // A server that ends each watch at once must not be asked in a hot loop.
  const isHot = !sawProgress && deps.clock.monotonicMs() - startMs < 1000;
  position.failures = isHot ? position.failures + 1 : 0;
}

async function listAll<T extends KubeObject>(
  { resource, sink }: ReflectorDeps<T>,
  { namespace, labelSelector, fieldSelector, pageSize = 500 }: ReflectorOptions,
  signal: AbortSignal,
): Promise<string> {
  const selection = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
  let page = await resource.list({ ...selection, limit: pageSize }, signal);
  let objects = page.items;
  while (page.continueToken !== '') {
    const { continueToken } = page;
    page = await resource.list({ ...selection, limit: pageSize, continueToken }, signal);
    objects = objects.concat(page.items);
  }
  sink.replace(objects);
  return page.resourceVersion;
}

/**
 * One watch from `resourceVersion` until it ends; tells `onProgress` where to resume after each event. Answers
 * whether there was any.
 */
async function watchOnce<T extends KubeObject>(
  deps: ReflectorDeps<T>,
  options: ReflectorOptions,
  resourceVersion: string,
  signal: AbortSignal,
  onProgress: (resourceVersion: string) => void,
): Promise<boolean> {
  const { resource, sink, clock, random } = deps;
  const { namespace, labelSelector, fieldSelector, idleTimeoutMs = 150_000 } = options;
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
  let sawProgress = false;
  try {
    restartTimer();
    const timeoutSeconds = 300 + Math.floor(random.next() * 300);
    const events = await resource.watch(
      {
        resourceVersion,
        timeoutSeconds,
        ...(namespace === undefined ? {} : { namespace }),
        ...(labelSelector === undefined ? {} : { labelSelector }),
        ...(fieldSelector === undefined ? {} : { fieldSelector }),
      },
      controller.signal,
    );
    for await (const event of events) {
      restartTimer();
      sawProgress = true;
      if (event.type === 'BOOKMARK') {
        onProgress(event.resourceVersion);
        continue;
      }
      if (event.type === 'DELETED') sink.remove(event.object);
      else sink.upsert(event.object);
      onProgress(event.object.metadata.resourceVersion ?? resourceVersion);
    }
  } catch (error) {
    // An idle watch is no failure of the server: resume at once from what was seen last.
    if (controller.signal.reason !== idle) throw error;
  } finally {
    cancelTimer();
    signal.removeEventListener('abort', onAbort);
    controller.abort();
  }
  return sawProgress;
}
