import { findCondition } from '@clusternet/controller-kit';
import type { Condition, KubeObject } from '@clusternet/kube-data';
import { aborted, withTimeout } from '@clusternet/runtime';
import type { LocalApi } from '../control-plane/local-api.ts';

/**
 * Resolves when the control plane has a node that is ready, or when `signal` aborts.
 * @throws {DeadlineError} after `timeoutMs`
 */
export async function waitForNode(api: LocalApi, timeoutMs: number, signal: AbortSignal): Promise<void> {
  await withTimeout(timeoutMs, signal, 'starting the node', async (inner) => {
    let onReady = (): void => undefined;
    const ready = new Promise<void>((resolve) => {
      onReady = resolve;
    });
    const watch = api.of('', 'nodes').watch('', {}, (event) => {
      if ((event.type === 'ADDED' || event.type === 'MODIFIED') && isReady(event.object)) onReady();
    });
    try {
      await Promise.race([ready, aborted(inner)]);
    } finally {
      watch.close();
    }
    if (inner.aborted && !signal.aborted) throw inner.reason;
  });
}

function isReady(node: KubeObject): boolean {
  const { conditions } = (node['status'] ?? {}) as { conditions?: readonly Condition[] };
  return findCondition(conditions, 'Ready')?.status === 'True';
}
