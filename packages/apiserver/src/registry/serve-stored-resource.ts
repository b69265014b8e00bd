import { cloneJson, isJsonObject } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import type { ApiError } from '../errors/api-error.ts';
import {
  createBadRequest,
  createMethodNotSupported,
  createNotFound,
  createPathNotFound,
} from '../errors/status-errors.ts';
import { decodeObject } from '../decode/decode-object.ts';
import { getContentType, readInput } from '../decode/read-input.ts';
import { createPatch } from '../patch/create-patch.ts';
import { negotiate } from '../server/negotiate.ts';
import type { ApiHandler, ApiRequest, ApiResponse, UpgradeHandler } from '../server/request.ts';
import { writeJson } from '../server/respond.ts';
import { serveWatch } from '../watch/serve-watch.ts';
import type { WatchServing } from '../watch/serve-watch.ts';
import type { ServedResource, ServedSubresource } from './api-registry.ts';
import type { DocumentSource, StoredResourceDefinition, WriteContext } from './definition.ts';
import { validatePathSegmentName } from './object-rules.ts';
import { isQueryTrue, readBoolean } from './query-values.ts';
import { createUnexplained, parseResourceVersion } from './read-objects.ts';
import { readDeleteOptions } from './read-delete-options.ts';
import { readListOptions } from './read-list-options.ts';
import { readWriteContext } from './read-write-context.ts';
import { serveScale } from './scale-subresource.ts';
import type { StoredResource } from './stored-resource.ts';
import { LIST_KINDS, OBJECT_KINDS, readInclude, writeList, writeObject } from './write-objects.ts';
import type { Presentation } from './write-objects.ts';

/** A subresource that its owner answers itself, such as `pods/log` or `serviceaccounts/token`. */
export interface CustomSubresource extends ServedSubresource {
  readonly handle: ApiHandler;
  readonly upgrade?: UpgradeHandler;
}

export interface ServeStoredOptions {
  readonly subresources?: readonly CustomSubresource[];
  /** Verbs in discovery. @default all eight */
  readonly verbs?: readonly string[];
  /** Name of the kind's schema in OpenAPI documents. */
  readonly schemaName?: string;
}

interface Exchange {
  readonly request: ApiRequest;
  readonly response: ApiResponse;
  readonly signal: AbortSignal;
}

const CUSTOM_PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/apply-patch+yaml',
];
const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Puts a stored resource behind HTTP. */
export function serveStoredResource(
  serving: WatchServing,
  resource: StoredResource,
  options: ServeStoredOptions = {},
): ServedResource {
  const { definition } = resource;
  const custom = new Map((options.subresources ?? []).map((item) => [item.name, item]));
  const subresources: ServedSubresource[] = [...custom.values()];
  const statusVerbs = ['get', 'patch', 'update'];
  if (definition.hasStatus) subresources.push({ name: 'status', kind: definition.kind, verbs: statusVerbs });
  if (definition.scale !== undefined) {
    subresources.push({
      name: 'scale',
      kind: 'Scale',
      group: 'autoscaling',
      version: 'v1',
      verbs: statusVerbs,
    });
  }
  for (const name of Object.keys(definition.extraSubresources ?? {})) {
    subresources.push({ name, kind: definition.kind, verbs: ['update'] });
  }
  subresources.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    names: definition,
    verbs: options.verbs ?? ALL_VERBS,
    subresources,
    ...(definition.schema === undefined ? {} : { schema: definition.schema }),
    ...(definition.dialect === 'custom' ? { patchTypes: CUSTOM_PATCH_TYPES } : {}),
    ...(options.schemaName === undefined ? {} : { schemaName: options.schemaName }),
    async handle(request, response, signal) {
      const { subresource, name } = request.info;
      const exchange = { request, response, signal };
      assertPath(definition, request);
      const found = custom.get(subresource);
      if (found !== undefined) await found.handle(request, response, signal);
      else if (subresource === 'scale' && definition.scale !== undefined)
        await serveScale(resource, request, response);
      else if (subresource !== '' && !subresources.some((item) => item.name === subresource))
        throw definition.dialect === 'custom' ? createNotFound(definition, name) : createPathNotFound();
      else if (name === '' || request.info.parts.length < 2)
        await serveCollection(serving, resource, exchange);
      else await serveOne(serving, resource, exchange);
    },
    async upgrade(request, socket, head, signal) {
      const found = custom.get(request.info.subresource);
      if (found?.upgrade === undefined) throw createBadRequest('this resource cannot be upgraded');
      await found.upgrade(request, socket, head, signal);
    },
  };
}

