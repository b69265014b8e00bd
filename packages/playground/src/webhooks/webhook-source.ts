import type { Storage } from '@clusternet/apiserver';
import { compareText } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { parseWebhooks } from './parse-webhooks.ts';
import type { Webhook } from './parse-webhooks.ts';

/** The webhooks that are configured now. Disposing it stops following them. */
export interface WebhookSource extends Disposable {
  /** By name of the configuration, then in its order. */
  list(): readonly Webhook[];
}

/** Follows the configurations of one kind in the storage; a change counts for the next request. */
export function createWebhookSource(
  storage: Storage,
  kind: 'mutatingwebhookconfigurations' | 'validatingwebhookconfigurations',
): WebhookSource {
  const configurations = new Map<string, KubeObject>();
  let webhooks: readonly Webhook[] | undefined = [];
  const scope = { resource: `${kind}.admissionregistration.k8s.io`, namespace: '' };
  const watch = storage.watch(scope, storage.getResourceVersion(), ({ type, object }) => {
    const name = object.metadata.name ?? '';
    if (type === 'DELETED') configurations.delete(name);
    else configurations.set(name, object);
    webhooks = undefined; // read again when somebody asks
  });
  return {
    list() {
      webhooks ??= [...configurations]
        .sort(([a], [b]) => compareText(a, b))
        .flatMap(([, configuration]) => parseWebhooks(configuration));
      return webhooks;
    },
    [Symbol.dispose]: () => watch.close(),
  };
}
