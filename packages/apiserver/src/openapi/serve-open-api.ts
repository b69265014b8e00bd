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
      serveV2(request, response, () =>
        getDocument('v2', () => createV2Document(registry.listResources(), info)),
      );
    else if (path === '/openapi/v3') writeJson(response, 200, { paths: createIndex(registry, documents) });
    else if (path.startsWith('/openapi/v3/')) {
      const key = path.slice('/openapi/v3/'.length);
      const resources = findResources(registry, key);
      if (resources.length === 0) throw createPathNotFound();
      sendDocument(
        request,
        response,
        getDocument(key, () => createV3Document(resources, info)),
      );
    } else throw createPathNotFound();
    return Promise.resolve();
  };
}

function serveV2(request: ApiRequest, response: ApiResponse, getDocument: () => Cached): void {
  const accept = (request.headers.get('accept') ?? []).join(',');
  if (accept !== '' && !/application\/json|\*\/\*|application\/\*/.test(accept)) {
    throw new ApiError('NotAcceptable', 'only the following media types are accepted: application/json');
  }
  sendDocument(request, response, getDocument());
}

function sendDocument(request: ApiRequest, response: ApiResponse, { text, hash }: Cached): void {
  const etag = `"${hash}"`;
  response.setHeader('etag', etag);
  response.setHeader('vary', 'Accept');
  if (getHeader(request.headers, 'if-none-match') === etag) {
    response.writeHead(304);
    response.end();
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'public, must-revalidate' });
  response.end(text);
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
      const hash = known?.revision === revision ? known.hash : `R${revision}`;
      return [key, { serverRelativeURL: `/openapi/v3/${key}?hash=${hash}` }];
    }),
  );
}

function keyOf({ names }: ServedResource): string {
  return names.group === '' ? `api/${names.version}` : `apis/${names.group}/${names.version}`;
}

function findResources(registry: ApiRegistry, key: string): readonly ServedResource[] {
  return registry.listResources().filter((resource) => keyOf(resource) === key);
}
