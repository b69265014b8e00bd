/** Public: add codes freely, never rename or reuse one. */
export type TunnelErrorCode =
  | 'CLOSED'
  | 'DIAL_FAILED'
  | 'HANDSHAKE_FAILED'
  | 'INVALID_ADDRESS'
  | 'LOST'
  | 'NOT_ALLOWED'
  | 'OVERLOADED'
  | 'PROTOCOL'
  | 'REJECTED'
  | 'SILENT'
  | 'STREAM_RESET'
  | 'TIMEOUT'
  | 'UNAVAILABLE'
  | 'UNREACHABLE'
  | 'UNTRUSTED_CERTIFICATE';

/** A tunnel, or a stream in it, that does not work. The message names the hop, such as `hub → agent c-1`. */
export class TunnelError extends Error {
  override readonly name = 'TunnelError';
  readonly code: TunnelErrorCode;
  /** Between whom it went wrong. */
  readonly hop: string;

  constructor(code: TunnelErrorCode, hop: string, message: string, options?: ErrorOptions) {
    super(`${hop}: ${message}`, options);
    this.code = code;
    this.hop = hop;
  }
}

/** Holds for a second copy of this package too, where `instanceof` fails. */
export function isTunnelError(error: unknown, code?: TunnelErrorCode): error is TunnelError {
  if (!(error instanceof Error) || error.name !== 'TunnelError' || !('code' in error)) return false;
  return code === undefined || error.code === code;
}
