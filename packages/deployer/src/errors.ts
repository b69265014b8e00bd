/** Public: add codes freely, never rename or reuse one. */
export type DeployErrorCode =
  | 'BEING_DELETED'
  | 'IMMUTABLE_FIELD'
  | 'INVALID_ANNOTATION'
  | 'INVALID_DOCUMENT'
  | 'INVALID_INVENTORY'
  | 'NOT_ADOPTED'
  | 'NOT_ESTABLISHED'
  | 'OWNED_BY_ANOTHER'
  | 'TOO_LARGE';

/** An object that cannot be delivered as it is. */
export class DeployError extends Error {
  override readonly name = 'DeployError';
  readonly code: DeployErrorCode;

  constructor(code: DeployErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Holds for a second copy of this package too, where `instanceof DeployError` fails. */
export function isDeployError(error: unknown, ...codes: readonly DeployErrorCode[]): error is DeployError {
  if (!(error instanceof Error) || error.name !== 'DeployError' || !('code' in error)) return false;
  return codes.length === 0 || codes.includes(error.code as DeployErrorCode);
}
