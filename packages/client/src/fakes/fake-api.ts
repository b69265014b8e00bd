import {
  matchFieldSelector,
  matchSelector,
  parseFieldSelector,
  parseLabelSelector,
  stringifyJson,
} from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import type { ResourceRef } from '../resource.ts';
import type { HttpMethod, Transport } from '../transport.ts';
import { parseFakePath } from './fake-path.ts';
import type { FakeTarget } from './fake-path.ts';
import { createFakeStore } from './fake-store.ts';
import type { FakeStore, StoreEvent } from './fake-store.ts';
import { json, statusAnswer } from './fake-answer.ts';
import type { FakeAnswer } from './fake-answer.ts';
import { createLineStream } from './fake-watch.ts';
import type { LineStream } from './fake-watch.ts';
import { createWrites } from './fake-writes.ts';

/** A request as a fake API gets it. */
export interface FakeRequest {
  readonly method: HttpMethod;
  /** Without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, readonly string[] | string>>;
  readonly body: string;
}

/** What a fake API serves. */
export interface FakeApiOptions {
  /** Kinds that are served beside those of {@link builtInRefs}. */
  readonly refs?: readonly ResourceRef[];
  /** Objects in a namespace that does not exist are refused. @default false */
  readonly needsNamespaces?: boolean;
  readonly hop?: string;
}

/** A Kubernetes API in memory: enough of one for clients and controllers, with faults at will. */
export interface FakeApi {
  readonly transport: Transport;
  readonly store: FakeStore;
  /** Every request so far, watches included. */
  readonly requests: readonly FakeRequest[];
  handle(request: FakeRequest, signal?: AbortSignal): Promise<FakeAnswer>;
  /** Answers in place of the API until ended; undefined leaves it to the API, a throw is a broken connection. */
  intercept(
    handler: (
      request: FakeRequest,
      signal: AbortSignal | undefined,
    ) => FakeAnswer | Promise<FakeAnswer | undefined> | undefined,
  ): () => void;
  /** Ends every open watch in good order. */
  endWatches(): void;
  /** Tells every open watch where the API is. */
  sendBookmarks(): void;
  readonly openWatches: number;
  /** `METHOD path` of the requests since the last call. */
  takeLog(): string[];
}

const core = (kind: string, plural: string, namespaced = true): ResourceRef => ({
  group: '',
  version: 'v1',
  kind,
  plural,
  namespaced,
});

/** Kinds that every fake API serves. */
export const builtInRefs: readonly ResourceRef[] = [
  core('Namespace', 'namespaces', false),
  core('ConfigMap', 'configmaps'),
  core('Secret', 'secrets'),
  core('Service', 'services'),
  core('Event', 'events'),
  { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true },
  { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases', namespaced: true },
  {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    kind: 'CustomResourceDefinition',
    plural: 'customresourcedefinitions',
    namespaced: false,
  },
];

/** Creates an empty API. `refs` may grow while it runs: a CRD that is installed later. */
export function createFakeApi(options: FakeApiOptions = {}): FakeApi & { readonly refs: ResourceRef[] } {
  const refs = [...builtInRefs, ...(options.refs ?? [])];
  const store = createFakeStore();
  const write = createWrites(store, options.needsNamespaces ?? false);
  const requests: FakeRequest[] = [];
  const watches = new Set<LineStream>();
  const interceptors = new Set<Parameters<FakeApi['intercept']>[0]>();
  let logFrom = 0;

  const handle = async (request: FakeRequest, signal?: AbortSignal): Promise<FakeAnswer> => {
    requests.push(request);
    for (const interceptor of interceptors) {
      const answer = await interceptor(request, signal);
      if (answer !== undefined) return answer;
    }
    const found = discover(request.path, refs);
    if (found !== undefined) return found;
    const target = parseFakePath(request.path, refs);
    if (target === undefined) return { status: 404, headers: {}, body: '404 page not found\n' };
    if (request.method !== 'GET') return write(request, target);
    if (request.query.get('watch') !== null) return watch(store, watches, request, target, signal);
    if (target.name !== '') {
      const object = store.get(target.objectPath);
      return object === undefined ? notFound(target) : json(200, object);
    }
    return list(store, request, target);
  };

  return {
    refs,
    store,
    requests,
    handle,
    transport: createFakeTransport(handle, options.hop ?? 'fake kube-apiserver'),
    intercept: (handler) => {
      interceptors.add(handler);
      return () => {
        interceptors.delete(handler);
      };
    },
    endWatches: () => {
      for (const stream of watches) stream.end();
    },
    sendBookmarks: () => {
      const metadata = { resourceVersion: String(store.revision) };
      for (const stream of watches)
        stream.write(`${JSON.stringify({ type: 'BOOKMARK', object: { metadata } })}\n`);
    },
    get openWatches() {
      return watches.size;
    },
    takeLog: () => {
      const log = requests.slice(logFrom).map(({ method, path }) => `${method} ${path}`);
      logFrom = requests.length;
      return log;
    },
  };
}

function createFakeTransport(handle: FakeApi['handle'], hop: string): Transport {
  return {
    hop,
    request: async ({ method, path, headers = {}, body = '' }, signal) => {
      signal?.throwIfAborted();
      const url = new URL(path, 'http://fake');
      const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
      const answer = await handle(
        { method, path: url.pathname, query: url.searchParams, headers, body: text },
        signal,
      );
      signal?.throwIfAborted();
      const stream = typeof answer.body === 'string' ? once(answer.body) : answer.body;
      return {
        status: answer.status,
        headers: answer.headers,
        body: stream,
        text: async () => {
          const chunks: Uint8Array[] = [];
          for await (const chunk of stream) chunks.push(chunk);
          return Buffer.concat(chunks).toString('utf8');
        },
      };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield Buffer.from(text);
}

function notFound({ ref, name }: FakeTarget): FakeAnswer {
  return statusAnswer(404, 'NotFound', `${ref.plural} "${name}" not found`);
}

function discover(path: string, refs: readonly ResourceRef[]): FakeAnswer | undefined {
  const match = /^\/(?:api\/([^/]+)|apis\/([^/]+)\/([^/]+))$/.exec(path);
  if (match === null) return undefined;
  const [, coreVersion, group = '', apiVersion] = match;
  const found = refs.filter((ref) => ref.group === group && ref.version === (coreVersion ?? apiVersion));
  if (found.length === 0) return { status: 404, headers: {}, body: '404 page not found\n' };
  const resources = found.flatMap(({ plural, kind, namespaced }) => [
    { name: plural, kind, namespaced },
    { name: `${plural}/status`, kind, namespaced },
  ]);
  return json(200, { kind: 'APIResourceList', apiVersion: 'v1', resources });
}

function isSelected(
  { query }: FakeRequest,
  { isInCollection }: FakeTarget,
  path: string,
  object: KubeObject,
): boolean {
  return (
    isInCollection(path) &&
    matchSelector(parseLabelSelector(query.get('labelSelector') ?? ''), object.metadata.labels ?? {}) &&
    matchFieldSelector(parseFieldSelector(query.get('fieldSelector') ?? ''), object)
  );
}

function list(store: FakeStore, request: FakeRequest, target: FakeTarget): FakeAnswer {
  const [revision = String(store.revision), after = ''] = (request.query.get('continue') ?? '')
    .split(' ')
    .filter(Boolean);
  if (store.since(Number(revision)) === undefined)
    return statusAnswer(410, 'Expired', 'The provided continue parameter is too old');
  const found = store
    .list('/')
    .filter(([path, object]) => path > after && isSelected(request, target, path, object));
  const limit = Number(request.query.get('limit') ?? 0);
  const page = limit > 0 ? found.slice(0, limit) : found;
  const last = page.at(-1)?.[0] ?? '';
  const metadata = {
    resourceVersion: revision,
    ...(page.length < found.length ? { continue: `${revision} ${last}` } : {}),
  };
  const items = page.map(([, { apiVersion: _apiVersion, kind: _kind, ...item }]) => item);
  return json(200, { kind: `${target.ref.kind}List`, apiVersion: 'v1', metadata, items });
}

function watch(
  store: FakeStore,
  watches: Set<LineStream>,
  request: FakeRequest,
  target: FakeTarget,
  signal: AbortSignal | undefined,
): FakeAnswer {
  const from = request.query.get('resourceVersion') ?? '';
  const missed = store.since(from === '' || from === '0' ? store.revision : Number(from));
  const stream = createLineStream(signal, () => {
    end();
    watches.delete(stream);
  });
  const matches = (path: string, object: KubeObject | undefined): boolean =>
    object !== undefined && isSelected(request, target, path, object);
  /** An object that leaves the selection is deleted for this watch, one that enters it is new. */
  const tell = ({ type, path, object, before }: StoreEvent): void => {
    const isIn = type !== 'DELETED' && matches(path, object);
    const wasIn = matches(path, before);
    if (!isIn && !wasIn) return;
    const told = isIn ? (wasIn ? 'MODIFIED' : 'ADDED') : 'DELETED';
    stream.write(`${stringifyJson({ type: told, object })}\n`);
  };
  const end = store.subscribe(tell);
  watches.add(stream);
  if (missed === undefined) {
    const object = {
      kind: 'Status',
      code: 410,
      reason: 'Expired',
      message: `too old resource version: ${from}`,
    };
    stream.write(`${JSON.stringify({ type: 'ERROR', object })}\n`);
    stream.end();
  }
  for (const event of missed ?? []) tell(event);
  return { status: 200, headers: { 'content-type': 'application/json' }, body: stream };
}
