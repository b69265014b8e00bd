/** Public: add codes freely, never rename or reuse one. */
export type ApiErrorCode =
  | 'ALREADY_EXISTS'
  | 'AMBIGUOUS_CLUSTER'
  | 'BAD_REQUEST'
  | 'BAD_RESPONSE'
  | 'CLOSED'
  | 'CLUSTER_OFFLINE'
  | 'CONFLICT'
  | 'FORBIDDEN'
  | 'GONE'
  | 'INVALID'
  | 'INVALID_CONFIG'
  | 'METHOD_NOT_ALLOWED'
  | 'NOT_FOUND'
  | 'SERVER_ERROR'
  | 'TIMEOUT'
  | 'TOO_LARGE'
  | 'TOO_MANY_REQUESTS'
  | 'UNAUTHORIZED'
  | 'UNAVAILABLE'
  | 'UNKNOWN_CLUSTER'
  | 'UNKNOWN_KIND'
  | 'UNREACHABLE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'UNTRUSTED_CERTIFICATE';

/** One entry of `Status.details.causes`. */
export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/** What is known of a failure beside its code and message. */
export interface ApiErrorOptions extends ErrorOptions {
  /** Who answered, or did not: what it is and where. */
  readonly hop?: string;
  /** HTTP status, where an answer came. */
  readonly status?: number;
  /** `Status.reason` as the server wrote it. */
  readonly reason?: string;
  readonly causes?: readonly StatusCause[];
  /** How long the server asked to wait, ms. */
  readonly retryAfterMs?: number;
  /** The answer's text where it was no Status, its first 4 KiB; some endpoints say there what is wrong. */
  readonly text?: string;
}

/** A call to a Kubernetes API that did not succeed. The message names the hop and what was found. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ApiErrorCode;
  /** Who answered, or did not: what it is and where; undefined for what was never sent. */
  readonly hop: string | undefined;
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly causes: readonly StatusCause[];
  readonly retryAfterMs: number | undefined;
  readonly text: string | undefined;

  constructor(code: ApiErrorCode, message: string, options: ApiErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.hop = options.hop;
    this.status = options.status;
    this.reason = options.reason;
    this.causes = options.causes ?? [];
    this.retryAfterMs = options.retryAfterMs;
    this.text = options.text;
  }
}

/** Holds for a second copy of this package too, where `instanceof ApiError` fails. */
export function isApiError(error: unknown, ...codes: readonly ApiErrorCode[]): error is ApiError {
  if (!(error instanceof Error) || error.name !== 'ApiError' || !('code' in error)) return false;
  return codes.length === 0 || codes.includes(error.code as ApiErrorCode);
}

const BY_REASON = new Map<string, ApiErrorCode>([
  ['AlreadyExists', 'ALREADY_EXISTS'],
  ['Conflict', 'CONFLICT'],
  ['Expired', 'GONE'],
  ['Forbidden', 'FORBIDDEN'],
  ['Gone', 'GONE'],
  ['Invalid', 'INVALID'],
  ['NotFound', 'NOT_FOUND'],
  ['ServerTimeout', 'TIMEOUT'],
  ['ServiceUnavailable', 'UNAVAILABLE'],
  ['Timeout', 'TIMEOUT'],
  ['TooManyRequests', 'TOO_MANY_REQUESTS'],
  ['Unauthorized', 'UNAUTHORIZED'],
]);

const BY_STATUS = new Map<number, ApiErrorCode>([
  [400, 'BAD_REQUEST'],
  [401, 'UNAUTHORIZED'],
  [403, 'FORBIDDEN'],
  [404, 'NOT_FOUND'],
  [405, 'METHOD_NOT_ALLOWED'],
  [409, 'CONFLICT'],
  [410, 'GONE'],
  [413, 'TOO_LARGE'],
  [415, 'UNSUPPORTED_MEDIA_TYPE'],
  [422, 'INVALID'],
  [429, 'TOO_MANY_REQUESTS'],
  [503, 'UNAVAILABLE'],
  [504, 'TIMEOUT'],
]);

/** The code for an HTTP status and, where there is one, a `Status.reason`. The reason decides first. */
export function codeOf(status: number, reason: string | undefined): ApiErrorCode {
  return (
    BY_REASON.get(reason ?? '') ?? BY_STATUS.get(status) ?? (status >= 500 ? 'SERVER_ERROR' : 'BAD_REQUEST')
  );
}

/** Whether nothing can be created in a namespace any more, since it is being deleted. */
export function isNamespaceTerminating(error: unknown): boolean {
  return (
    isApiError(error, 'FORBIDDEN') && error.causes.some(({ reason }) => reason === 'NamespaceTerminating')
  );
}

/** Whether the same call may succeed later without anything being changed by a person. */
export function isTransient(error: unknown): boolean {
  return isApiError(
    error,
    'CLUSTER_OFFLINE',
    'UNREACHABLE',
    'UNAVAILABLE',
    'TIMEOUT',
    'TOO_MANY_REQUESTS',
    'SERVER_ERROR',
    'BAD_RESPONSE',
    'CONFLICT',
    'GONE',
  );
}
