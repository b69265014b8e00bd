import { equalJson, hashFnv1a32 } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { labelsAt, numberAt, objectAt, objectsAt, textAt } from '../built-in/fields.ts';
import { createSystemContext } from '../control-plane/system-context.ts';
import type { StoredResource } from '@clusternet/apiserver';
import { keyOfObject, splitKey } from './local-controller.ts';
import type { LocalController, LocalControllerDeps } from './local-controller.ts';
import { createOwnerReference, isPodReady } from './pods.ts';
import { readOrUndefined, unlessExists } from './read-or-undefined.ts';
import { deleteQuietly, updateObject } from './update-status.ts';

const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';

/** Lists the pods behind services that select some, as Endpoints and as an EndpointSlice. */
export function createEndpointsController({ api }: LocalControllerDeps): LocalController {
  const services = api.of('', 'services');
  const selectors = new Map<string, Record<string, string>>();
  const context = createSystemContext('kube-controller-manager');

  const put = async (
    resource: StoredResource,
    object: KubeObject,
    parts: readonly string[],
  ): Promise<void> => {
    const { namespace = '', name = '' } = object.metadata;
    const live = await readOrUndefined(resource, namespace, name);
    if (live === undefined) {
      await unlessExists(resource.create(namespace, object, context));
      return;
    }
    if (parts.every((part) => equalJson(live[part] ?? [], object[part] ?? []))) return;
    await updateObject(resource, live, (next) => {
      for (const part of parts) next[part] = object[part];
    });
  };

  return {
    name: 'endpoints',
    watches: [
      {
        resource: 'services',
        map: (service) => {
          selectors.set(keyOfObject(service), labelsAt(objectAt(service, 'spec'), 'selector'));
          return [keyOfObject(service)];
        },
      },
      {
        resource: 'pods',
        map: (pod, previous) =>
          [...selectors]
            .filter(
              ([key, selector]) =>
                key.startsWith(`${pod.metadata.namespace ?? ''}/`) &&
                [pod, previous].some((item) => item !== undefined && isSelected(item, selector)),
            )
            .map(([key]) => key),
      },
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const service = await readOrUndefined(services, namespace, name);
      const endpoints = api.of('', 'endpoints');
      if (service === undefined) {
        selectors.delete(key);
        const left = await readOrUndefined(endpoints, namespace, name);
        if (left?.metadata.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller')
          await deleteQuietly(endpoints, left);
        return undefined;
      }
      const selector = labelsAt(objectAt(service, 'spec'), 'selector');
      if (Object.keys(selector).length === 0 || textAt(objectAt(service, 'spec'), 'type') === 'ExternalName')
        return undefined;
      const { items } = await api.of('', 'pods').list(namespace);
      const pods = items.filter(
        (pod) =>
          isSelected(pod, selector) &&
          textAt(objectAt(pod, 'status'), 'podIP') !== '' &&
          pod.metadata.deletionTimestamp === undefined,
      );
      await put(endpoints, createEndpoints(service, pods), ['subsets']);
      await put(api.of('discovery.k8s.io', 'endpointslices'), createSlice(service, pods), [
        'endpoints',
        'ports',
      ]);
      return undefined;
    },
  };
}

function isSelected(pod: KubeObject, selector: Record<string, string>): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => pod.metadata.labels?.[key] === value);
}

/** Ports of a service as the pods have them. */
function resolvePorts(service: KubeObject, pods: readonly KubeObject[]): JsonObject[] {
  return objectsAt(objectAt(service, 'spec'), 'ports').flatMap((port) => {
    const target = port['targetPort'];
    const number = typeof target === 'number' ? target : findNamedPort(pods, textAt(port, 'targetPort'));
    const name = textAt(port, 'name');
    return number === undefined
      ? []
      : [{ ...(name === '' ? {} : { name }), port: number, protocol: textAt(port, 'protocol') || 'TCP' }];
  });
}

function findNamedPort(pods: readonly KubeObject[], name: string): number | undefined {
  for (const pod of pods) {
    for (const container of objectsAt(objectAt(pod, 'spec'), 'containers')) {
      const found = objectsAt(container, 'ports').find((port) => port['name'] === name);
      if (found !== undefined) return numberAt(found, 'containerPort');
    }
  }
  return undefined;
}

function targetOf(pod: KubeObject): JsonObject {
  const { name = '', namespace = '', uid = '' } = pod.metadata;
  return { kind: 'Pod', namespace, name, uid };
}

function createEndpoints(service: KubeObject, pods: readonly KubeObject[]): KubeObject {
  const { name = '', namespace = '' } = service.metadata;
  const address = (pod: KubeObject): JsonObject => ({
    ip: textAt(objectAt(pod, 'status'), 'podIP'),
    nodeName: textAt(objectAt(pod, 'spec'), 'nodeName'),
    targetRef: targetOf(pod),
  });
  const ready = pods.filter(isPodReady).map(address);
  const notReady = pods.filter((pod) => !isPodReady(pod)).map(address);
  const ports = resolvePorts(service, pods);
  const subset: JsonObject = {
    ...(ready.length === 0 ? {} : { addresses: ready }),
    ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
    ...(ports.length === 0 ? {} : { ports }),
  };
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name,
      namespace,
      labels: { ...service.metadata.labels, 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' },
    },
    subsets: pods.length === 0 ? [] : [subset],
  };
}

function createSlice(service: KubeObject, pods: readonly KubeObject[]): KubeObject {
  const { name = '', namespace = '', uid = '' } = service.metadata;
  const suffix = hashFnv1a32(uid).toString(36).padStart(5, '0').slice(0, 5);
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-${suffix}`,
      namespace,
      labels: {
        ...service.metadata.labels,
        'kubernetes.io/service-name': name,
        [MANAGED_BY]: 'endpointslice-controller.k8s.io',
      },
      ownerReferences: [createOwnerReference(service)],
    },
    addressType: 'IPv4',
    endpoints: pods.map((pod) => {
      const isReady = isPodReady(pod);
      return {
        addresses: [textAt(objectAt(pod, 'status'), 'podIP')],
        conditions: { ready: isReady, serving: isReady, terminating: false },
        nodeName: textAt(objectAt(pod, 'spec'), 'nodeName'),
        targetRef: targetOf(pod),
      };
    }),
    ports: resolvePorts(service, pods).map((port) => ({ name: '', ...port })),
  };
}
