import { ApiError, createServiceUnavailable, formatGroupResource } from '@clusternet/apiserver';
import type { ApiErrorCode, GroupResource, StatusDetails } from '@clusternet/apiserver';
import { isApiError as isClientError } from '@clusternet/client';
import type { ApiErrorCode as ClientErrorCode } from '@clusternet/client';
import { formatBytes, MAX_OBJECT_BYTES } from '@clusternet/deployer';
import { isJsonObject, parseJson } from '@clusternet/kube-data';
import type { JsonObject } from '@clusternet/kube-data';
import { errorText } from '@clusternet/runtime';

/** Reasons of the parent that its callers may see under the same name; all others are a fault on the way. */
const PASSED_ON: Partial<Record<ClientErrorCode, ApiErrorCode>> = {
  ALREADY_EXISTS: 'AlreadyExists',
  CONFLICT: 'Conflict',
  FORBIDDEN: 'Forbidden',
  INVALID: 'Invalid',
  NOT_FOUND: 'NotFound',
  TIMEOUT: 'Timeout',
  TOO_LARGE: 'RequestEntityTooLarge',
  TOO_MANY_REQUESTS: 'TooManyRequests',
};

/** The answer to the caller when the Manifest of his object could not be read or written. */
export function createStorageError(resource: GroupResource, name: string, cause: unknown): ApiError {
  const subject = `${formatGroupResource(resource)} ${JSON.stringify(name)}`;
  if (!isClientError(cause))
    return new ApiError('InternalError', `${subject}: ${errorText(cause)}`, {}, { cause });
  const code = PASSED_ON[cause.code];
  const details: StatusDetails = {
    name,
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.resource,
    ...(cause.causes.length === 0 ? {} : { causes: cause.causes }),
    ...(cause.retryAfterMs === undefined ? {} : { retryAfterSeconds: Math.ceil(cause.retryAfterMs / 1000) }),
  };
  const message = `${subject} could not be kept as a Manifest: ${cause.message}`;
  if (code !== undefined) return new ApiError(code, message, details, { cause });
  return new ApiError('ServiceUnavailable', `${message}; try again`, details, { cause });
}

/** The answer about an object that the parent could not store. */
export function createTooLargeError(resource: GroupResource, name: string, bytes: number): ApiError {
  const subject = `${formatGroupResource(resource)} ${JSON.stringify(name)}`;
  const limit = formatBytes(MAX_OBJECT_BYTES);
  return new ApiError(
    'RequestEntityTooLarge',
    `${subject} is too large: as a Manifest it has ${formatBytes(bytes)}, and at most ${limit} can be stored`,
  );
}

const CODES: ReadonlySet<string> = new Set<ApiErrorCode>([
  'AlreadyExists',
  'BadRequest',
  'Conflict',
  'Expired',
  'Forbidden',
  'Gone',
  'InternalError',
  'Invalid',
  'MethodNotAllowed',
  'NotAcceptable',
  'NotFound',
  'NotImplemented',
  'RequestEntityTooLarge',
  'ServiceUnavailable',
  'Timeout',
  'TooManyRequests',
  'UnsupportedMediaType',
]);

/** What the parent refused, in its own words: its Status, passed on. An answer that is no Status is a fault on the way. */
export function parseParentStatus(httpCode: number, text: string): ApiError {
  const status = parseStatus(text);
  const { reason, message, details } = status ?? {};
  if (typeof message !== 'string')
    return createServiceUnavailable(`the parent answered ${httpCode} and no Status; try again`);
  const isKnown = typeof reason === 'string' && CODES.has(reason);
  // Whatever a Status says of its object is passed on as it is.
  const about = isJsonObject(details) ? (details as StatusDetails) : undefined;
  return new ApiError(isKnown ? (reason as ApiErrorCode) : 'Unknown', message, about, {
    httpCode,
    ...(typeof reason === 'string' ? { reason } : {}),
  });
}

function parseStatus(text: string): JsonObject | undefined {
  try {
    const value = parseJson(text);
    return isJsonObject(value) && value['kind'] === 'Status' ? value : undefined;
  } catch {
    return undefined; // proxies answer in plain text or HTML
  }
}
