import { isJsonObject, isParseError, parseJson, parseYaml } from '@clusternet/kube-data';
import type { JsonValue, KubeObject } from '@clusternet/kube-data';
import { ApiError } from '../errors/api-error.ts';
import { createBadRequest, createInvalid } from '../errors/status-errors.ts';
import { getHeader } from '../server/header-map.ts';
import type { ApiRequest, ApiResponse } from '../server/request.ts';
import { createWarnings } from '../server/warnings.ts';
import type { DocumentSource, WriteContext } from './definition.ts';
import type { DeleteOptions } from './delete-object.ts';
import type { ListOptions } from './read-objects.ts';

/** The media type of a body, in lower case and without parameters. */
export function getContentType(request: ApiRequest): string {
  const [type = ''] = (getHeader(request.headers, 'content-type') ?? '').split(';');
  return type.trim().toLowerCase();
}

/** A value, and the text it came from unless it came from something else. */
interface Document {
  readonly value: JsonValue;
  readonly source?: DocumentSource;
}

/**
 * Reads a body of JSON or YAML.
 * @throws {ApiError} `UnsupportedMediaType` or `BadRequest`
 */
async function readDocument(request: ApiRequest): Promise<Document> {
  const type = getContentType(request);
  const decode = request.decoders.get(type);
  const format = FORMATS.get(type);
  if (decode === undefined && format === undefined) {
    throw new ApiError(
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml`,
    );
  }
  const body = await request.readBody();
  if (decode !== undefined) return { value: decode(body) };
  const text = body.toString('utf8');
  const source: DocumentSource = { format: format ?? 'json', text };
  try {
    return { value: source.format === 'yaml' ? parseYaml(text) : parseJson(text), source };
  } catch (error) {
    if (isParseError(error)) throw createBadRequest(`the object provided is unrecognized: ${error.message}`);
    throw error;
  }
}

const FORMATS: ReadonlyMap<string, DocumentSource['format']> = new Map([
  ['', 'json'],
  ['application/json', 'json'],
  ['application/x-yaml', 'yaml'],
  ['application/yaml', 'yaml'],
]);

/** @throws {ApiError} `BadRequest` for anything but an object */
export async function readObject(request: ApiRequest): Promise<KubeObject> {
  return (await readInput(request)).object;
}

/**
 * Reads an object, and keeps the text for strict validation.
 * @throws {ApiError} `BadRequest` for anything but an object
 */
export async function readInput(
  request: ApiRequest,
): Promise<{ readonly object: KubeObject; readonly source?: DocumentSource }> {
  const { value, source } = await readDocument(request);
  if (!isJsonObject(value))
    throw createBadRequest('the object provided is unrecognized: it is not an object');
  const { metadata } = value;
  if (metadata !== undefined && metadata !== null && !isJsonObject(metadata)) {
    throw createBadRequest('the object provided is unrecognized: metadata is not an object');
  }
  const object = value as unknown as KubeObject; // the rest is checked against the kind
  return { object, ...(source === undefined ? {} : { source }) };
}

/**
 * Reads what a write carries beside its object. Warnings go out as headers of the answer.
 * @throws {ApiError} `Invalid` for an unknown `dryRun` or `fieldValidation`
 */
export function readWriteContext(
  request: ApiRequest,
  response: ApiResponse,
  signal?: AbortSignal,
): WriteContext {
  const { query } = request;
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  const unknown = dryRun.find((value) => value !== 'All');
  if (unknown !== undefined) throw invalidOption('dryRun', unknown, ['All']);
  const fieldValidation = query.get('fieldValidation') ?? '';
  if (
    fieldValidation !== '' &&
    fieldValidation !== 'Ignore' &&
    fieldValidation !== 'Warn' &&
    fieldValidation !== 'Strict'
  ) {
    throw invalidOption('fieldValidation', fieldValidation, ['', 'Ignore', 'Strict', 'Warn']);
  }
  const fieldManager = query.get('fieldManager') ?? '';
  return {
    user: request.user,
    dryRun: dryRun.length > 0,
    fieldManager: fieldManager === '' ? defaultManager(request) : fieldManager,
    fieldValidation: fieldValidation === '' ? 'Warn' : fieldValidation,
    warn: createWarnings(response),
    options: {
      ...(dryRun.length === 0 ? {} : { dryRun }),
      ...(fieldManager === '' ? {} : { fieldManager }),
      ...(fieldValidation === '' ? {} : { fieldValidation }),
    },
    ...(signal === undefined ? {} : { signal }),
  };
}

/** The program's name out of its User-Agent; an apply has to name its manager itself. */
function defaultManager(request: ApiRequest): string {
  if (getContentType(request) === 'application/apply-patch+yaml') return '';
  const [program = ''] = (getHeader(request.headers, 'user-agent') ?? '').split('/');
  return program === '' ? 'unknown' : program.slice(0, 128);
}

function invalidOption(field: string, value: string, supported: readonly string[]): ApiError {
  const list = supported.map((item) => JSON.stringify(item)).join(', ');
  return createInvalid({ group: 'meta.k8s.io', kind: 'WriteOptions' }, '', [
    {
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`,
      field,
    },
  ]);
}

