import type { OverrideSource } from './override-entry.ts';

/** Public: add codes freely, never rename or reuse one. */
export type OverrideErrorCode =
  | 'INVALID_DOCUMENT'
  | 'INVALID_FIELD'
  | 'INVALID_OPT_IN'
  | 'INVALID_PATCH'
  | 'INVALID_TEMPLATE'
  | 'INVALID_TIMESTAMP'
  | 'INVALID_TYPE'
  | 'INVALID_VALUE'
  | 'TEST_FAILED'
  | 'TOO_LARGE';

/** Where in the overrides an error is. */
export interface OverrideErrorDetails extends ErrorOptions {
  /** The object whose override cannot be applied. */
  readonly source?: OverrideSource | undefined;
  /** Name of that override, if it has one. */
  readonly entryName?: string | undefined;
  /** Its place in `spec.overrides` of its source, from 0. */
  readonly index?: number | undefined;
  /** The path that the override names, as it is written there. */
  readonly path?: string | undefined;
}

/**
 * An override that cannot be applied. Same input, same error: never worth a retry. The message is one sentence: which
 * object, which entry, which path, what was found there, what helps. It never holds a value of a document.
 */
export class OverrideError extends Error {
  override readonly name = 'OverrideError';
  readonly code: OverrideErrorCode;
  readonly source: OverrideSource | undefined;
  readonly entryName: string | undefined;
  readonly index: number | undefined;
  readonly path: string | undefined;

  constructor(code: OverrideErrorCode, message: string, details: OverrideErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.source = details.source;
    this.entryName = details.entryName;
    this.index = details.index;
    this.path = details.path;
  }
}

/** Holds for a second copy of this package too, where `instanceof OverrideError` fails. */
export function isOverrideError(error: unknown, code?: OverrideErrorCode): error is OverrideError {
  if (!(error instanceof Error) || error.name !== 'OverrideError' || !('code' in error)) return false;
  return code === undefined || error.code === code;
}
