/** Only a changed spec can help: the loop reports the error and does not try again. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
  readonly code = 'TERMINAL';
}

export function isTerminalError(error: unknown): error is TerminalError {
  return error instanceof Error && error.name === 'TerminalError';
}
