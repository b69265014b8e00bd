import { cloneJson } from '@clusternet/kube-data';
import { objectAt, textsAt } from '../built-in/fields.ts';
import { createSystemContext } from '../control-plane/system-context.ts';
import type { LocalController, LocalControllerDeps } from './local-controller.ts';
import { readOrUndefined, unlessExists } from './read-or-undefined.ts';

const FINALIZER = 'kubernetes';

/** Gives namespaces their service account and CA, and empties those that are being deleted. */
export function createNamespaceController({ api, caPem }: LocalControllerDeps): LocalController {
  const context = createSystemContext('kube-controller-manager');

  const furnish = async (name: string): Promise<void> => {
    const accounts = api.of('', 'serviceaccounts');
    if ((await readOrUndefined(accounts, name, 'default')) === undefined) {
      const account = {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'default', namespace: name },
      };
      await unlessExists(accounts.create(name, account, context));
    }
    const maps = api.of('', 'configmaps');
    if ((await readOrUndefined(maps, name, 'kube-root-ca.crt')) === undefined) {
      const metadata = {
        name: 'kube-root-ca.crt',
        namespace: name,
        annotations: {
          'kubernetes.io/description':
            'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
        },
      };
      await unlessExists(
        maps.create(
          name,
          { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'ca.crt': caPem } },
          context,
        ),
      );
    }
  };

  const empty = async (name: string): Promise<number> => {
    let left = 0;
    for (const resource of api.list()) {
      if (!resource.definition.namespaced) continue;
      const { items } = await resource.list(name);
      if (items.length === 0) continue;
      await resource.deleteCollection(name, {}, { propagationPolicy: 'Background' }, context);
      left += (await resource.list(name)).items.length;
    }
    return left;
  };

  return {
    name: 'namespace',
    watches: [
      { resource: 'namespaces' },
      {
        resource: 'serviceaccounts',
        map: ({ metadata }) => (metadata.name === 'default' ? [metadata.namespace ?? ''] : []),
      },
      {
        resource: 'configmaps',
        map: ({ metadata }) => (metadata.name === 'kube-root-ca.crt' ? [metadata.namespace ?? ''] : []),
      },
    ],
    async reconcile(name) {
      const namespaces = api.of('', 'namespaces');
      const namespace = await readOrUndefined(namespaces, '', name);
      if (namespace === undefined) return undefined;
      if (namespace.metadata.deletionTimestamp === undefined) {
        await furnish(name);
        return undefined;
      }
      if (!textsAt(objectAt(namespace, 'spec'), 'finalizers').includes(FINALIZER)) return undefined;
      if ((await empty(name)) > 0) return { requeueAfterMs: 100 };
      await namespaces.update(
        {
          namespace: '',
          name,
          subresource: 'finalize',
          produce: (live) => {
            const next = cloneJson(live ?? namespace);
            const finalizers = textsAt(objectAt(next, 'spec'), 'finalizers').filter(
              (item) => item !== FINALIZER,
            );
            next['spec'] = { ...objectAt(next, 'spec'), finalizers };
            return next;
          },
        },
        context,
      );
      return undefined;
    },
  };
}
