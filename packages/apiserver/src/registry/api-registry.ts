import { compareText } from '@clusternet/kube-data';
import type { ApiHandler, UpgradeHandler } from '../server/request.ts';
import type { OpenApiSchema } from '../schema/open-api-schema.ts';
import type { ResourceNames } from './definition.ts';

/** A subresource, as discovery shows it. */
export interface ServedSubresource {
  readonly name: string;
  readonly kind: string;
  /** Of the kind, where it is not that of the resource. */
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}

/** A resource that is served: how discovery shows it and who answers. */
export interface ServedResource {
  readonly names: ResourceNames;
  readonly verbs: readonly string[];
  readonly subresources: readonly ServedSubresource[];
  readonly handle: ApiHandler;
  /** Group and version of its objects, where those are not the ones of its path. @default those of its path */
  readonly objectVersion?: Pick<ResourceNames, 'group' | 'version'>;
  /** Answers upgrades; without it they are refused. */
  readonly upgrade?: UpgradeHandler;
  /** For OpenAPI. */
  readonly schema?: OpenApiSchema;
  /** Media types of patches. @default all four */
  readonly patchTypes?: readonly string[];
  /** Name of the schema in OpenAPI documents, such as `io.k8s.api.apps.v1.Deployment`. */
  readonly schemaName?: string;
}

/** What discovery shows of a resource: a served one, or one that a delegate reports. */
export type DiscoveredResource = Pick<ServedResource, 'names' | 'objectVersion' | 'subresources' | 'verbs'>;

/** Another server that answers for a group and version. */
export interface ApiDelegate {
  readonly handle: ApiHandler;
  readonly upgrade: UpgradeHandler;
  /** What it serves, as last seen; empty while it is unknown. */
  readonly getResources: () => readonly DiscoveredResource[];
  /** Whether what is known of it is up to date. */
  readonly isCurrent: () => boolean;
}

/** A group and version with its place in discovery. */
export interface GroupVersionEntry {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly DiscoveredResource[];
  readonly isCurrent: boolean;
}

/** What is served right now. Changes count for the next request. */
export interface ApiRegistry {
  add(resource: ServedResource): void;
  remove(names: Pick<ResourceNames, 'group' | 'resource' | 'version'>): void;
  /** Hands a group and version to another server; undefined takes it back. */
  setDelegate(group: string, version: string, delegate: ApiDelegate | undefined): void;
  getDelegate(group: string, version: string): ApiDelegate | undefined;
  find(group: string, version: string, resource: string): ServedResource | undefined;
  listResources(): readonly ServedResource[];
  /** Groups by priority then name; versions of a group by priority, then newest and most stable first. */
  listGroupVersions(): readonly GroupVersionEntry[];
  /** Counts changes, so that documents can be cached. */
  getRevision(): number;
  /** Places a group or version: higher comes first. */
  setPriority(
    group: string,
    version: string,
    priority: { readonly group: number; readonly version: number },
  ): void;
}

/** Starts out with nothing served. */
export function createApiRegistry(): ApiRegistry {
  const resources = new Map<string, ServedResource>();
  const delegates = new Map<string, ApiDelegate>();
  const priorities = new Map<string, { readonly group: number; readonly version: number }>();
  let revision = 0;

  const listGroupVersions = (): GroupVersionEntry[] => {
    const served = new Map<string, ServedResource[]>();
    for (const resource of resources.values()) {
      const key = `${resource.names.group}/${resource.names.version}`;
      const list = served.get(key);
      if (list === undefined) served.set(key, [resource]);
      else list.push(resource);
    }
    const entries: GroupVersionEntry[] = [];
    for (const key of new Set([...served.keys(), ...delegates.keys()])) {
      const [group = '', version = ''] = key.split('/');
      const delegate = delegates.get(key);
      const found = delegate?.getResources() ?? served.get(key) ?? [];
      entries.push({
        group,
        version,
        resources: found.toSorted((a, b) => compareText(a.names.resource, b.names.resource)),
        isCurrent: delegate?.isCurrent() ?? true,
      });
    }
    const groupPriority = (group: string): number =>
      Math.max(
        0,
        ...[...priorities]
          .filter(([key]) => key.startsWith(`${group}/`))
          .map(([, { group: value }]) => value),
      );
    const byGroup = new Map(
      [...new Set(entries.map(({ group }) => group))].map((group) => [group, groupPriority(group)]),
    );
    return entries.sort(
      (a, b) =>
        (byGroup.get(b.group) ?? 0) - (byGroup.get(a.group) ?? 0) ||
        compareText(a.group, b.group) ||
        (priorities.get(`${b.group}/${b.version}`)?.version ?? 0) -
          (priorities.get(`${a.group}/${a.version}`)?.version ?? 0) ||
        compareVersions(a.version, b.version),
    );
  };

  return {
    add(resource) {
      const { group, version, resource: name } = resource.names;
      resources.set(`${group}/${version}/${name}`, resource);
      revision += 1;
    },
    remove({ group, version, resource }) {
      if (resources.delete(`${group}/${version}/${resource}`)) revision += 1;
    },
    setDelegate(group, version, delegate) {
      if (delegate === undefined) delegates.delete(`${group}/${version}`);
      else delegates.set(`${group}/${version}`, delegate);
      revision += 1;
    },
    getDelegate: (group, version) => delegates.get(`${group}/${version}`),
    find: (group, version, resource) => resources.get(`${group}/${version}/${resource}`),
    listResources: () => [...resources.values()],
    listGroupVersions,
    getRevision: () => revision,
    setPriority(group, version, priority) {
      priorities.set(`${group}/${version}`, priority);
      revision += 1;
    },
  };
}

const KUBE_VERSION = /^v(\d+)(?:(alpha|beta)(\d+))?$/;

/** Kubernetes' order of versions, best first: stable before beta before alpha, newer before older. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [KUBE_VERSION.exec(a), KUBE_VERSION.exec(b)];
  if (left === null || right === null) return left === right ? compareText(a, b) : left === null ? 1 : -1;
  const rank = (match: RegExpExecArray): number[] => [
    match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0,
    Number(match[1]),
    Number(match[3] ?? 0),
  ];
  const [x, y] = [rank(left), rank(right)];
  for (const [index, value] of x.entries()) {
    const difference = (y[index] ?? 0) - value;
    if (difference !== 0) return difference;
  }
  return 0;
}
