/** Public: add codes freely, never rename or reuse one. */
export type SchedulingErrorCode =
  | 'EMPTY_SUBGROUPS'
  | 'INVALID_SELECTOR'
  | 'MISSING_INVENTORY'
  | 'MISSING_SUBGROUP_STRATEGY'
  | 'UNSUPPORTED_DIVIDING';

/** A Subscription that cannot be scheduled as it is written. Only a changed spec, or its inventory, can help. */
export class SchedulingError extends Error {
  override readonly name = 'SchedulingError';
  readonly code: SchedulingErrorCode;

  constructor(code: SchedulingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Holds for a second copy of this package too, where `instanceof SchedulingError` fails. */
export function isSchedulingError(error: unknown, code?: SchedulingErrorCode): error is SchedulingError {
  if (!(error instanceof Error) || error.name !== 'SchedulingError' || !('code' in error)) return false;
  return code === undefined || error.code === code;
}