/**
 * Whether a path is one that the resource has, and the method one that it knows.
 * @throws {ApiError} `NotFound`, `MethodNotAllowed`, or `BadRequest` for names that paths cannot have
 */
function assertPath(definition: StoredResourceDefinition, { info, method, path }: ApiRequest): void {
  const { namespaced, dialect } = definition;
  const [, name = ''] = info.parts;
  if (info.verb === 'proxy' || path.includes('//') || info.parts.some((part) => part.includes('/')))
    throw createPathNotFound();
  const isAcross = namespaced && info.namespace === '';
  if (isAcross ? name !== '' : isMisplaced(definition, info)) throw createPathNotFound();
  if (dialect === 'built-in') assertMethod(method, isAcross, name !== '');
  else if (isAcross && method !== 'GET') throw createPathNotFound();
  const reason = name === '' ? undefined : validatePathSegmentName(name);
  if (reason !== undefined)
    throw createBadRequest(`Name parameter invalid: ${JSON.stringify(name)}: ${reason}`);
}

/** Whether a resource that is in no namespace is looked for in one. A namespace is in itself. */
function isMisplaced(
  { namespaced, group, resource }: StoredResourceDefinition,
  { namespace, name }: ApiRequest['info'],
): boolean {
  if (namespaced || namespace === '') return false;
  return !(group === '' && resource === 'namespaces' && name === namespace);
}

/** @throws {ApiError} `MethodNotAllowed`, as kube-apiserver's router says it */
function assertMethod(method: string, isAcross: boolean, isNamed: boolean): void {
  const allowed = isAcross ? ['GET'] : isNamed ? undefined : ['DELETE', 'GET', 'POST'];
  if (method === 'HEAD' || allowed?.includes(method) === false)
    throw createMethodNotSupported({ group: '', resource: '' }, '');
}

function createPresentation(serving: WatchServing, request: ApiRequest, isList: boolean): Presentation {
  const negotiated = negotiate(request.headers, isList ? LIST_KINDS : OBJECT_KINDS);
  return {
    negotiated,
    include: readInclude(request.query, negotiated),
    nowMs: serving.clock.nowMs(),
  };
}

/** The namespace of a request; a namespace itself lives in none. */
function namespaceOf(resource: StoredResource, request: ApiRequest): string {
  return resource.definition.namespaced ? request.info.namespace : '';
}

async function serveCollection(
  serving: WatchServing,
  resource: StoredResource,
  exchange: Exchange,
): Promise<void> {
  const { request, response } = exchange;
  const { definition } = resource;
  const namespace = namespaceOf(resource, request);
  switch (request.method) {
    case 'GET':
    case 'HEAD': {
      if (isQueryTrue(request.query, 'watch') || request.info.verb === 'watch') {
        await serveWatch(serving, resource, namespace, exchange);
        return;
      }
      const presentation = createPresentation(serving, request, true);
      const list = await resource.list(namespace, readListOptions(request.query));
      writeList(response, list, definition, presentation);
      return;
    }
    case 'POST': {
      const presentation = createPresentation(serving, request, false);
      const context = readWriteContext(request, response, exchange.signal);
      const input = await readInput(request, definition);
      const given = decodeObject(input, definition);
      const object = await resource.create(namespace, given, withSource(context, input.source));
      writeObject(response, 201, object, definition, presentation);
      return;
    }
    case 'DELETE': {
      const { dryRun, ...options } = await readDeleteOptions(request);
      const context = readWriteContext(request, response, exchange.signal);
      const selection = readListOptions(request.query);
      const items = await resource.deleteCollection(namespace, selection, options, {
        ...context,
        dryRun,
      });
      const list = {
        items,
        resourceVersion: (await resource.list(namespace, { limit: 1 })).resourceVersion,
      };
      writeList(response, list, definition, createPresentation(serving, request, true));
      return;
    }
    default:
      throw createMethodUnknown(definition, request);
  }
}

