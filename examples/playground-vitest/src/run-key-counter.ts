import { isApiError, resourceRef } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import { createController, createInformer, createWorkQueue } from '@clusternet/controller-kit';
import { noMetrics, runAll, silentLogger, systemClock, systemRandom } from '@clusternet/runtime';

export const LABEL = 'example.com/keys';

/** Keeps a label on every ConfigMap that says how many keys it has, until `signal` aborts. */
export async function runKeyCounter(client: KubeClient, signal: AbortSignal): Promise<void> {
  const machine = { clock: systemClock, random: systemRandom, log: silentLogger, metrics: noMetrics };
  const configMaps = client.resource(resourceRef('v1', 'ConfigMap', 'configmaps', true));
  const informer = createInformer({ resource: configMaps, ...machine });
  const queue = createWorkQueue(systemClock);
  informer.store.subscribe(({ key }) => queue.add(key));

  const reconcile = async (key: string, stop: AbortSignal): Promise<object> => {
    const found = informer.store.get(key);
    if (found === undefined) return {}; // gone
    const { name = '', namespace = '', labels = {} } = found.metadata;
    const want = String(Object.keys(found['data'] ?? {}).length);
    if (labels[LABEL] === want) return {};
    try {
      await configMaps.patch(
        { name, namespace },
        'merge',
        { metadata: { labels: { [LABEL]: want } } },
        {},
        stop,
      );
    } catch (error) {
      if (!isApiError(error, 'NOT_FOUND')) throw error; // tried again, later and later
    }
    return {};
  };
  await runAll(
    [informer.run, createController({ queue, reconcile, ...machine }, { name: 'key-counter' })],
    signal,
  );
}
