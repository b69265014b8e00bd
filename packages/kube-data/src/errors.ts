/** Public: add codes freely, never rename or reuse one. */
export type PatchErrorCode =
  | 'INVALID_DIRECTIVE'
  | 'INVALID_INDEX'
  | 'INVALID_PATCH'
  | 'INVALID_VALUE'
  | 'MISSING_MERGE_KEY'
  | 'MISSING_PATH'
  | 'TEST_FAILED'
  | 'TOO_LARGE';

/** A patch that does not apply to its document. Same input, same error. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
  readonly code: PatchErrorCode;
  /** The pointer of the operation that failed, where there is one. */
  readonly path: string | undefined;

  constructor(code: PatchErrorCode, message: string, options?: ErrorOptions & { readonly path?: string }) {
    super(message, options);
    this.code = code;
    this.path = options?.path;
  }
}

/** Holds for a second copy of this package too, where `instanceof PatchError` fails. */
export function isPatchError(error: unknown, code?: PatchErrorCode): error is PatchError {
  if (!(error instanceof Error) || error.name !== 'PatchError' || !('code' in error)) return false;
  return code === undefined || error.code === code;
}

/** Public: add codes freely, never rename or reuse one. */
export type ParseErrorCode =
  | 'INVALID_API_VERSION'
  | 'INVALID_BASE64'
  | 'INVALID_JSON'
  | 'INVALID_JSON_PATH'
  | 'INVALID_POINTER'
  | 'INVALID_QUANTITY'
  | 'INVALID_SELECTOR'
  | 'INVALID_UTF8'
  | 'INVALID_YAML';

/**
 * Text that does not parse. A second class beside `PatchError` because callers answer them differently:
 * bad text is a bad request, a patch that does not fit is an unprocessable one.
 */
export class ParseError extends Error {
  override readonly name = 'ParseError';
  readonly code: ParseErrorCode;

  constructor(code: ParseErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Holds for a second copy of this package too, where `instanceof ParseError` fails. */
export function isParseError(error: unknown, code?: ParseErrorCode): error is ParseError {
  if (!(error instanceof Error) || error.name !== 'ParseError' || !('code' in error)) return false;
  return code === undefined || error.code === code;
}