async function serveOne(serving: WatchServing, resource: StoredResource, exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const { definition } = resource;
  const { name, subresource } = request.info;
  const namespace = namespaceOf(resource, request);
  const presentation = createPresentation(serving, request, false);
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      if (request.info.verb === 'watch' || isQueryTrue(request.query, 'watch')) {
        await serveWatch(serving, resource, namespace, withName(exchange, name));
        return;
      }
      writeObject(response, 200, await getObject(resource, namespace, request), definition, presentation);
      return;
    case 'PUT': {
      const context = readWriteContext(request, response, exchange.signal);
      const input = await readInput(request, definition);
      const given = decodeObject(input, definition);
      const creates = definition.strategy.createsOnUpdate === true && subresource === '';
      const produce = (): KubeObject => cloneJson(given);
      const { object, isCreated } = await resource.update(
        {
          namespace,
          name,
          subresource,
          produce,
          creates,
          assertCreatable: () => request.assertAllowed('create'),
        },
        withSource(context, input.source),
      );
      writeObject(response, isCreated ? 201 : 200, object, definition, presentation);
      return;
    }
    case 'PATCH': {
      const context = readWriteContext(request, response, exchange.signal);
      const body = (await request.readBody()).toString('utf8');
      const input = {
        contentType: getContentType(request),
        body,
        namespace,
        name,
        subresource,
        force: isQueryTrue(request.query, 'force'),
      };
      const { object, isCreated } = await resource.update(
        {
          ...createPatch(serving, definition, input, context),
          assertCreatable: () => request.assertAllowed('create'),
        },
        context,
      );
      writeObject(response, isCreated ? 201 : 200, object, definition, presentation);
      return;
    }
    case 'DELETE': {
      if (subresource !== '') throw createMethodNotSupported(definition, 'delete');
      const { dryRun, ...options } = await readDeleteOptions(request);
      const context = readWriteContext(request, response, exchange.signal);
      const { answer } = await resource.delete(namespace, name, options, {
        ...context,
        dryRun,
      });
      if (isJsonObject(answer) && answer['kind'] === 'Status') writeJson(response, 200, answer);
      else writeObject(response, 200, answer as KubeObject, definition, presentation); // it is the object that waits
      return;
    }
    default:
      throw createMethodUnknown(definition, request);
  }
}

/** 405: built-in kinds leave it to the router to say so. */
function createMethodUnknown(definition: StoredResourceDefinition, { info }: ApiRequest): ApiError {
  return definition.dialect === 'custom'
    ? createMethodNotSupported(definition, info.verb)
    : createMethodNotSupported({ group: '', resource: '' }, '');
}

/** An object, once the storage is as new as the client wants it to be. */
async function getObject(
  resource: StoredResource,
  namespace: string,
  { info, query }: ApiRequest,
): Promise<KubeObject> {
  const asked = query.get('resourceVersion') ?? '';
  if (readBoolean(query, 'export') === true)
    throw createBadRequest('the export parameter, deprecated since v1.14, is no longer supported');
  if (asked !== '') resource.assertReached(parseResourceVersion(asked, createUnexplained));
  return resource.get(namespace, info.name);
}

function withSource(context: WriteContext, source: DocumentSource | undefined): WriteContext {
  return source === undefined ? context : { ...context, source };
}

/** A watch of one object is a watch of all that is told to look at one name. */
function withName(exchange: Exchange, name: string): Exchange {
  const query = new URLSearchParams(exchange.request.query);
  query.set('fieldSelector', `metadata.name=${name}`);
  return { ...exchange, request: { ...exchange.request, query } };
}
