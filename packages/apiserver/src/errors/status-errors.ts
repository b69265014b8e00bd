import { ApiError } from './api-error.ts';
import type { StatusCause } from './api-error.ts';

/** A resource as error messages name it. */
export interface GroupResource {
  readonly group: string;
  /** Plural name. */
  readonly resource: string;
}

/** `deployments.apps`, or `pods` in the core group. */
export function formatGroupResource({ group, resource }: GroupResource): string {
  return group === '' ? resource : `${resource}.${group}`;
}

function detailsOf({ group, resource }: GroupResource, name: string): Record<string, string> {
  return {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    ...(resource === '' ? {} : { kind: resource }),
  };
}

/** 404: there is no such object. */
export function createNotFound(resource: GroupResource, name: string): ApiError {
  return new ApiError(
    'NotFound',
    `${formatGroupResource(resource)} ${JSON.stringify(name)} not found`,
    detailsOf(resource, name),
  );
}

/** 404: nothing is served under that path of the API. */
export function createPathNotFound(): ApiError {
  return new ApiError('NotFound', 'the server could not find the requested resource', {});
}

const PAGE_NOT_FOUND = '404 page not found';

/** 404: the path is none of the API. It is answered as any HTTP server would. */
export function createPageNotFound(): ApiError {
  return new ApiError('NotFound', PAGE_NOT_FOUND);
}

/** Whether an error came from {@link createPageNotFound}. */
export function isPageNotFound(error: ApiError): boolean {
  return error.code === 'NotFound' && error.message === PAGE_NOT_FOUND;
}

/** 409: an object of that name exists. */
export function createAlreadyExists(resource: GroupResource, name: string): ApiError {
  return new ApiError(
    'AlreadyExists',
    `${formatGroupResource(resource)} ${JSON.stringify(name)} already exists`,
    detailsOf(resource, name),
  );
}

export const MODIFIED_MESSAGE =
  'the object has been modified; please apply your changes to the latest version and try again';

/** 409: the object is not in the state that the request starts from. */
export function createConflict(
  resource: GroupResource,
  name: string,
  reason: string = MODIFIED_MESSAGE,
): ApiError {
  return new ApiError(
    'Conflict',
    `Operation cannot be fulfilled on ${formatGroupResource(resource)} ${JSON.stringify(name)}: ${reason}`,
    detailsOf(resource, name),
  );
}

/** 422: the object breaks rules. */
export function createInvalid(
  kind: { readonly group: string; readonly kind: string },
  name: string,
  causes: readonly StatusCause[],
): ApiError {
  const qualified = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  const texts = [...new Set(causes.map((cause) => `${cause.field ?? ''}: ${cause.message ?? ''}`))];
  const text = texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
  return new ApiError('Invalid', `${qualified} ${JSON.stringify(name)} is invalid: ${text}`, {
    ...detailsOf({ group: kind.group, resource: kind.kind }, name),
    causes,
  });
}

/** 400 */
export function createBadRequest(message: string): ApiError {
  return new ApiError('BadRequest', message);
}

/** 405: the resource does not know that verb. */
export function createMethodNotSupported(resource: GroupResource, verb: string): ApiError {
  return new ApiError(
    'MethodNotAllowed',
    resource.resource === ''
      ? 'the server does not allow this method on the requested resource'
      : `${verb} is not supported on resources of kind ${JSON.stringify(formatGroupResource(resource))}`,
    detailsOf(resource, ''),
  );
}

/** 401 */
export function createUnauthorized(): ApiError {
  return new ApiError('Unauthorized', 'Unauthorized');
}

/** 410: the resource version is older than what is remembered. */
export function createExpired(message: string): ApiError {
  return new ApiError('Expired', message);
}

/** 410 for a watch or list that asks for a version that is gone. */
export function createTooOldResourceVersion(requested: number, oldest: number): ApiError {
  return createExpired(`too old resource version: ${requested} (${oldest})`);
}

/** 413 */
export function createTooLarge(limitBytes: number): ApiError {
  return new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${limitBytes}`);
}

/** 431 */
export function createTooManyHeaders(limit: number): ApiError {
  const message = `Request header fields too large: a request may have ${limit} of them`;
  return new ApiError('RequestEntityTooLarge', message, {}, { httpCode: 431 });
}

/** 429 with a hint when to try again. */
export function createTooManyRequests(message: string, retryAfterSeconds: number): ApiError {
  return new ApiError('TooManyRequests', message, { retryAfterSeconds });
}

/** 503 */
export function createServiceUnavailable(message: string): ApiError {
  return new ApiError('ServiceUnavailable', message);
}

/** 500; the message of the cause is shown, as kube-apiserver does. */
export function createInternalError(cause: unknown): ApiError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new ApiError(
    'InternalError',
    `Internal error occurred: ${message}`,
    { causes: [{ message }] },
    { cause },
  );
}
