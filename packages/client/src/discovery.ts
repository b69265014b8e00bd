import { formatApiVersion, parseApiVersion } from '@clusternet/kube-data';
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

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Creates discovery over a transport; asks nothing until asked. */
export function createDiscovery(transport: Transport): Discovery {
  const cache = new Map<string, readonly ResourceRef[]>();

  const fetchResources = async (
    apiVersion: string,
    signal?: AbortSignal,
  ): Promise<readonly ResourceRef[]> => {
    const { group, version } = parseApiVersion(apiVersion);
    const path = group === '' ? `/api/${version}` : `/apis/${formatApiVersion(group, version)}`;
    try {
      const body = (await sendJson(
        transport,
        { method: 'GET', path, what: `discover ${apiVersion}` },
        signal,
      )) as {
        resources?: unknown;
      } | null;
      const resources = (body?.resources ?? []) as readonly ApiResource[];
      return resources
        .filter(({ name }) => !name.includes('/'))
        .map(({ name, kind, namespaced }) => ({ group, version, plural: name, kind, namespaced }));
    } catch (error) {
      if (isApiError(error, 'NOT_FOUND')) return [];
      throw error;
    }
  };

  const listResources = async (apiVersion: string, signal?: AbortSignal): Promise<readonly ResourceRef[]> => {
    const known = cache.get(apiVersion);
    if (known !== undefined) return known;
    const found = await fetchResources(apiVersion, signal);
    const [oldest] = cache.keys();
    if (cache.size >= MAX_CACHED && oldest !== undefined) cache.delete(oldest);
    if (found.length > 0) cache.set(apiVersion, found);
    return found;
  };

  return {
    listResources,
    resolve: async (apiVersion, kind, signal) => {
      const find = (refs: readonly ResourceRef[]): ResourceRef | undefined =>
        refs.find((ref) => ref.kind === kind);
      const first = find(await listResources(apiVersion, signal));
      if (first !== undefined) return first;
      cache.delete(apiVersion);
      const second = find(await listResources(apiVersion, signal));
      if (second !== undefined) return second;
      throw new ApiError(
        'UNKNOWN_KIND',
        `${transport.hop} does not serve ${kind} of ${apiVersion}; install its CRD there`,
      );
    },
    invalidate: () => {
      cache.clear();
    },
  };
}
