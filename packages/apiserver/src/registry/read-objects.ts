import {
  isParseError,
  matchFieldSelector,
  matchSelector,
  parseFieldSelector,
  parseLabelSelector,
} from '@clusternet/kube-data';
import type { FieldSelector, KubeObject } from '@clusternet/kube-data';
import { ApiError, isApiError } from '../errors/api-error.ts';
import { createBadRequest, createExpired } from '../errors/status-errors.ts';
import type { Storage, StorageList, StorageListOptions, StorageScope } from '../storage/storage.ts';
import { formatContinue, parseContinue } from './continue-token.ts';
import type { Continuation } from './continue-token.ts';
import type { StoredResourceDefinition } from './definition.ts';
import { parseUnsigned } from './query-values.ts';

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
 * The part of a storage that a selection can be in: one name where a field selector asks for it.
 * @throws {ApiError} `BadRequest` for a field selector that does not parse
 */
export function createScope(
  definition: StoredResourceDefinition,
  namespace: string,
  { fieldSelector = '' }: ListOptions,
): StorageScope {
  const scope = { resource: definition.storageResource, namespace: definition.namespaced ? namespace : '' };
  const named = readFields(fieldSelector).find(
    ({ field, operator }) => field === 'metadata.name' && operator === 'Equals',
  );
  return named === undefined ? scope : { ...scope, name: named.value };
}

function readFields(text: string): FieldSelector {
  try {
    return text === '' ? [] : parseFieldSelector(text);
  } catch (error) {
    if (isParseError(error)) throw createBadRequest(error.message);
    throw error;
  }
}

/**
 * Turns selectors into a filter on objects of the version asked for.
 * @throws {ApiError} `BadRequest`
 */
export function createFilter(definition: StoredResourceDefinition, options: ListOptions): ObjectFilter {
  const { labelSelector = '', fieldSelector = '' } = options;
  if (labelSelector === '' && fieldSelector === '') return undefined;
  try {
    const labels = parseLabelSelector(labelSelector);
    const fields = readFields(fieldSelector);
    const known = new Set(['metadata.name', 'metadata.namespace', ...(definition.selectableFields ?? [])]);
    const unknown = fields.find(({ field }) => !known.has(field));
    if (unknown !== undefined) {
      throw createBadRequest(
        definition.dialect === 'custom' || (definition.selectableFields ?? []).length > 0
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

/**
 * A resource version as a number.
 * @param refuse - makes the refusal of anything else
 */
export function parseResourceVersion(text: string, refuse: (reason: string) => ApiError): number {
  const version = parseUnsigned(text);
  if (typeof version === 'number') return version;
  throw refuse(`resourceVersion: Invalid value: ${JSON.stringify(text)}: ${version}`);
}

/** 500: kube-apiserver has no reason for versions that make no sense where one object or a watch is asked for. */
export function createUnexplained(reason: string): ApiError {
  return new ApiError('Unknown', reason);
}

/** @throws {ApiError} `Timeout` when the version is one that has not been written yet */
export function assertReached(storage: Storage, requested: number): void {
  const current = storage.getResourceVersion();
  if (requested <= current) return;
  const message = `Timeout: Too large resource version: ${requested}, current: ${current}`;
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
  const at = planVersion(storage, options, continuation);
  const page = await listPage(
    storage,
    createScope(definition, namespace, options),
    {
      ...(options.limit === undefined || options.limit <= 0 ? {} : { limit: options.limit }),
      ...(continuation === undefined ? {} : { after: continuation }),
      ...(at === undefined || at === storage.getResourceVersion() ? {} : { atResourceVersion: at }),
      ...(matches === undefined ? {} : { matches }),
    },
    continuation,
  );
  const items = convert === undefined ? page.items : page.items.map(convert);
  return {
    items,
    resourceVersion: String(page.resourceVersion),
    ...describeRest(page, filter !== undefined),
  };
}

/** The version that a list has to be of; undefined for the newest. */
function planVersion(
  storage: Storage,
  { resourceVersion: requested = '', resourceVersionMatch: match }: ListOptions,
  continuation: Continuation | undefined,
): number | undefined {
  const isAsked = requested !== '' && requested !== '0';
  if (continuation !== undefined) {
    if (isAsked) throw createBadRequest('specifying resource version is not allowed when using continue');
    return continuation.resourceVersion < 0 ? undefined : continuation.resourceVersion;
  }
  if (!isAsked) return undefined;
  const version = parseResourceVersion(requested, (reason) =>
    createBadRequest(`invalid resource version: ${reason}`),
  );
  assertReached(storage, version);
  return match === 'Exact' ? version : undefined;
}

/** A page that is no longer remembered as it was can be had as it is now: the error says how. */
async function listPage(
  storage: Storage,
  scope: StorageScope,
  options: StorageListOptions,
  continuation: Continuation | undefined,
): Promise<StorageList> {
  try {
    return await storage.list(scope, options);
  } catch (error) {
    if (!isApiError(error, 'Expired')) throw error;
    if (continuation === undefined)
      throw createExpired('The resourceVersion for the provided list is too old.');
    throw new ApiError('Expired', INCONSISTENT, undefined, {
      continue: formatContinue({ ...continuation, resourceVersion: -1 }),
    });
  }
}

const INCONSISTENT =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

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
