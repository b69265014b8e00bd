import type { StatusCause } from '../errors/api-error.ts';
import { createInvalid } from '../errors/status-errors.ts';
import { forbiddenValue, unsupportedValue } from './object-rules.ts';
import { isQueryTrue, readBoolean, readInteger } from './query-values.ts';
import type { ListOptions } from './read-objects.ts';
import type { WatchOptions } from './watch-objects.ts';

/** What a list or a watch is asked with. */
interface AllOptions extends WatchOptions {
  /** Seconds until a watch ends; 0: as the server likes. */
  readonly timeoutSeconds: number;
}

function readAll(query: URLSearchParams): AllOptions {
  const sendInitialEvents = readBoolean(query, 'sendInitialEvents');
  const limit = readInteger(query, 'limit') ?? 0;
  const texts: Record<string, string> = {};
  for (const key of [
    'labelSelector',
    'fieldSelector',
    'continue',
    'resourceVersion',
    'resourceVersionMatch',
  ]) {
    const value = query.get(key);
    if (value !== null && value !== '') texts[key] = value;
  }
  return {
    ...texts,
    ...(limit > 0 ? { limit } : {}),
    ...(sendInitialEvents === undefined ? {} : { sendInitialEvents }),
    allowBookmarks: readBoolean(query, 'allowWatchBookmarks') === true,
    timeoutSeconds: readInteger(query, 'timeoutSeconds') ?? 0,
  };
}

/**
 * Reads selectors, paging and resource version of a list from a query.
 * @throws {ApiError} `BadRequest`, or `Invalid` for what does not go together
 */
export function readListOptions(query: URLSearchParams): ListOptions {
  const options = readAll(query);
  const { resourceVersionMatch: match, resourceVersion = '' } = options;
  const causes: StatusCause[] = [];
  if (match !== undefined) {
    if (resourceVersion === '')
      causes.push(forbidMatch('resourceVersionMatch is forbidden unless resourceVersion is provided'));
    if (options.continue !== undefined)
      causes.push(forbidMatch('resourceVersionMatch is forbidden when continue is provided'));
    if (match !== 'Exact' && match !== 'NotOlderThan')
      causes.push(unsupportedValue('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && resourceVersion === '0')
      causes.push(forbidMatch('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  if (options.sendInitialEvents !== undefined)
    causes.push(forbiddenValue('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  assertNone(causes);
  return addListDefaults(options);
}

/** What the newest state is asked of comes whole; a page of a version named without a match is of just that. */
function addListDefaults(options: AllOptions): AllOptions {
  const { limit, resourceVersion = '', resourceVersionMatch } = options;
  if (limit === undefined || resourceVersion === '' || resourceVersionMatch !== undefined) return options;
  if (options.continue !== undefined) return options;
  if (resourceVersion !== '0') return { ...options, resourceVersionMatch: 'Exact' };
  const { limit: _, ...whole } = options;
  return whole;
}

/**
 * Reads what a watch asks for.
 * @throws {ApiError} `BadRequest`, or `Invalid` for what does not go together
 */
export function readWatchOptions(query: URLSearchParams): AllOptions {
  const all = readAll(query);
  const options = isQueryTrue(query, 'watch') ? addWatchDefaults(all) : all; // the paths of old have no defaults
  const causes: StatusCause[] = [];
  const isInitial = options.sendInitialEvents !== undefined;
  const match = options.resourceVersionMatch;
  if (isInitial && match !== 'NotOlderThan')
    causes.push(forbidMatch('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  if (match !== undefined) {
    if (!isInitial)
      causes.push(
        forbidMatch('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
      );
    if (match !== 'NotOlderThan')
      causes.push(unsupportedValue('resourceVersionMatch', match, ['NotOlderThan']));
    if (options.continue !== undefined)
      causes.push(forbidMatch('resourceVersionMatch is forbidden when continue is provided'));
  }
  assertNone(causes);
  return options;
}

/** A watch that begins nowhere in particular begins with what is there. */
function addWatchDefaults(options: AllOptions): AllOptions {
  const { sendInitialEvents, resourceVersionMatch, resourceVersion = '0' } = options;
  const isPlain = sendInitialEvents === undefined && resourceVersionMatch === undefined;
  return isPlain && resourceVersion === '0'
    ? { ...options, sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }
    : options;
}

function forbidMatch(message: string): StatusCause {
  return forbiddenValue('resourceVersionMatch', message);
}

function assertNone(causes: readonly StatusCause[]): void {
  if (causes.length > 0) throw createInvalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', causes);
}
