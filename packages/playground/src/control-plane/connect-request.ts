import type { AdmissionRequest, ApiRequest, ResourceNames } from '@clusternet/apiserver';
import type { JsonValue, KubeObject } from '@clusternet/kube-data';

const SWITCHES = ['stdin', 'stdout', 'stderr', 'tty'];

/**
 * A stream to a pod as admission sees it: the options of the query as an object.
 * @param kind - `PodExecOptions`, `PodAttachOptions` or `PodPortForwardOptions`
 */
export function createConnectRequest(
  resource: ResourceNames,
  kind: string,
  request: ApiRequest,
  signal: AbortSignal,
): AdmissionRequest {
  const { namespace, name, subresource } = request.info;
  return {
    operation: 'CONNECT',
    resource,
    subresource,
    kind: { group: '', version: 'v1', kind },
    namespace,
    name,
    object: createOptions(kind, request.query),
    live: undefined,
    context: {
      user: request.user,
      dryRun: false,
      fieldManager: '',
      fieldValidation: 'Ignore',
      warn: () => undefined, // the answer to an upgrade has no place for it
      signal,
    },
    options: undefined,
  };
}

function createOptions(kind: string, query: URLSearchParams): KubeObject {
  const options: Record<string, JsonValue> = {};
  if (kind === 'PodPortForwardOptions') {
    const ports = query.getAll('ports').flatMap((value) => value.split(',').map(Number));
    if (ports.length > 0) options['ports'] = ports;
  } else {
    for (const name of SWITCHES) if (isOn(query.get(name))) options[name] = true;
    const container = query.get('container') ?? '';
    if (container !== '') options['container'] = container;
    const command = query.getAll('command');
    if (command.length > 0) options['command'] = command;
  }
  // Options have no metadata, which the type of objects asks for.
  return { kind, apiVersion: 'v1', ...options } as unknown as KubeObject;
}

function isOn(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}
