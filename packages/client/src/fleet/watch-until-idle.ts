import type { KubeObject } from '@clusternet/kube-data';
import type { Clock, Random } from '@clusternet/runtime';
import { ApiError } from '../errors.ts';
import type { ResourceClient } from '../kube-client.ts';
import { selectionOf } from '../reflector.ts';
import type { Selection } from '../reflector.ts';
import type { WatchEvent } from '../resource.ts';

/**
 * One watch from a version on, until the server ends it or says nothing for too long. Silence counts only while somebody
 * waits for the next event.
 */
export async function* watchUntilIdle<T extends KubeObject>(
  resource: Pick<ResourceClient<T>, 'ref' | 'watch'>,
  options: Selection & { readonly idleTimeoutMs?: number; readonly onOpen?: () => void },
  resourceVersion: string,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  signal: AbortSignal,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const { idleTimeoutMs = 150_000 } = options;
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const idle = new ApiError(
    'TIMEOUT',
    `the watch of ${resource.ref.kind} said nothing for ${idleTimeoutMs} ms`,
  );
  const inTime = async <R>(work: Promise<R>): Promise<R> => {
    const cancel = clock.schedule(idleTimeoutMs, () => controller.abort(idle));
    try {
      return await work;
    } finally {
      cancel();
    }
  };
  try {
    const timeoutSeconds = 300 + Math.floor(random.next() * 300);
    const selection = { ...selectionOf(options), resourceVersion, timeoutSeconds };
    const watch = await inTime(resource.watch(selection, controller.signal));
    options.onOpen?.();
    const events = watch[Symbol.asyncIterator]();
    for (;;) {
      const next = await inTime(events.next());
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    if (controller.signal.reason !== idle) throw error; // silence is no failure of the server: resume at once
  } finally {
    signal.removeEventListener('abort', onAbort);
    controller.abort();
  }
}
