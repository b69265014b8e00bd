import { stringifyJson, stringifyYaml } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { createBadRequest } from '../errors/status-errors.ts';
import type { Negotiated, OfferedKinds } from '../server/negotiate.ts';
import type { ApiResponse } from '../server/request.ts';
import { writeText, writeValue } from '../server/respond.ts';
import { createPartialMetadata, createTable, DEFAULT_COLUMNS } from '../table/table-columns.ts';
import type { IncludeObject } from '../table/table-columns.ts';
import type { StoredResourceDefinition } from './definition.ts';
import type { ObjectList } from './read-objects.ts';

/** What single objects and watches can be turned into. */
export const OBJECT_KINDS: OfferedKinds = new Set([
  'Table.v1.meta.k8s.io',
  'Table.v1beta1.meta.k8s.io',
  'PartialObjectMetadata.v1.meta.k8s.io',
  'PartialObjectMetadata.v1beta1.meta.k8s.io',
]);

/** What lists can be turned into. */
export const LIST_KINDS: OfferedKinds = new Set([
  'Table.v1.meta.k8s.io',
  'Table.v1beta1.meta.k8s.io',
  'PartialObjectMetadataList.v1.meta.k8s.io',
  'PartialObjectMetadataList.v1beta1.meta.k8s.io',
]);

// Stored objects are never changed, so their text can be kept for as long as they are.
const texts = new WeakMap<KubeObject, string>();

/** An object as JSON, without its kind; written once however many ask for it. */
function getContentText(object: KubeObject): string {
  let text = texts.get(object);
  if (text === undefined) {
    const { kind: _kind, apiVersion: _apiVersion, ...content } = object;
    text = stringifyJson(content);
    texts.set(object, text);
  }
  return text;
}

/** An object as JSON. */
export function getText(object: KubeObject): string {
  const head = `{"kind":${JSON.stringify(object.kind)},"apiVersion":${JSON.stringify(object.apiVersion)}`;
  const content = getContentText(object);
  return content === '{}' ? `${head}}` : `${head},${content.slice(1)}`;
}

/** How objects are shown to one client. */
export interface Presentation {
  readonly negotiated: Negotiated;
  readonly include: IncludeObject;
  readonly nowMs: number;
}

/**
 * Reads `includeObject`.
 * @throws {ApiError} `BadRequest` for anything else, where a Table is asked for
 */
export function readInclude(query: URLSearchParams, { as }: Negotiated): IncludeObject {
  const value = query.get('includeObject') ?? '';
  if (value === 'None' || value === 'Object') return value;
  if (value === '' || value === 'Metadata' || as?.kind !== 'Table') return 'Metadata';
  throw createBadRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

/** Sends one object, or what the client wants to see of it. */
export function writeObject(
  response: ApiResponse,
  code: number,
  object: KubeObject,
  definition: StoredResourceDefinition,
  presentation: Presentation,
): void {
  const { mediaType, as } = presentation.negotiated;
  if (as !== undefined) {
    writeValue(response, code, mediaType, presentObject(object, definition, presentation, true));
  } else if (mediaType === 'application/yaml') writeText(response, code, mediaType, stringifyYaml(object));
  else writeText(response, code, mediaType, `${getText(object)}\n`);
}

/** An object as a Table or as bare metadata. */
export function presentObject(
  object: KubeObject,
  definition: StoredResourceDefinition,
  { negotiated, include, nowMs }: Presentation,
  withHeaders: boolean,
): JsonObject {
  if (negotiated.as?.kind !== 'Table') return createPartialMetadata(object);
  const metadata = { resourceVersion: object.metadata.resourceVersion ?? '' };
  return createTable([object], definition.columns ?? DEFAULT_COLUMNS, {
    include,
    metadata,
    nowMs,
    withHeaders,
  });
}

/** Sends a list. */
export function writeList(
  response: ApiResponse,
  list: ObjectList,
  definition: StoredResourceDefinition,
  { negotiated, include, nowMs }: Presentation,
): void {
  const metadata: JsonObject = {
    resourceVersion: list.resourceVersion,
    ...(list.continue === undefined && definition.dialect === 'built-in'
      ? {}
      : { continue: list.continue ?? '' }),
    ...(list.remainingItemCount === undefined ? {} : { remainingItemCount: list.remainingItemCount }),
  };
  const { mediaType, as } = negotiated;
  if (as?.kind === 'Table') {
    const options = { include, metadata, nowMs, withHeaders: true };
    writeValue(
      response,
      200,
      mediaType,
      createTable(list.items, definition.columns ?? DEFAULT_COLUMNS, options),
    );
    return;
  }
  if (as !== undefined) {
    const items = list.items.map(createPartialMetadata);
    writeValue(response, 200, mediaType, {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
      items,
    });
    return;
  }
  const apiVersion =
    definition.group === '' ? definition.version : `${definition.group}/${definition.version}`;
  const head = { kind: definition.listKind, apiVersion, metadata };
  // What built-in kinds are is said once for the list; custom resources say it each for themselves.
  const isPlain = definition.dialect === 'built-in';
  if (mediaType === 'application/yaml') {
    const items = isPlain ? list.items.map(withoutKind) : list.items;
    writeValue(response, 200, mediaType, { ...head, items });
  } else {
    const items = list.items.map(isPlain ? getContentText : getText).join(',');
    writeText(response, 200, mediaType, `${JSON.stringify(head).slice(0, -1)},"items":[${items}]}\n`);
  }
}

function withoutKind({ kind: _kind, apiVersion: _apiVersion, ...content }: KubeObject): object {
  return content;
}
