/** Why a request over HTTP/1.1 came to nothing. `BROKEN_CONNECTION`: before a byte of the answer, so it may be repeated. */
export type Http1ErrorCode =
  'BROKEN_ANSWER' | 'BROKEN_CONNECTION' | 'CONNECT_TIMEOUT' | 'MALFORMED_ANSWER' | 'MALFORMED_REQUEST';

/** A request that was not answered, or not in a way that can be passed on. */
export class Http1Error extends Error {
  override readonly name = 'Http1Error';
  readonly code: Http1ErrorCode;

  constructor(code: Http1ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
