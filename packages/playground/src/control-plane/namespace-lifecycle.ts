import { ApiError, createNotFound, formatGroupResource } from '@clusternet/apiserver';
import type { Admission } from '@clusternet/apiserver';
import type { LocalApi } from './local-api.ts';

const PROTECTED: ReadonlySet<string> = new Set(['default', 'kube-public', 'kube-system']);

/** Nothing is made in a namespace that is not there or on its way out; some namespaces stay. */
export function createNamespaceLifecycle(api: LocalApi): Admission {
  return async ({ operation, resource, namespace, name, subresource }) => {
    if (
      operation === 'DELETE' &&
      resource.group === '' &&
      resource.resource === 'namespaces' &&
      PROTECTED.has(name)
    ) {
      throw new ApiError(
        'Forbidden',
        `namespaces ${JSON.stringify(name)} is forbidden: this namespace may not be deleted`,
        {
          name,
          kind: 'namespaces',
        },
      );
    }
    if (operation !== 'CREATE' || !resource.namespaced || subresource !== '') return;
    const namespaces = api.of('', 'namespaces');
    let found;
    try {
      found = await namespaces.get('', namespace);
    } catch {
      throw createNotFound({ group: '', resource: 'namespaces' }, namespace);
    }
    if (found.metadata.deletionTimestamp === undefined) return;
    const { group } = resource;
    throw new ApiError(
      'Forbidden',
      `${formatGroupResource({ group, resource: resource.resource })} ${JSON.stringify(name)} is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
      {
        name,
        ...(group === '' ? {} : { group }),
        kind: resource.resource,
        causes: [
          {
            reason: 'NamespaceTerminating',
            message: `namespace ${namespace} is being terminated`,
            field: 'metadata.namespace',
          },
        ],
      },
    );
  };
}
