/** Public: add codes freely, never rename or reuse one. */
export type TunnelProtocolErrorCode =
  | 'ADDRESS_TOO_LONG'
  | 'CONNECT_NOT_ALLOWED'
  | 'CREDIT_OVERFLOW'
  | 'FRAME_TOO_LARGE'
  | 'HEAD_TOO_LARGE'
  | 'INVALID_ADDRESS'
  | 'INVALID_CLIENT'
  | 'INVALID_CONNECT'
  | 'INVALID_FIELD'
  | 'INVALID_SYNC'
  | 'MALFORMED_FRAME'
  | 'MESSAGE_TOO_LARGE'
  | 'NOT_BINARY'
  | 'OUT_OF_RANGE'
  | 'SESSION_CLOSED'
  | 'SESSION_DRAINING'
  | 'SESSION_OVERLOADED'
  | 'STREAM_CLOSED'
  | 'TOO_MANY_STREAMS'
  | 'TRUNCATED'
  | 'VARINT_OVERFLOW';

/** Bytes or calls that the tunnel protocol does not allow. */
export class TunnelProtocolError extends Error {
  override readonly name = 'TunnelProtocolError';
  readonly code: TunnelProtocolErrorCode;

  constructor(code: TunnelProtocolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Holds for a second copy of this package too, where `instanceof` fails. */
export function isTunnelProtocolError(
  error: unknown,
  code?: TunnelProtocolErrorCode,
): error is TunnelProtocolError {
  if (!(error instanceof Error) || error.name !== 'TunnelProtocolError' || !('code' in error)) return false;
  return code === undefined || error.code === code;
}
