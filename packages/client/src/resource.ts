import type { KubeObject } from '@clusternet/kube-data';
import { ApiError } from './errors.ts';

/** Where objects of one kind live in an API: group (empty for core), version and plural name. */
export interface ResourceRef {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Names one object of a known kind. */
export interface ObjectRef {
  /** Empty or absent for cluster-scoped objects. */
  readonly namespace?: string;
  readonly name: string;
}

/** Which objects, and how many of them. */
export interface ListOptions {
  /** Absent lists all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continueToken?: string;
  readonly resourceVersion?: string;
}

/** One page of objects. */
export interface ObjectList<T extends KubeObject> {
  readonly items: T[];
  readonly resourceVersion: string;
  /** Empty on the last page. */
  readonly continueToken: string;
}

/** What one watch looks at, and from where on. */
export interface WatchOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly allowBookmarks?: boolean;
  /** How long the server should keep the watch, s. */
  readonly timeoutSeconds?: number;
}

/** One event of one watch, as the server tells it. */
export type WatchEvent<T extends KubeObject> =
  | { readonly type: 'ADDED' | 'DELETED' | 'MODIFIED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/** How a patch says what changes; `apply` is server-side apply. */
export type PatchKind = 'apply' | 'json' | 'merge' | 'strategic';

/** How an object is written. */
export interface WriteOptions {
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
  /** Such as `status` or `scale`. */
  readonly subresource?: string;
}

/** How a patch is written. */
export interface PatchOptions extends WriteOptions {
  /** Takes fields over from other managers; `apply` only. */
  readonly force?: boolean;
}

/** How an object is deleted, and under which conditions. */
export interface DeleteOptions {
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly gracePeriodSeconds?: number;
}

/**
 * The path of a collection, or of one object in it. Segments are percent-encoded.
 * @throws {ApiError} `BAD_REQUEST` for a name that would lead elsewhere, or one object without its namespace
 */
export function resourcePath(
  ref: ResourceRef,
  object: { namespace?: string; name?: string },
  subresource?: string,
): string {
  const root = ref.group === '' ? `/api/${ref.version}` : `/apis/${ref.group}/${ref.version}`;
  if (object.name !== undefined) {
    assertSegment(object.name, `the name of a ${ref.kind}`);
    if (ref.namespaced && (object.namespace ?? '') === '')
      throw new ApiError('BAD_REQUEST', `${ref.kind} ${object.name} has no namespace`);
  }
  if (object.namespace !== undefined && object.namespace !== '')
    assertSegment(object.namespace, `the namespace of a ${ref.kind}`);
  const scope =
    ref.namespaced && object.namespace !== undefined && object.namespace !== ''
      ? `/namespaces/${encodeURIComponent(object.namespace)}`
      : '';
  const name = object.name === undefined ? '' : `/${encodeURIComponent(object.name)}`;
  return `${root}${scope}/${ref.plural}${name}${subresource === undefined ? '' : `/${subresource}`}`;
}

/** An empty name would address the whole collection: a DELETE of it deletes everything. */
function assertSegment(text: string, what: string): void {
  if (text === '' || text === '.' || text === '..')
    throw new ApiError('BAD_REQUEST', `"${text}" cannot be ${what}`);
}
