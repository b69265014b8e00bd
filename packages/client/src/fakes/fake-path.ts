import type { ResourceRef } from '../resource.ts';

/** What a request's path names. */
export interface FakeTarget {
  readonly ref: ResourceRef;
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
  readonly subresource: string;
  /** Path of the object, without its subresource. */
  readonly objectPath: string;
  /** Path below which the collection's objects are, in all namespaces or one. */
  readonly isInCollection: (path: string) => boolean;
}

const PATH =
  /^\/(?:api\/([^/]+)|apis\/([^/]+)\/([^/]+))(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/;

/** Reads a path. @returns undefined for what no known kind serves */
export function parseFakePath(path: string, refs: readonly ResourceRef[]): FakeTarget | undefined {
  const match = PATH.exec(path);
  if (match === null) return undefined;
  const [
    ,
    coreVersion,
    apiGroup = '',
    apiVersion = '',
    namespace = '',
    plural = '',
    name = '',
    subresource = '',
  ] = match.map((part) => (part as string | undefined) ?? '');
  const version = coreVersion === '' ? apiVersion : coreVersion;
  const ref = refs.find(
    (known) => known.group === apiGroup && known.version === version && known.plural === plural,
  );
  if (ref === undefined || (namespace !== '' && !ref.namespaced)) return undefined;
  const root = `${apiGroup === '' ? '/api' : `/apis/${apiGroup}`}/${version ?? ''}`;
  const scope = namespace === '' ? '' : `/namespaces/${namespace}`;
  const pattern = new RegExp(
    `^${root}${ref.namespaced ? (scope === '' ? '/namespaces/[^/]+' : scope) : ''}/${plural}/[^/]+$`,
  );
  return {
    ref,
    namespace: decodeURIComponent(namespace),
    name: decodeURIComponent(name),
    subresource,
    objectPath: `${root}${scope}/${plural}/${name}`,
    isInCollection: (candidate) => pattern.test(candidate),
  };
}
