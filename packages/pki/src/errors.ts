/** Public: add codes freely, never rename or reuse one. */
export type PkiErrorCode = 'INVALID_CERTIFICATE' | 'INVALID_KEY' | 'INVALID_REQUEST' | 'NOT_FOR_THIS_KEY';

/** Key material that cannot be used. Same input, same error: never worth a retry. */
export class PkiError extends Error {
  override readonly name = 'PkiError';
  readonly code: PkiErrorCode;

  constructor(code: PkiErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Holds for a second copy of this package too, where `instanceof PkiError` fails. */
export function isPkiError(error: unknown): error is PkiError {
  return error instanceof Error && error.name === 'PkiError' && 'code' in error;
}
