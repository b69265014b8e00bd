import {
  isParseError,
  matchFieldSelector,
  matchSelector,
  parseFieldSelector,
  parseLabelSelector,
} from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { ApiError } from '../errors/api-error.ts';
import { createBadRequest, createInvalid } from '../errors/status-errors.ts';
import type { Storage, StorageList, StorageListOptions } from '../storage/storage.ts';
import type { StoredResourceDefinition } from './definition.ts';

/** What a list or watch asks for, as its query parameters say. */
export interface ListOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
}

/** A page of objects in the form of the version asked for. */
export interface ObjectList {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** Whether an object is selected. Undefined: everything is. */
export type ObjectFilter = ((object: KubeObject) => boolean) | undefined;

/**
 * Turns selectors into a filter on objects of the version asked for.
 * @throws {ApiError} `BadRequest`
 */
export function createFilter(definition: StoredResourceDefinition, options: ListOptions): ObjectFilter {
  const { labelSelector = '', fieldSelector = '' } = options;
  if (labelSelector === '' && fieldSelector === '') return undefined;
  try {
    const labels = parseLabelSelector(labelSelector);
    const fields = parseFieldSelector(fieldSelector);
    const known = new Set(['metadata.name', 'metadata.namespace', ...(definition.selectableFields ?? [])]);
    const unknown = fields.find(({ field }) => !known.has(field));
    if (unknown !== undefined) {
      throw createBadRequest(
        (definition.selectableFields ?? []).length > 0
          ? `field label not supported: ${unknown.field}`
          : `${JSON.stringify(unknown.field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
      );
    }
    return (object) => matchSelector(labels, object.metadata.labels) && matchFieldSelector(fields, object);
  } catch (error) {
    if (isParseError(error)) throw createBadRequest(error.message);
    throw error;
  }
}

interface Continuation {
  readonly resourceVersion: number;
  readonly namespace: string;
  readonly name: string;
}

function formatContinue(continuation: Continuation): string {
  const { resourceVersion, namespace, name } = continuation;
  const value = { v: 'meta.k8s.io/v1', rv: resourceVersion, start: `${namespace}/${name}` };
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function parseContinue(text: string): Continuation {
  try {
    const value = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Record<string, unknown>;
    const { rv, start } = value;
    if (typeof rv === 'number' && typeof start === 'string') {
      const at = start.indexOf('/');
      return { resourceVersion: rv, namespace: start.slice(0, at), name: start.slice(at + 1) };
    }
  } catch {
    // not one of ours: said below
  }
  throw createBadRequest(`continue key is not valid: ${text}`);
}

/**
 * Reads a resource version from a query.
 * @throws {ApiError} `Invalid` for anything but a number
 */
export function parseResourceVersion(text: string, definition: StoredResourceDefinition): number {
  if (/^\d{1,16}$/.test(text)) return Number(text);
  throw createInvalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, definition.resource, [
    {
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(text)}: must be an unsigned integer`,
      field: 'resourceVersion',
    },
  ]);
}

/** @throws {ApiError} `Timeout` when the version is one that has not been written yet */
export function assertReached(storage: Storage, requested: number): void {
  const current = storage.getResourceVersion();
  if (requested <= current) return;
  const message = `Too large resource version: ${requested}, current: ${current}`;
  throw new ApiError('Timeout', message, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

/**
 * Lists objects a page at a time, all pages at one resource version.
 * @throws {ApiError} `BadRequest`, `Expired` or `Timeout`
 */
export async function listObjects(
  storage: Storage,
  definition: StoredResourceDefinition,
  namespace: string,
  options: ListOptions,
): Promise<ObjectList> {
  const convert = definition.fromStorage;
  const filter = createFilter(definition, options);
  const matches: StorageListOptions['matches'] =
    filter === undefined ? undefined : convert === undefined ? filter : (object) => filter(convert(object));
  const continuation =
    options.continue === undefined || options.continue === '' ? undefined : parseContinue(options.continue);
  const requested = options.resourceVersion ?? '';
  if (!/^\d*$/.test(requested))
    throw createBadRequest(`resourceVersion is an unsigned integer, not ${JSON.stringify(requested)}`);
  let at = continuation?.resourceVersion;
  if (continuation === undefined && requested !== '' && requested !== '0') {
    const version = parseResourceVersion(requested, definition);
    assertReached(storage, version);
    if (options.resourceVersionMatch === 'Exact') at = version;
  }
  const page = await storage.list(
    { resource: definition.storageResource, namespace },
    {
      ...(options.limit === undefined || options.limit <= 0 ? {} : { limit: options.limit }),
      ...(continuation === undefined ? {} : { after: continuation }),
      ...(at === undefined || at === storage.getResourceVersion() ? {} : { atResourceVersion: at }),
      ...(matches === undefined ? {} : { matches }),
    },
  );
  const items = convert === undefined ? page.items : page.items.map(convert);
  return {
    items,
    resourceVersion: String(page.resourceVersion),
    ...describeRest(page, filter !== undefined),
  };
}

function describeRest(
  page: StorageList,
  isFiltered: boolean,
): Pick<ObjectList, 'continue' | 'remainingItemCount'> {
  const last = page.items.at(-1);
  if (page.remaining === 0 || last === undefined) return {};
  const { namespace = '', name = '' } = last.metadata;
  return {
    continue: formatContinue({ resourceVersion: page.resourceVersion, namespace, name }),
    ...(isFiltered ? {} : { remainingItemCount: page.remaining }),
  };
}
