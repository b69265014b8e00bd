import { objectAt, objectsAt, textAt, textsAt, numberAt } from '../built-in/fields.ts';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { readOrUndefined } from '../controllers/read-or-undefined.ts';
import type { LocalApi } from '../control-plane/local-api.ts';

/** Where the server behind an APIService listens, or why that is not known. */
export type Backend =
  | { readonly kind: 'found'; readonly host: string; readonly port: number }
  | { readonly kind: 'missing'; readonly reason: string; readonly message: string };

/** A port of a service, as APIServices and webhooks refer to it. */
export interface ServiceReference {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

/** Reads the service of an APIService. */
export function readServiceReference(apiService: KubeObject): ServiceReference {
  const reference = objectAt(objectAt(apiService, 'spec'), 'service');
  return {
    namespace: textAt(reference, 'namespace'),
    name: textAt(reference, 'name'),
    port: numberAt(reference, 'port') ?? 443,
  };
}

/** Follows a service to an address: an ExternalName, or the first ready endpoint. */
export async function findBackend(api: LocalApi, reference: ServiceReference): Promise<Backend> {
  const { namespace, name, port } = reference;
  const service = await readOrUndefined(api.of('', 'services'), namespace, name);
  if (service === undefined) {
    return {
      kind: 'missing',
      reason: 'ServiceNotFound',
      message: `service/${name} in ${JSON.stringify(namespace)} is not present`,
    };
  }
  const spec = objectAt(service, 'spec');
  if (textAt(spec, 'type') === 'ExternalName')
    return { kind: 'found', host: textAt(spec, 'externalName'), port };
  const servicePort = objectsAt(spec, 'ports').find((item) => item['port'] === port);
  if (servicePort === undefined) {
    return {
      kind: 'missing',
      reason: 'ServicePortError',
      message: `service/${name} in ${JSON.stringify(namespace)} is not listening on port ${port}`,
    };
  }
  const found =
    (await findInSlices(api, namespace, name, servicePort)) ??
    (await findInEndpoints(api, namespace, name, servicePort));
  return (
    found ?? {
      kind: 'missing',
      reason: 'MissingEndpoints',
      message: `endpoints for service/${name} in ${JSON.stringify(namespace)} have no addresses with port name ${JSON.stringify(textAt(servicePort, 'name'))}`,
    }
  );
}

function pickPort(ports: readonly JsonObject[], servicePort: JsonObject): number | undefined {
  const name = textAt(servicePort, 'name');
  const found =
    ports.find((port) => textAt(port, 'name') === name) ?? (ports.length === 1 ? ports[0] : undefined);
  return numberAt(found, 'port');
}

async function findInSlices(
  api: LocalApi,
  namespace: string,
  name: string,
  servicePort: JsonObject,
): Promise<Backend | undefined> {
  const { items } = await api
    .of('discovery.k8s.io', 'endpointslices')
    .list(namespace, { labelSelector: `kubernetes.io/service-name=${name}` });
  for (const slice of items) {
    const port = pickPort(objectsAt(slice, 'ports'), servicePort);
    const ready = objectsAt(slice, 'endpoints').find(
      (endpoint) => objectAt(endpoint, 'conditions')?.['ready'] !== false,
    );
    const [host] = textsAt(ready, 'addresses');
    if (port !== undefined && host !== undefined) return { kind: 'found', host, port };
  }
  return undefined;
}

async function findInEndpoints(
  api: LocalApi,
  namespace: string,
  name: string,
  servicePort: JsonObject,
): Promise<Backend | undefined> {
  const endpoints = await readOrUndefined(api.of('', 'endpoints'), namespace, name);
  for (const subset of objectsAt(endpoints, 'subsets')) {
    const port = pickPort(objectsAt(subset, 'ports'), servicePort);
    const host = textAt(objectsAt(subset, 'addresses')[0], 'ip');
    if (port !== undefined && host !== '') return { kind: 'found', host, port };
  }
  return undefined;
}