/** Reads selectors, paging and resource version from a query. */
export function readListOptions(query: URLSearchParams): ListOptions {
  const options: Record<string, number | string> = {};
  for (const key of [
    'labelSelector',
    'fieldSelector',
    'continue',
    'resourceVersion',
    'resourceVersionMatch',
  ]) {
    const value = query.get(key);
    if (value !== null && value !== '') options[key] = value;
  }
  const text = query.get('limit') ?? '';
  if (!/^[-+]?\d*$/.test(text))
    throw createBadRequest(`limit is a whole number, not ${JSON.stringify(text)}`);
  const limit = Number(text);
  if (Number.isInteger(limit) && limit > 0) options['limit'] = limit;
  if (!isQueryTrue(query, 'watch') && !query.has('sendInitialEvents')) assertMatch(options);
  return options;
}

const MATCHES: readonly unknown[] = ['Exact', 'NotOlderThan'];

/** Which versions a list takes can be said only of a version, and not of a page that goes on. */
function assertMatch(options: ListOptions): void {
  const { resourceVersionMatch: match, resourceVersion = '' } = options;
  if (match === undefined) return;
  const reason =
    resourceVersion === ''
      ? 'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided'
      : options.continue !== undefined
        ? 'Forbidden: resourceVersionMatch is forbidden when continue is provided'
        : !MATCHES.includes(match)
          ? `Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan"`
          : match === 'Exact' && resourceVersion === '0'
            ? 'Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
            : undefined;
  if (reason === undefined) return;
  const field = 'resourceVersionMatch';
  throw createInvalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [{ message: reason, field }]);
}

/** True for a parameter that is set to anything but `0` or `false`. */
export function isQueryTrue(query: URLSearchParams, key: string): boolean {
  const value = query.get(key);
  return value !== null && value !== '0' && value !== 'false';
}

/**
 * Reads `DeleteOptions` from the body, or from the query where there is none.
 * @throws {ApiError} `BadRequest` or `Invalid`
 */
export async function readDeleteOptions(
  request: ApiRequest,
): Promise<DeleteOptions & { readonly dryRun: boolean }> {
  const given = await readOptionsBody(request);
  const { query } = request;
  const grace = given['gracePeriodSeconds'] ?? numberOf(query.get('gracePeriodSeconds'));
  const policy = readPolicy(given, query);
  const { preconditions } = given;
  const dryRun = Array.isArray(given['dryRun']) && given['dryRun'].includes('All');
  return {
    dryRun,
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
    ...(policy === undefined ? {} : { propagationPolicy: policy }),
    ...(isJsonObject(preconditions) ? { preconditions: readPreconditions(preconditions) } : {}),
  };
}

async function readOptionsBody(request: ApiRequest): Promise<Record<string, unknown>> {
  const body = await request.readBody();
  if (body.length === 0) return {};
  const type = getContentType(request);
  const decode = request.decoders.get(type);
  const text = (): string => body.toString('utf8');
  try {
    const value = decode?.(body) ?? (type.endsWith('yaml') ? parseYaml(text()) : parseJson(text()));
    return isJsonObject(value) ? value : {};
  } catch (error) {
    if (isParseError(error)) throw createBadRequest(`the delete options cannot be read: ${error.message}`);
    throw error;
  }
}

function readPolicy(
  given: Record<string, unknown>,
  query: URLSearchParams,
): DeleteOptions['propagationPolicy'] {
  const policy = given['propagationPolicy'] ?? query.get('propagationPolicy') ?? undefined;
  if (policy === 'Background' || policy === 'Foreground' || policy === 'Orphan') return policy;
  if (policy !== undefined) {
    throw invalidOption('propagationPolicy', JSON.stringify(policy), [
      'Foreground',
      'Background',
      'Orphan',
      'nil',
    ]);
  }
  const orphans =
    given['orphanDependents'] ??
    (query.has('orphanDependents') ? isQueryTrue(query, 'orphanDependents') : undefined);
  if (orphans === undefined) return undefined;
  return orphans === true ? 'Orphan' : 'Background';
}

function readPreconditions(given: Record<string, unknown>): NonNullable<DeleteOptions['preconditions']> {
  const { uid, resourceVersion } = given;
  return {
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
  };
}

function numberOf(text: string | null): number | undefined {
  return text === null || text === '' || Number.isNaN(Number(text)) ? undefined : Number(text);
}
