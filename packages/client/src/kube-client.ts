import { cloneJson, isJsonObject, parseApiVersion, stringifyJson } from '@clusternet/kube-data';
import type { JsonValue, KubeObject } from '@clusternet/kube-data';
import { createDiscovery } from './discovery.ts';
import type { Discovery } from './discovery.ts';
import { ApiError } from './errors.ts';
import { resourcePath } from './resource.ts';
import type {
  DeleteOptions,
  ListOptions,
  ObjectList,
  ObjectRef,
  PatchKind,
  PatchOptions,
  ResourceRef,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './resource.ts';
import { send, sendJson } from './rest.ts';
import type { RestRequest } from './rest.ts';
import type { Transport, TransportResponse } from './transport.ts';
import { decodeWatch } from './watch.ts';

const PATCH_TYPES: Readonly<Record<PatchKind, string>> = {
  apply: 'application/apply-patch+yaml',
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

/** Objects of one kind. Every call throws {@link ApiError}. */
export interface ResourceClient<T extends KubeObject = KubeObject> {
  readonly ref: ResourceRef;
  get(object: ObjectRef, signal?: AbortSignal): Promise<T>;
  /** One page. */
  list(options?: ListOptions, signal?: AbortSignal): Promise<ObjectList<T>>;
  watch(options: WatchOptions, signal?: AbortSignal): Promise<AsyncIterable<WatchEvent<T>>>;
  create(object: T, options?: WriteOptions, signal?: AbortSignal): Promise<T>;
  /** Replaces the object; its `metadata.resourceVersion` guards against lost updates. */
  update(object: T, options?: WriteOptions, signal?: AbortSignal): Promise<T>;
  patch(
    object: ObjectRef,
    kind: PatchKind,
    body: unknown,
    options?: PatchOptions,
    signal?: AbortSignal,
  ): Promise<T>;
  /** Server-side apply. @param object - just the fields the manager wants */
  apply(
    object: T,
    options: PatchOptions & { readonly fieldManager: string },
    signal?: AbortSignal,
  ): Promise<T>;
  /** @returns the object or Status that the server answers with */
  delete(object: ObjectRef, options?: DeleteOptions, signal?: AbortSignal): Promise<JsonValue>;
  deleteCollection(options: ListOptions, signal?: AbortSignal): Promise<void>;
}

/** One Kubernetes API as one identity. */
export interface KubeClient {
  readonly transport: Transport;
  readonly discovery: Discovery;
  resource<T extends KubeObject = KubeObject>(ref: ResourceRef): ResourceClient<T>;
  /** The resource that serves a kind. @throws {ApiError} `UNKNOWN_KIND` when the API does not serve it */
  resourceFor<T extends KubeObject = KubeObject>(
    object: { readonly apiVersion: string; readonly kind: string },
    signal?: AbortSignal,
  ): Promise<ResourceClient<T>>;
  /** Any request; answers of 400 and above are errors. */
  raw(request: RestRequest, signal?: AbortSignal): Promise<TransportResponse>;
  rawJson(request: RestRequest, signal?: AbortSignal): Promise<JsonValue>;
}

/** Creates a client over a transport; sends nothing until asked. The transport stays the caller's. */
export function createKubeClient(transport: Transport): KubeClient {
  const discovery = createDiscovery(transport);
  return {
    transport,
    discovery,
    resource: <T extends KubeObject>(ref: ResourceRef) => createResourceClient<T>(transport, ref),
    resourceFor: async <T extends KubeObject>(
      object: { apiVersion: string; kind: string },
      signal?: AbortSignal,
    ) => {
      const ref = await discovery.resolve(object.apiVersion, object.kind, signal);
      return createResourceClient<T>(transport, ref);
    },
    raw: (request, signal) => send(transport, request, signal),
    rawJson: (request, signal) => sendJson(transport, request, signal),
  };
}

function createResourceClient<T extends KubeObject>(
  transport: Transport,
  ref: ResourceRef,
): ResourceClient<T> {
  const gvk = { apiVersion: ref.group === '' ? ref.version : `${ref.group}/${ref.version}`, kind: ref.kind };
  const label = (verb: string, object: { namespace?: string; name?: string } = {}): string =>
    [verb, ref.kind, [object.namespace, object.name].filter((part) => part).join('/')].join(' ').trim();
  const typed = (value: JsonValue): T => {
    if (!isJsonObject(value))
      throw new ApiError(
        'BAD_RESPONSE',
        `${transport.hop} answered with something that is not a ${ref.kind}`,
        { hop: transport.hop },
      );
    const object = value as unknown as T; // its shape is the server's promise
    return 'apiVersion' in object ? object : { ...gvk, ...(object as object as T) };
  };
  const write = async (
    request: Omit<RestRequest, 'what'> & { what: string },
    options: WriteOptions,
    signal?: AbortSignal,
  ) =>
    typed(
      await sendJson(
        transport,
        {
          ...request,
          query: {
            ...request.query,
            fieldManager: options.fieldManager,
            dryRun: options.dryRun === true ? 'All' : undefined,
          },
        },
        signal,
      ),
    );
  const refOf = (object: T): ObjectRef => {
    const { name, namespace } = object.metadata;
    if (name === undefined) throw new ApiError('BAD_REQUEST', `the ${ref.kind} to write has no name`);
    return namespace === undefined ? { name } : { name, namespace };
  };

  const client: ResourceClient<T> = {
    ref,
    get: async (object, signal) =>
      typed(
        await sendJson(
          transport,
          { method: 'GET', path: resourcePath(ref, object), what: label('get', object) },
          signal,
        ),
      ),
    list: async (options = {}, signal) => {
      const { namespace, continueToken, ...query } = options;
      const value = await sendJson(
        transport,
        {
          method: 'GET',
          path: resourcePath(ref, { ...(namespace === undefined ? {} : { namespace }) }),
          query: { ...query, continue: continueToken },
          what: label('list', { ...(namespace === undefined ? {} : { namespace }) }),
        },
        signal,
      );
      return parseList<T>(value, gvk, transport.hop);
    },
    watch: async (options, signal) => {
      const { namespace, allowBookmarks = true, ...query } = options;
      const scope = namespace === undefined ? {} : { namespace };
      const what = label('watch', scope);
      const response = await send(
        transport,
        {
          method: 'GET',
          path: resourcePath(ref, scope),
          query: { ...query, watch: true, allowWatchBookmarks: allowBookmarks },
          stream: true,
          what,
        },
        signal,
      );
      return decodeWatch<T>(response.body, what, transport.hop);
    },
    create: (object, options = {}, signal) =>
      write(
        {
          method: 'POST',
          path:
            options.subresource === undefined
              ? resourcePath(ref, namespaceOf(object))
              : resourcePath(ref, refOf(object), options.subresource),
          body: { ...gvk, ...object },
          what: label('create', object.metadata),
        },
        options,
        signal,
      ),
    update: (object, options = {}, signal) =>
      write(
        {
          method: 'PUT',
          path: resourcePath(ref, refOf(object), options.subresource),
          body: { ...gvk, ...object },
          what: label('update', object.metadata),
        },
        options,
        signal,
      ),
    patch: async (object, kind, body, options = {}, signal) =>
      write(
        {
          method: 'PATCH',
          path: resourcePath(ref, object, options.subresource),
          query: { force: options.force },
          body: typeof body === 'string' ? body : stringifyJson(body),
          contentType: PATCH_TYPES[kind],
          what: label(kind === 'apply' ? 'apply' : 'patch', object),
        },
        options,
        signal,
      ),
    apply: (object, options, signal) => {
      const body = cloneJson(object as unknown as JsonValue) as unknown as T;
      delete body.metadata.managedFields;
      return client.patch(refOf(object), 'apply', { ...gvk, ...body }, { force: false, ...options }, signal);
    },
    delete: async (object, options = {}, signal) => {
      const { uid, resourceVersion, ...rest } = options;
      const preconditions =
        uid === undefined && resourceVersion === undefined ? undefined : { uid, resourceVersion };
      return sendJson(
        transport,
        {
          method: 'DELETE',
          path: resourcePath(ref, object),
          body: { kind: 'DeleteOptions', apiVersion: 'v1', ...rest, preconditions },
          what: label('delete', object),
        },
        signal,
      );
    },
    deleteCollection: async (options, signal) => {
      const { namespace, labelSelector, fieldSelector } = options;
      const scope = namespace === undefined ? {} : { namespace };
      const path = resourcePath(ref, scope);
      const what = label('delete collection', scope);
      await sendJson(
        transport,
        { method: 'DELETE', path, query: { labelSelector, fieldSelector }, what },
        signal,
      );
    },
  };
  return client;
}

/** Reads a list. Its items come without apiVersion and kind. */
function parseList<T extends KubeObject>(
  value: JsonValue,
  gvk: { readonly apiVersion: string; readonly kind: string },
  hop: string,
): ObjectList<T> {
  const invalid = (): ApiError =>
    new ApiError('BAD_RESPONSE', `${hop} answered with something that is not a list of ${gvk.kind}`, {
      hop,
    });
  if (!isJsonObject(value)) throw invalid();
  const items = value['items'] ?? [];
  const metadata = value['metadata'] ?? {};
  if (!Array.isArray(items) || !isJsonObject(metadata)) throw invalid();
  for (const item of items) {
    if (!isJsonObject(item) || !isJsonObject(item['metadata'])) throw invalid();
    Object.assign(item, gvk);
  }
  const { resourceVersion, continue: continueToken } = metadata;
  return {
    items: items as unknown as T[], // their shape is the server's promise
    resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : '',
    continueToken: typeof continueToken === 'string' ? continueToken : '',
  };
}

function namespaceOf(object: KubeObject): { namespace?: string } {
  return object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace };
}

/** A reference from its parts, for kinds known ahead. */
export function resourceRef(
  apiVersion: string,
  kind: string,
  plural: string,
  namespaced: boolean,
): ResourceRef {
  return { ...parseApiVersion(apiVersion), kind, plural, namespaced };
}
