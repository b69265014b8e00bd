import { createHash } from 'node:crypto';
import { formatApiVersion } from '@clusternet/kube-data';
import type { JsonObject } from '@clusternet/kube-data';
import { createMethodNotSupported, createPageNotFound } from '../errors/status-errors.ts';
import { createUnknownPath } from '../registry/unknown-path.ts';
import type { ApiRegistry, DiscoveredResource, GroupVersionEntry } from '../registry/api-registry.ts';
import { getHeader } from '../server/header-map.ts';
import { negotiate } from '../server/negotiate.ts';
import type { OfferedKinds } from '../server/negotiate.ts';
import type { ApiRequest, ApiResponse } from '../server/request.ts';
import { writeValue } from '../server/respond.ts';

const AGGREGATED_V2 = 'APIGroupDiscoveryList.v2.apidiscovery.k8s.io';
const OFFERED: OfferedKinds = new Set([AGGREGATED_V2, 'APIGroupDiscoveryList.v2beta1.apidiscovery.k8s.io']);

/**
 * Answers `/api`, `/apis`, `/apis/{group}`, `/api/{version}` and `/apis/{group}/{version}`.
 * @throws {ApiError} `NotFound`
 */
export function serveDiscovery(registry: ApiRegistry, request: ApiRequest, response: ApiResponse): void {
  assertGet(request);
  const segments = request.path.split('/').filter((segment) => segment !== '');
  const isLegacy = segments[0] === 'api';
  const [group, version] = isLegacy ? ['', segments[1]] : [segments[1], segments[2]];
  if (version !== undefined) {
    const entry = registry
      .listGroupVersions()
      .find((item) => item.group === group && item.version === version);
    if (entry === undefined) throw createUnknownPath(registry, group ?? '');
    writeValue(response, 200, negotiate(request.headers).mediaType, createResourceList(entry));
    return;
  }
  if (isLegacy || group === undefined) {
    serveRoot(registry, request, response, isLegacy);
    return;
  }
  const found = createGroups(registry.listGroupVersions()).find((item) => item['name'] === group);
  if (found === undefined) throw createPageNotFound();
  writeValue(response, 200, negotiate(request.headers).mediaType, {
    kind: 'APIGroup',
    apiVersion: 'v1',
    ...found,
  });
}

function serveRoot(
  registry: ApiRegistry,
  request: ApiRequest,
  response: ApiResponse,
  isLegacy: boolean,
): void {
  const { as, mediaType } = negotiate(request.headers, OFFERED);
  const entries = registry.listGroupVersions().filter(({ group }) => (group === '') === isLegacy);
  response.setHeader('vary', 'Accept');
  if (as !== undefined) {
    const value = createAggregated(entries, as.version);
    const type = `application/json;g=apidiscovery.k8s.io;v=${as.version};as=APIGroupDiscoveryList`;
    sendTagged(request, response, type, JSON.stringify(value));
    return;
  }
  writeValue(
    response,
    200,
    mediaType,
    isLegacy
      ? {
          kind: 'APIVersions',
          versions: entries.map(({ version }) => version),
          serverAddressByClientCIDRs: [],
        }
      : { kind: 'APIGroupList', apiVersion: 'v1', groups: createGroups(entries) },
  );
}

/** @throws {ApiError} `MethodNotAllowed` for anything but a GET */
export function assertGet({ method }: ApiRequest): void {
  if (method !== 'GET') throw createMethodNotSupported({ group: '', resource: '' }, '');
}

/** Clients keep the whole of discovery and ask whether it has changed. */
function sendTagged(request: ApiRequest, response: ApiResponse, contentType: string, text: string): void {
  const etag = `"${createHash('sha512').update(text).digest('hex').toUpperCase()}"`;
  response.setHeader('etag', etag);
  if (getHeader(request.headers, 'if-none-match') === etag) {
    response.writeHead(304, { 'cache-control': 'public' }).end();
    return;
  }
  const body = Buffer.from(text);
  response.writeHead(200, {
    'content-type': contentType,
    'cache-control': 'public',
    'content-length': String(body.length),
  });
  response.end(body);
}

function createGroups(entries: readonly GroupVersionEntry[]): JsonObject[] {
  const groups = new Map<string, { groupVersion: string; version: string }[]>();
  for (const { group, version } of entries) {
    if (group === '') continue;
    const versions = groups.get(group) ?? [];
    versions.push({ groupVersion: `${group}/${version}`, version });
    groups.set(group, versions);
  }
  return [...groups].map(([name, versions]) => ({ name, versions, preferredVersion: { ...versions[0] } }));
}

function createResourceList({ group, version, resources }: GroupVersionEntry): JsonObject {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: formatApiVersion(group, version),
    resources: resources.flatMap(createResources),
  };
}

function createResources({ names, verbs, subresources, objectVersion }: DiscoveredResource): JsonObject[] {
  const { resource, singular, kind, namespaced, shortNames = [], categories = [] } = names;
  return [
    {
      name: resource,
      singularName: singular,
      namespaced,
      ...describeVersion(objectVersion),
      kind,
      verbs: [...verbs],
      ...(shortNames.length === 0 ? {} : { shortNames: [...shortNames] }),
      ...(categories.length === 0 ? {} : { categories: [...categories] }),
    },
    ...subresources.map((item) => ({
      name: `${resource}/${item.name}`,
      singularName: '',
      namespaced,
      ...(item.group === undefined ? {} : { group: item.group }),
      ...(item.version === undefined ? {} : { version: item.version }),
      kind: item.kind,
      verbs: [...item.verbs],
    })),
  ];
}

/** The core group goes without saying. */
function describeVersion(objectVersion: DiscoveredResource['objectVersion']): JsonObject {
  if (objectVersion === undefined) return {};
  const { group, version } = objectVersion;
  return { ...(group === '' ? {} : { group }), version };
}

function createAggregated(entries: readonly GroupVersionEntry[], version: string): JsonObject {
  const groups = new Map<string, GroupVersionEntry[]>();
  for (const entry of entries) {
    const list = groups.get(entry.group);
    if (list === undefined) groups.set(entry.group, [entry]);
    else list.push(entry);
  }
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: [...groups].map(([group, versions]) => ({
      metadata: { name: group === '' ? undefined : group, creationTimestamp: null },
      versions: versions.map((entry) => ({
        version: entry.version,
        resources: entry.resources.map((item) => createDiscovery(item, entry)),
        freshness: entry.isCurrent ? 'Current' : 'Stale',
      })),
    })),
  };
}

function createDiscovery(
  { names, verbs, subresources, objectVersion = names }: DiscoveredResource,
  at: GroupVersionEntry,
): JsonObject {
  const { shortNames = [], categories = [] } = names;
  return {
    resource: names.resource,
    responseKind: { group: objectVersion.group, version: objectVersion.version, kind: names.kind },
    scope: names.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: names.singular,
    verbs: [...verbs],
    ...(shortNames.length === 0 ? {} : { shortNames: [...shortNames] }),
    ...(categories.length === 0 ? {} : { categories: [...categories] }),
    ...(subresources.length === 0
      ? {}
      : {
          subresources: subresources.map((item) => ({
            subresource: item.name,
            responseKind: {
              group: item.group ?? at.group,
              version: item.version ?? at.version,
              kind: item.kind,
            },
            verbs: [...item.verbs],
          })),
        }),
  };
}
