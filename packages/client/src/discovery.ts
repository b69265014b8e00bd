import { formatApiVersion, isJsonObject, parseApiVersion } from '@clusternet/kube-data';
import { ApiError, isApiError } from './errors.ts';
import { sendJson } from './rest.ts';
import type { ResourceRef } from './resource.ts';
import type { Transport } from './transport.ts';

/** Group versions kept at most; the oldest goes first. */
const MAX_CACHED = 256;

/** What an API serves, asked one group version at a time and kept until a kind is missing from it. */
export interface Discovery {
  /** @throws {ApiError} `UNKNOWN_KIND` when the API does not serve the kind, even on a second look */
  resolve(apiVersion: string, kind: string, signal?: AbortSignal): Promise<ResourceRef>;
  /** Every resource of one group version, without subresources. Empty when it is not served. */
  listResources(apiVersion: string, signal?: AbortSignal): Promise<readonly ResourceRef[]>;
  /** Forgets everything. */
  invalidate(): void;
}

/** Creates discovery over a transport; asks nothing until asked. */
export function createDiscovery(transport: Transport): Discovery {
  const cache = new Map<string, readonly ResourceRef[]>();
  const pending = new Map<string, Promise<readonly ResourceRef[]>>();

  const fetchResources = async (
    apiVersion: string,
    signal?: AbortSignal,
  ): Promise<readonly ResourceRef[]> => {
    const { group, version } = parseApiVersion(apiVersion);
    const path = group === '' ? `/api/${version}` : `/apis/${formatApiVersion(group, version)}`;
    try {
      const body = await sendJson(transport, { method: 'GET', path, what: `discover ${apiVersion}` }, signal);
      return parseResources(body, group, version);
    } catch (error) {
      if (isApiError(error, 'NOT_FOUND')) return [];
      throw error;
    }
  };

  const ask = async (apiVersion: string, signal?: AbortSignal): Promise<readonly ResourceRef[]> => {
    const found = await fetchResources(apiVersion, signal);
    const [oldest] = cache.keys();
    if (cache.size >= MAX_CACHED && oldest !== undefined) cache.delete(oldest);
    if (found.length > 0) cache.set(apiVersion, found);
    return found;
  };

  /** However many ask at once, the server is asked once; who gave up does not fail the others. */
  const refresh = async (apiVersion: string, signal?: AbortSignal): Promise<readonly ResourceRef[]> => {
    const shared = pending.get(apiVersion);
    if (shared !== undefined) {
      try {
        return await shared;
      } catch (error) {
        if (isApiError(error)) throw error; // anything else is the end of the one who asked
        return refresh(apiVersion, signal);
      }
    }
    const asked = ask(apiVersion, signal).finally(() => pending.delete(apiVersion));
    pending.set(apiVersion, asked);
    return asked;
  };

  return {
    listResources: async (apiVersion, signal) => cache.get(apiVersion) ?? refresh(apiVersion, signal),
    resolve: async (apiVersion, kind, signal) => {
      const ofKind = (ref: ResourceRef): boolean => ref.kind === kind;
      const known = cache.get(apiVersion)?.find(ofKind);
      if (known !== undefined) return known;
      // What is not known may be new: a CRD that was installed a moment ago.
      const found = (await refresh(apiVersion, signal)).find(ofKind);
      if (found !== undefined) return found;
      throw new ApiError(
        'UNKNOWN_KIND',
        `${transport.hop} does not serve ${kind} of ${apiVersion}; install its CRD there`,
        { hop: transport.hop },
      );
    },
    invalidate: () => {
      cache.clear();
    },
  };
}

function parseResources(body: unknown, group: string, version: string): ResourceRef[] {
  const entries = isJsonObject(body) && Array.isArray(body['resources']) ? body['resources'] : [];
  return entries.flatMap((entry) => {
    if (!isJsonObject(entry)) return [];
    const { name, kind, namespaced } = entry;
    if (typeof name !== 'string' || typeof kind !== 'string' || name.includes('/')) return [];
    return [{ group, version, plural: name, kind, namespaced: namespaced === true }];
  });
}
