/** Public to the programs of this package: add codes freely, never rename or reuse one. */
export type PlaygroundErrorCode =
  | 'ALREADY_RUNNING'
  | 'CLUSTER_KILLED'
  | 'FILE_EXISTS'
  | 'INVALID_REQUEST'
  | 'NOT_RUNNING'
  | 'START_FAILED'
  | 'UNKNOWN_CLUSTER'
  | 'UNRESPONSIVE';

/** What a person who runs clusters can do something about. The message says what. */
export class PlaygroundError extends Error {
  override readonly name = 'PlaygroundError';
  readonly code: PlaygroundErrorCode;

  constructor(code: PlaygroundErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Holds for a second copy of this package too. */
export function isPlaygroundError(error: unknown): error is PlaygroundError {
  return error instanceof Error && error.name === 'PlaygroundError' && 'code' in error;
}
