/** What a request asks for, as Kubernetes reads it from method and path. */
export interface RequestInfo {
  readonly isResourceRequest: boolean;
  readonly path: string;
  /** `get`, `list`, `watch`, `create`, … for resources; the HTTP method in lower case otherwise. */
  readonly verb: string;
  /** `api` or `apis` for resources. */
  readonly prefix: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** Segments from the resource on, undecoded slashes kept apart. */
  readonly parts: readonly string[];
}

const VERBS: ReadonlyMap<string, string> = new Map([
  ['POST', 'create'],
  ['GET', 'get'],
  ['HEAD', 'get'],
  ['PUT', 'update'],
  ['PATCH', 'patch'],
  ['DELETE', 'delete'],
]);

const NAMESPACE_SUBRESOURCES: ReadonlySet<string> = new Set(['status', 'finalize']);

/**
 * Reads verb, resource and name from a request.
 *
 * @param method - HTTP method
 * @param path - decoded or not, without the query
 * @param query - decides between `list` and `watch`, and names the object in `metadata.name` selectors
 */
export function parseRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const nonResource: RequestInfo = {
    isResourceRequest: false,
    path,
    verb: method.toLowerCase(),
    prefix: '',
    group: '',
    version: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    parts: [],
  };
  const segments = path.split('/').filter((segment) => segment !== '');
  const [prefix] = segments;
  if (prefix !== 'api' && prefix !== 'apis') return nonResource;
  const isLegacy = prefix === 'api';
  if (segments.length < (isLegacy ? 3 : 4)) return nonResource;
  const group = isLegacy ? '' : (segments[1] ?? '');
  const version = segments[isLegacy ? 1 : 2] ?? '';
  let rest = segments.slice(isLegacy ? 2 : 3).map(decodeSegment);
  let verb = VERBS.get(method) ?? '';
  if (rest[0] === 'watch' || rest[0] === 'proxy') {
    if (rest.length < 2) return nonResource;
    verb = rest[0];
    rest = rest.slice(1);
  }
  const { namespace, parts } = splitNamespace(rest);
  const [resource = '', name = '', subresource = ''] = parts;
  return {
    isResourceRequest: true,
    path,
    verb: refineVerb(verb, name, query),
    prefix,
    group,
    version,
    namespace,
    resource,
    subresource,
    name: name === '' ? nameOf(verb, query) : name,
    parts,
  };
}

function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment; // nearly all
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // not encoded after all: taken as it stands, and then found not to exist
  }
}

function splitNamespace(rest: readonly string[]): { namespace: string; parts: readonly string[] } {
  if (rest[0] !== 'namespaces' || rest.length < 2) return { namespace: '', parts: rest };
  const namespace = rest[1] ?? '';
  const isNested = rest.length > 2 && !NAMESPACE_SUBRESOURCES.has(rest[2] ?? '');
  return { namespace, parts: isNested ? rest.slice(2) : rest };
}

function refineVerb(verb: string, name: string, query: URLSearchParams): string {
  if (name !== '') return verb;
  if (verb === 'get') return isTrue(query.get('watch')) ? 'watch' : 'list';
  return verb === 'delete' ? 'deletecollection' : verb;
}

function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

/** A list by `metadata.name` may be allowed by name, so authorization has to see it. */
function nameOf(verb: string, query: URLSearchParams): string {
  if (verb !== 'get' && verb !== 'watch' && verb !== 'delete') return '';
  const match = /^metadata\.name==?([^,=]+)$/.exec(query.get('fieldSelector') ?? '');
  return match?.[1] ?? '';
}
