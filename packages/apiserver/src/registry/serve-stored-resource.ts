import { cloneJson, isJsonObject } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { createBadRequest, createMethodNotSupported, createPathNotFound } from '../errors/status-errors.ts';
import { createPatch } from '../patch/create-patch.ts';
import { negotiate } from '../server/negotiate.ts';
import type { ApiHandler, ApiRequest, ApiResponse, UpgradeHandler } from '../server/request.ts';
import { writeJson } from '../server/respond.ts';
import { serveWatch } from '../watch/serve-watch.ts';
import type { WatchServing } from '../watch/serve-watch.ts';
import type { ServedResource, ServedSubresource } from './api-registry.ts';
import type { DocumentSource, WriteContext } from './definition.ts';
import {
  getContentType,
  isQueryTrue,
  readDeleteOptions,
  readListOptions,
  readInput,
  readWriteContext,
} from './read-request.ts';
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
      const found = custom.get(subresource);
      if (found !== undefined) await found.handle(request, response, signal);
      else if (definition.namespaced && request.info.namespace === '' && !isAcrossNamespaces(request))
        throw createPathNotFound();
      else if (subresource === 'scale' && definition.scale !== undefined)
        await serveScale(resource, request, response);
      else if (subresource !== '' && !subresources.some((item) => item.name === subresource))
        throw createPathNotFound();
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

function isAcrossNamespaces({ info }: ApiRequest): boolean {
  return (
    info.verb === 'list' ||
    info.verb === 'watch' ||
    info.verb === 'create' ||
    info.verb === 'deletecollection'
  );
}

function createPresentation(serving: WatchServing, request: ApiRequest, isList: boolean): Presentation {
  return {
    negotiated: negotiate(request.headers, isList ? LIST_KINDS : OBJECT_KINDS),
    include: readInclude(request.query),
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
      const { object: given, source } = await readInput(request);
      const object = await resource.create(namespace, given, withSource(context, source));
      writeObject(response, 201, object, definition, presentation);
      return;
    }
    case 'DELETE': {
      const { dryRun, ...options } = await readDeleteOptions(request);
      const context = readWriteContext(request, response, exchange.signal);
      const selection = readListOptions(request.query);
      const items = await resource.deleteCollection(namespace, selection, options, {
        ...context,
        dryRun: dryRun || context.dryRun,
      });
      const list = {
        items,
        resourceVersion: (await resource.list(namespace, { limit: 1 })).resourceVersion,
      };
      writeList(response, list, definition, createPresentation(serving, request, true));
      return;
    }
    default:
      throw createMethodNotSupported(definition, request.info.verb);
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
      writeObject(response, 200, await resource.get(namespace, name), definition, presentation);
      return;
    case 'PUT': {
      const context = readWriteContext(request, response, exchange.signal);
      const { object: given, source } = await readInput(request);
      const creates = definition.strategy.createsOnUpdate === true && subresource === '';
      const produce = (): KubeObject => cloneJson(given);
      const { object, isCreated } = await resource.update(
        { namespace, name, subresource, produce, creates },
        withSource(context, source),
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
        createPatch(serving, definition, input, context),
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
        dryRun: dryRun || context.dryRun,
      });
      if (isJsonObject(answer) && answer['kind'] === 'Status') writeJson(response, 200, answer);
      else writeObject(response, 200, answer as KubeObject, definition, presentation); // it is the object that waits
      return;
    }
    default:
      throw createMethodNotSupported(definition, request.info.verb);
  }
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
