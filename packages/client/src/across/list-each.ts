import type { KubeObject } from '@clusternet/kube-data';
import { isDeadlineError, withTimeout } from '@clusternet/runtime';
import { ApiError } from '../errors.ts';
import type { KindName } from '../fleet/kinds.ts';
import { PAGE_SIZE } from '../reflector.ts';
import type { ObjectList } from '../resource.ts';
import type { AcrossDeps, AcrossListOptions, AcrossOptions, ClusterAnswer } from './across.ts';
import { nameOf } from './cluster-name.ts';
import type { ClusterName } from './cluster-name.ts';
import { createBoundedChannel } from './bounded-channel.ts';
import type { BoundedChannel } from './bounded-channel.ts';

/**
 * Asks clusters, some at a time, and gives what they say as it comes.
 * @throws {ApiError} when the parent does not say which clusters there are; a cluster that fails is an answer
 */
export async function* listEach<T extends KubeObject>(
  deps: AcrossDeps,
  options: AcrossOptions,
  which: KindName,
  what: AcrossListOptions,
  signal?: AbortSignal,
): AsyncGenerator<ClusterAnswer<T>, void, undefined> {
  const { concurrency = 16, clusterSelector } = options;
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal?.reason);
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const channel = createBoundedChannel<ClusterAnswer<T>>(concurrency);
  try {
    const selection = clusterSelector === undefined ? {} : { labelSelector: clusterSelector };
    const names: ClusterName[] = [];
    for await (const cluster of deps.parent.kind('ManagedCluster').items(selection, controller.signal)) {
      const name = nameOf(cluster);
      if (name !== undefined) names.push(name);
    }
    const worker = async (): Promise<void> => {
      for (let name = names.shift(); name !== undefined; name = names.shift()) {
        if (!(await askOne(deps, options, { name, which, what }, channel, controller.signal))) return;
      }
    };
    const workers = Array.from({ length: Math.min(concurrency, names.length) }, worker);
    Promise.all(workers).then(
      () => channel.end(),
      (error: unknown) => channel.end(error as Error),
    );
    yield* channel;
    signal?.throwIfAborted();
  } finally {
    signal?.removeEventListener('abort', onAbort);
    controller.abort();
  }
}

interface Question {
  readonly name: ClusterName;
  readonly which: KindName;
  readonly what: AcrossListOptions;
}

/** @returns whether there is somebody who takes the answers */
async function askOne<T extends KubeObject>(
  { openCluster }: AcrossDeps,
  { timeoutMs = 10_000 }: AcrossOptions,
  { name: cluster, which, what }: Question,
  channel: BoundedChannel<ClusterAnswer<T>>,
  signal: AbortSignal,
): Promise<boolean> {
  const objects = openCluster(cluster.id).kind<T>(which);
  let continueToken = '';
  try {
    do {
      const page: ObjectList<T> = await withTimeout(
        timeoutMs,
        signal,
        `the list of ${cluster.name}`,
        (inTime) =>
          objects.list(
            { limit: PAGE_SIZE, ...what, ...(continueToken === '' ? {} : { continueToken }) },
            inTime,
          ),
      );
      ({ continueToken } = page);
      const { items } = page;
      if (!(await channel.put({ kind: 'items', cluster, items }))) return false;
    } while (continueToken !== '');
    return true;
  } catch (reason) {
    if (signal.aborted) return false;
    const error = isDeadlineError(reason)
      ? new ApiError('TIMEOUT', `cluster ${cluster.name} (${cluster.id}) did not answer in ${timeoutMs} ms`)
      : reason;
    return channel.put({ kind: 'silent', cluster, error });
  }
}
