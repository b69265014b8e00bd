/** Public: add codes freely, never rename or reuse one. */
export type AgentErrorCode =
  'NOT_REGISTERED' | 'NO_CLUSTER_ID' | 'SEALED_TO_ANOTHER_KEY' | 'UNTRUSTED_PARENT';

/** Something that keeps the agent from joining its parent. The message says what to do. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: AgentErrorCode;

  constructor(code: AgentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Holds for a second copy of this package too, where `instanceof AgentError` fails. */
export function isAgentError(error: unknown): error is AgentError {
  return error instanceof Error && error.name === 'AgentError' && 'code' in error;
}
