import { stringifyJson, stringifyYaml } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
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

/** An object as JSON; written once however many ask for it. */
export function getText(object: KubeObject): string {
  let text = texts.get(object);
  if (text === undefined) {
    text = stringifyJson(object);
    texts.set(object, text);
  }
  return text;
}

/** How objects are shown to one client. */
export interface Presentation {
  readonly negotiated: Negotiated;
  readonly include: IncludeObject;
  readonly nowMs: number;
}

/** Reads `includeObject`. */
export function readInclude(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject');
  return value === 'None' || value === 'Object' ? value : 'Metadata';
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
    ...(list.continue === undefined ? {} : { continue: list.continue }),
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
  if (mediaType === 'application/yaml') writeValue(response, 200, mediaType, { ...head, items: list.items });
  else {
    const items = list.items.map(getText).join(',');
    writeText(response, 200, mediaType, `${JSON.stringify(head).slice(0, -1)},"items":[${items}]}\n`);
  }
}
