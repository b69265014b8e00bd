/** Public: add codes freely, never rename or reuse one. */
export type OverrideErrorCode =
  | 'INVALID_DOCUMENT'
  | 'INVALID_FIELD'
  | 'INVALID_PATCH'
  | 'INVALID_TIMESTAMP'
  | 'INVALID_TYPE'
  | 'INVALID_VALUE'
  | 'TEST_FAILED';

/** An override that cannot be applied. Same input, same error: never worth a retry. */
export class OverrideError extends Error {
  override readonly name = 'OverrideError';
  readonly code: OverrideErrorCode;

  constructor(code: OverrideErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Holds for a second copy of this package too, where `instanceof OverrideError` fails. */
export function isOverrideError(error: unknown, code?: OverrideErrorCode): error is OverrideError {
  if (!(error instanceof Error) || error.name !== 'OverrideError' || !('code' in error)) return false;
  return code === undefined || error.code === code;
}
