/** Public: add codes freely, never rename or reuse one. These are the reasons of a Kubernetes Status. */
export type ApiErrorCode =
  | 'AlreadyExists'
  | 'BadRequest'
  | 'Conflict'
  | 'Expired'
  | 'Forbidden'
  | 'Gone'
  | 'InternalError'
  | 'Invalid'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'NotFound'
  | 'NotImplemented'
  | 'RequestEntityTooLarge'
  | 'ServiceUnavailable'
  | 'Timeout'
  | 'TooManyRequests'
  | 'Unauthorized'
  | 'Unknown'
  | 'UnsupportedMediaType';

/** One cause of an invalid or conflicting request. */
export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/** What a Status says about the object it is about. */
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** A `v1.Status`, as it travels. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly status: 'Failure' | 'Success';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code?: number;
}

const HTTP_CODES: Readonly<Record<ApiErrorCode, number>> = {
  AlreadyExists: 409,
  BadRequest: 400,
  Conflict: 409,
  Expired: 410,
  Forbidden: 403,
  Gone: 410,
  InternalError: 500,
  Invalid: 422,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  NotFound: 404,
  NotImplemented: 501,
  RequestEntityTooLarge: 413,
  ServiceUnavailable: 503,
  Timeout: 504,
  TooManyRequests: 429,
  Unauthorized: 401,
  Unknown: 500,
  UnsupportedMediaType: 415,
};

/** What an error says that its code does not. */
export interface ApiErrorOptions extends ErrorOptions {
  /** @default that of the code */
  readonly httpCode?: number;
  /** Empty: none is given. @default the code; none for `Unknown` */
  readonly reason?: string;
  /** A token with which a list may go on all the same. @default none */
  readonly continue?: string;
}

/** A request that is answered with a Status. Thrown anywhere below the server, written by it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ApiErrorCode;
  readonly details: StatusDetails | undefined;
  /** The HTTP status code. */
  readonly httpCode: number;
  /** As the Status gives it; empty: not at all. */
  readonly reason: string;
  /** A token with which a list may go on all the same. */
  readonly continue: string | undefined;

  constructor(code: ApiErrorCode, message: string, details?: StatusDetails, options: ApiErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.details = details;
    this.httpCode = options.httpCode ?? HTTP_CODES[code];
    this.reason = options.reason ?? (code === 'Unknown' ? '' : code);
    this.continue = options.continue;
  }
}

/** Holds for a second copy of this package too, where `instanceof ApiError` fails. */
export function isApiError(error: unknown, code?: ApiErrorCode): error is ApiError {
  if (!(error instanceof Error) || error.name !== 'ApiError' || !('code' in error)) return false;
  // The client of this repository has an ApiError too; its codes are others.
  if (typeof error.code !== 'string' || !Object.hasOwn(HTTP_CODES, error.code)) return false;
  return code === undefined || error.code === code;
}

/** The Status that answers an error. */
export function createStatus(error: ApiError): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: error.continue === undefined ? {} : { continue: error.continue },
    status: 'Failure',
    message: error.message,
    ...(error.reason === '' ? {} : { reason: error.reason }),
    ...(error.details === undefined ? {} : { details: error.details }),
    code: error.httpCode,
  };
}
