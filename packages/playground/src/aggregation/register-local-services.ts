import { isApiError } from '@clusternet/apiserver';
import type { ApiRegistry } from '@clusternet/apiserver';
import { createSystemContext } from '../control-plane/system-context.ts';
import type { LocalApi } from '../control-plane/local-api.ts';

/** Shows a group and version that this server answers itself as an APIService without a service. */
export async function registerLocalService(api: LocalApi, group: string, version: string): Promise<void> {
  const name = `${version}.${group}`;
  const services = api.of('apiregistration.k8s.io', 'apiservices');
  const context = createSystemContext('kube-apiserver');
  const isCustom = !BUILT_IN.test(group);
  const object = {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: {
      name,
      labels: { 'kube-aggregator.kubernetes.io/automanaged': isCustom ? 'true' : 'onstart' },
    },
    spec: {
      ...(group === '' ? {} : { group }),
      version,
      groupPriorityMinimum: isCustom ? 1000 : group === '' ? 18_000 : 17_000,
      versionPriority: isCustom ? 100 : group === '' ? 1 : 15,
    },
  };
  try {
    await services.create('', object, context);
  } catch (error) {
    if (isApiError(error, 'AlreadyExists')) return;
    throw error;
  }
  const status = {
    conditions: [
      {
        type: 'Available',
        status: 'True',
        reason: 'Local',
        message: 'Local APIServices are always available',
        lastTransitionTime: new Date().toISOString().replace(/\.\d+/, ''),
      },
    ],
  };
  await services.update(
    {
      namespace: '',
      name,
      subresource: 'status',
      produce: async () => ({ ...structuredClone(await services.get('', name)), status }),
    },
    context,
  );
}

const BUILT_IN = /^$|^(apps|autoscaling|batch|policy)$|\.k8s\.io$/;

/** Takes the APIService of a group and version away, if it is a local one. */
export async function unregisterLocalService(api: LocalApi, group: string, version: string): Promise<void> {
  const services = api.of('apiregistration.k8s.io', 'apiservices');
  try {
    const { metadata } = await services.get('', `${version}.${group}`);
    if (metadata.labels?.['kube-aggregator.kubernetes.io/automanaged'] === undefined) return;
    await services.delete('', `${version}.${group}`, {}, createSystemContext('kube-apiserver'));
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}

/** Registers every group and version that is served here now. */
export async function registerLocalServices(api: LocalApi, registry: ApiRegistry): Promise<void> {
  for (const { group, version } of registry.listGroupVersions())
    await registerLocalService(api, group, version);
}
