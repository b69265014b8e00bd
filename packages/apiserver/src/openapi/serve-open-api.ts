import { createHash } from 'node:crypto';
import { stringifyJson } from '@clusternet/kube-data';
import type { JsonObject } from '@clusternet/kube-data';
import { ApiError } from '../errors/api-error.ts';
import { createPageNotFound } from '../errors/status-errors.ts';
import type { ApiRegistry, ServedResource } from '../registry/api-registry.ts';
import { getHeader } from '../server/header-map.ts';
import type { ApiHandler, ApiRequest, ApiResponse } from '../server/request.ts';
import { writeJson } from '../server/respond.ts';
import { parseAccept } from '../server/negotiate.ts';
import { createV2Document, createV3Document } from './create-documents.ts';
import type { DocumentInfo } from './create-documents.ts';
import { encodeV2Document } from './encode-v2.ts';

/** A document under its hash does not change. */
const IMMUTABLE = 'public, immutable, max-age=31536000';

interface Cached {
  readonly revision: number;
  readonly body: Buffer | string;
  readonly hash: string;
}

const JSON_TYPE = 'application/json';
const PROTOBUF_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
/** What clients ask for, old and new, and what they get. */
const V2_TYPES: ReadonlyMap<string, string> = new Map([
  ['*/*', JSON_TYPE],
  ['application/*', JSON_TYPE],
  [JSON_TYPE, JSON_TYPE],
  [PROTOBUF_TYPE, PROTOBUF_TYPE],
  ['application/com.github.proto-openapi.spec.v2@v1.0+protobuf', PROTOBUF_TYPE],
]);

/** Answers `/openapi/v2`, `/openapi/v3` and the documents under it. Documents are written when first asked for. */
export function createOpenApiHandler(registry: ApiRegistry, info: DocumentInfo): ApiHandler {
  const documents = new Map<string, Cached>();

  const getDocument = (key: string, create: () => Buffer | string): Cached => {
    const known = documents.get(key);
    if (known?.revision === registry.getRevision()) return known;
    const body = create();
    const hash = createHash('sha256').update(body).digest('hex').toUpperCase();
    const made = { revision: registry.getRevision(), body, hash };
    documents.set(key, made);
    return made;
  };

  return (request, response) => {
    const path = request.path.replace(/\/$/, '');
    if (path === '/openapi/v2') {
      const contentType = pickV2Type(request);
      const create = (): JsonObject => createV2Document(registry.listResources(), info);
      const document =
        contentType === JSON_TYPE
          ? getDocument('v2', () => stringifyJson(create()))
          : getDocument('v2 protobuf', () => encodeV2Document(create()));
      sendDocument(request, response, document, { contentType });
    } else if (path === '/openapi/v3') writeJson(response, 200, { paths: createIndex(registry, documents) });
    else if (path.startsWith('/openapi/v3/')) {
      const key = path.slice('/openapi/v3/'.length);
      const resources = findResources(registry, key);
      if (resources.length === 0) throw createPageNotFound();
      const document = getDocument(key, () => stringifyJson(createV3Document(resources, info)));
      const asked = request.query.get('hash');
      const isImmutable = asked === document.hash;
      if (asked === null || asked === nameState(registry) || isImmutable) {
        sendDocument(request, response, document, { contentType: JSON_TYPE, isImmutable });
      } else redirect(response, `/openapi/v3/${key}?hash=${document.hash}`);
    } else throw createPageNotFound();
    return Promise.resolve();
  };
}

/** @throws {ApiError} `NotAcceptable` */
function pickV2Type(request: ApiRequest): string {
  const accept = (request.headers.get('accept') ?? []).join(',');
  if (accept === '') return JSON_TYPE;
  for (const { type } of parseAccept(accept)) {
    const contentType = V2_TYPES.get(type);
    if (contentType !== undefined) return contentType;
  }
  throw new ApiError(
    'NotAcceptable',
    `only the following media types are accepted: ${JSON_TYPE}, ${PROTOBUF_TYPE}`,
  );
}

function sendDocument(
  request: ApiRequest,
  response: ApiResponse,
  { body, hash }: Cached,
  { contentType, isImmutable = false }: { readonly contentType: string; readonly isImmutable?: boolean },
): void {
  const etag = `"${hash}"`;
  response.setHeader('etag', etag);
  response.setHeader('vary', 'Accept');
  response.setHeader('cache-control', isImmutable ? IMMUTABLE : 'no-cache, private');
  if (getHeader(request.headers, 'if-none-match') === etag) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(200, { 'content-type': contentType });
  response.end(body);
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
