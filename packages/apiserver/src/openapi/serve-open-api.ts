import { createHash } from 'node:crypto';
import { stringifyJson } from '@clusternet/kube-data';
import { ApiError } from '../errors/api-error.ts';
import { createPathNotFound } from '../errors/status-errors.ts';
import type { ApiRegistry, ServedResource } from '../registry/api-registry.ts';
import { getHeader } from '../server/header-map.ts';
import type { ApiHandler, ApiRequest, ApiResponse } from '../server/request.ts';
import { writeJson } from '../server/respond.ts';
import { createV2Document, createV3Document } from './create-documents.ts';
import type { DocumentInfo } from './create-documents.ts';

/** A document under its hash does not change. */
const IMMUTABLE = 'public, immutable, max-age=31536000';

interface Cached {
  readonly revision: number;
  readonly text: string;
  readonly hash: string;
}

/** Answers `/openapi/v2`, `/openapi/v3` and the documents under it. Documents are written when first asked for. */
export function createOpenApiHandler(registry: ApiRegistry, info: DocumentInfo): ApiHandler {
  const documents = new Map<string, Cached>();

  const getDocument = (key: string, create: () => unknown): Cached => {
    const known = documents.get(key);
    if (known?.revision === registry.getRevision()) return known;
    const text = stringifyJson(create());
    const hash = createHash('sha256').update(text).digest('hex').toUpperCase();
    const made = { revision: registry.getRevision(), text, hash };
    documents.set(key, made);
    return made;
  };

  return (request, response) => {
    const path = request.path.replace(/\/$/, '');
    if (path === '/openapi/v2')
      sendDocument(request, response, () =>
        getDocument('v2', () => createV2Document(registry.listResources(), info)),
      );
    else if (path === '/openapi/v3') writeJson(response, 200, { paths: createIndex(registry, documents) });
    else if (path.startsWith('/openapi/v3/')) {
      const key = path.slice('/openapi/v3/'.length);
      const resources = findResources(registry, key);
      if (resources.length === 0) throw createPathNotFound();
      const getV3 = (): Cached => getDocument(key, () => createV3Document(resources, info));
      const asked = request.query.get('hash');
      if (asked === null || asked === nameState(registry)) sendDocument(request, response, getV3);
      else if (asked === getV3().hash) sendDocument(request, response, getV3, IMMUTABLE);
      else redirect(response, `/openapi/v3/${key}?hash=${getV3().hash}`);
    } else throw createPathNotFound();
    return Promise.resolve();
  };
}

/** @throws {ApiError} `NotAcceptable` for clients that want no JSON */
function sendDocument(
  request: ApiRequest,
  response: ApiResponse,
  getDocument: () => Cached,
  cacheControl = 'no-cache, private',
): void {
  const accept = (request.headers.get('accept') ?? []).join(',');
  if (accept !== '' && !/application\/json|\*\/\*|application\/\*/.test(accept)) {
    throw new ApiError('NotAcceptable', 'only the following media types are accepted: application/json');
  }
  const { text, hash } = getDocument();
  const etag = `"${hash}"`;
  response.setHeader('etag', etag);
  response.setHeader('vary', 'Accept');
  response.setHeader('cache-control', cacheControl);
  if (getHeader(request.headers, 'if-none-match') === etag) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(text);
}

/** Who asks for a document as it was gets it as it is. */
function redirect(response: ApiResponse, location: string): void {
  response.writeHead(301, { location, 'cache-control': 'no-cache, private' }).end();
}

function createIndex(
  registry: ApiRegistry,
  documents: ReadonlyMap<string, Cached>,
): Record<string, { serverRelativeURL: string }> {
  const keys = new Set(registry.listResources().map(keyOf));
  const revision = registry.getRevision();
  return Object.fromEntries(
    [...keys].sort().map((key) => {
      // The hash lets clients cache; a document that was not written yet is named by the state of the registry.
      const known = documents.get(key);
      const hash = known?.revision === revision ? known.hash : nameState(registry);
      return [key, { serverRelativeURL: `/openapi/v3/${key}?hash=${hash}` }];
    }),
  );
}

/** Stands for the hash of a document that was not written yet. */
function nameState(registry: ApiRegistry): string {
  return `R${registry.getRevision()}`;
}

function keyOf({ names }: ServedResource): string {
  return names.group === '' ? `api/${names.version}` : `apis/${names.group}/${names.version}`;
}

function findResources(registry: ApiRegistry, key: string): readonly ServedResource[] {
  return registry.listResources().filter((resource) => keyOf(resource) === key);
}
