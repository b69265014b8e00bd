/** What a person did, or what is missing on the machine: one sentence, and the way out. */
export type PluginErrorCode =
  'AMBIGUOUS' | 'NOT_FOUND' | 'NO_KUBECTL' | 'TIMED_OUT' | 'UNUSABLE' | 'USAGE' | 'WOULD_EVICT';

/** An error that is told as it is: its message is for people. */
export class PluginError extends Error {
  override readonly name = 'PluginError';
  readonly code: PluginErrorCode;

  constructor(code: PluginErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
