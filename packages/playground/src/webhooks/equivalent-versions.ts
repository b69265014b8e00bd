import type { ResourceNames, StoredResource } from '@clusternet/apiserver';
import { cloneJson } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import type { LocalApi } from '../control-plane/local-api.ts';

type ResourceInVersion = Pick<ResourceNames, 'group' | 'resource' | 'version'>;

function find(api: LocalApi, { group, resource, version }: ResourceInVersion): StoredResource | undefined {
  return api.find(group, resource, version);
}

/** The other versions in which the objects of a resource are served, those in other groups included. */
export function listEquivalents(api: LocalApi, resource: ResourceInVersion): readonly ResourceNames[] {
  const own = find(api, resource)?.definition;
  if (own === undefined) return [];
  return api
    .listVersions()
    .map(({ definition }) => definition)
    .filter((item) => item.storageResource === own.storageResource && item !== own);
}

/** An object in another version of its resource; the object itself in the same. */
export function convertObject(
  api: LocalApi,
  object: KubeObject | undefined,
  from: ResourceInVersion,
  to: ResourceInVersion,
): KubeObject | undefined {
  if (object === undefined || (from.group === to.group && from.version === to.version)) return object;
  const [source, target] = [find(api, from)?.definition, find(api, to)?.definition];
  const own = object.apiVersion === (from.group === '' ? from.version : `${from.group}/${from.version}`);
  if (source === undefined || target === undefined || !own) return object; // a Scale is one in every version
  const stored = cloneJson(object);
  const inStorage = source.toStorage?.(stored) ?? stored;
  return target.fromStorage?.(inStorage) ?? inStorage;
}
