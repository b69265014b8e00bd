import { stringifyJson } from '@clusternet/kube-data';
import { createBadRequest, createInternalError } from '@clusternet/apiserver';
import type { ApiRequest } from '@clusternet/apiserver';
import { isApiError } from '@clusternet/apiserver';
import type { KubeObject } from '@clusternet/kube-data';
import { numberAt, objectAt, objectsAt, textAt } from '../built-in/fields.ts';
import type { LocalApi } from './local-api.ts';

/** Where a kubelet answers for a pod. */
export interface KubeletLocation {
  readonly host: string;
  readonly port: number;
  /** Path and query. */
  readonly path: string;
}

const DEFAULT_PORT = 10_250;

/** Names of the query parameters of a kubelet, by those of the API. */
const STREAM_PARAMETERS: ReadonlyMap<string, string> = new Map([
  ['stdin', 'input'],
  ['stdout', 'output'],
  ['stderr', 'error'],
  ['tty', 'tty'],
]);
const LOG_PARAMETERS = ['sinceSeconds', 'sinceTime', 'tailLines', 'limitBytes'];
const LOG_SWITCHES = ['follow', 'previous', 'timestamps'];

/**
 * Finds the kubelet of a pod and what to ask of it, as kube-apiserver does.
 * @param verb - the first segment of the path at the kubelet
 * @returns undefined while the pod is on no node
 * @throws {ApiError} `NotFound`, `BadRequest` for a container that is not there
 */
export async function findKubelet(
  api: LocalApi,
  request: ApiRequest,
  verb: 'attach' | 'containerLogs' | 'exec' | 'portForward',
): Promise<KubeletLocation | undefined> {
  const { namespace, name } = request.info;
  const pod = await api.of('', 'pods').get(namespace, name);
  const { query } = request;
  const container = verb === 'portForward' ? '' : `/${pickContainer(pod, query.get('container') ?? '')}`;
  const nodeName = textAt(objectAt(pod, 'spec'), 'nodeName');
  if (nodeName === '') return undefined;
  const node = await getNode(api, nodeName);
  const status = objectAt(node, 'status');
  const port = numberAt(objectAt(objectAt(status, 'daemonEndpoints'), 'kubeletEndpoint'), 'Port');
  const address = objectsAt(status, 'addresses').find((item) => item['type'] === 'InternalIP');
  if (address === undefined) {
    throw createInternalError(
      new Error(
        `no preferred addresses found; known addresses: ${stringifyJson(status?.['addresses'] ?? [])}`,
      ),
    );
  }
  const parameters = verb === 'containerLogs' ? planLogQuery(query) : planStreamQuery(query, verb);
  return {
    host: textAt(address, 'address'),
    port: port ?? DEFAULT_PORT,
    path: `/${verb}/${namespace}/${name}${container}?${parameters.toString()}`,
  };
}

async function getNode(api: LocalApi, name: string): Promise<KubeObject> {
  try {
    return await api.of('', 'nodes').get('', name);
  } catch (error) {
    throw isApiError(error, 'NotFound') ? error : createInternalError(error);
  }
}

function pickContainer(pod: KubeObject, asked: string): string {
  const spec = objectAt(pod, 'spec');
  const name = pod.metadata.name ?? '';
  const namesOf = (key: string): string[] => objectsAt(spec, key).map((item) => textAt(item, 'name'));
  const containers = namesOf('containers');
  const all = [...namesOf('initContainers'), ...containers, ...namesOf('ephemeralContainers')];
  if (asked !== '') {
    if (!all.includes(asked)) throw createBadRequest(`container ${asked} is not valid for pod ${name}`);
    return asked;
  }
  const [only] = containers;
  if (containers.length === 1 && only !== undefined) return only;
  throw createBadRequest(
    `a container name must be specified for pod ${name}, choose one of: [${all.join(' ')}]`,
  );
}

function isOn(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

function planLogQuery(query: URLSearchParams): URLSearchParams {
  const planned = new URLSearchParams();
  for (const name of LOG_SWITCHES) if (isOn(query, name)) planned.set(name, 'true');
  for (const name of LOG_PARAMETERS) {
    const value = query.get(name);
    if (value !== null) planned.set(name, value);
  }
  return planned;
}

function planStreamQuery(query: URLSearchParams, verb: string): URLSearchParams {
  const planned = new URLSearchParams();
  if (verb === 'portForward') {
    const ports = query.getAll('ports');
    if (ports.length > 0) planned.set('port', ports.join(','));
    return planned;
  }
  // Standard output is wanted unless told otherwise for exec and attach; so is standard error.
  for (const [name, parameter] of STREAM_PARAMETERS) {
    const isDefault = name === 'stdout' || name === 'stderr';
    if (query.has(name) ? isOn(query, name) : isDefault) planned.set(parameter, '1');
  }
  for (const part of query.getAll('command')) planned.append('command', part);
  return planned;
}
