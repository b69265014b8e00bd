import { ApiError, isApiError } from '@clusternet/apiserver';
import { errorText, isDeadlineError } from '@clusternet/runtime';
import { isTunnelError } from '@clusternet/tunnel';

const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET_ISSUER|VERIFY)|ALTNAME|HOSTNAME_MISMATCH/;

/**
 * What a caller is told about a request that did not reach the child, or did not come back: a Status that names
 * the hop.
 *
 * @param hop - such as `hub → cluster c-1 → https://10.96.0.1:443`
 */
export function toProxyError(error: unknown, hop: string): ApiError {
  if (isApiError(error)) return error;
  const cause = { cause: error };
  if (isTunnelError(error)) {
    if (error.code === 'INVALID_ADDRESS') return new ApiError('BadRequest', error.message, undefined, cause);
    if (error.code === 'OVERLOADED')
      return new ApiError('TooManyRequests', error.message, { retryAfterSeconds: 1 }, cause);
    return new ApiError('ServiceUnavailable', error.message, undefined, cause);
  }
  if (isDeadlineError(error)) return new ApiError('Timeout', `${hop}: ${error.message}`, undefined, cause);
  const code = getCode(error);
  if (UNTRUSTED.test(code)) {
    const text = `${hop}: the certificate of the target is not trusted: ${errorText(error)}`;
    return new ApiError('ServiceUnavailable', text, undefined, cause);
  }
  if (code === 'UND_ERR_INVALID_ARG') return new ApiError('BadRequest', errorText(error), undefined, cause);
  const text =
    code === 'UND_ERR_SOCKET' || code === 'ECONNRESET'
      ? 'the target closed the connection'
      : errorText(error);
  return new ApiError('ServiceUnavailable', `${hop}: ${text}`, undefined, cause);
}

/** Whether a kept connection broke under a request, so that another one may do. */
export function isBrokenConnection(error: unknown): boolean {
  const code = getCode(error);
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE' || code === 'STREAM_RESET';
}

function getCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
