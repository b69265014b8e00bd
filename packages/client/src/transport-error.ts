import { ApiError, isApiError } from './errors.ts';
import type { ApiErrorCode } from './errors.ts';

const CERTIFICATE_CODES = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const TIMEOUT_CODES = new Set([
  'ETIMEDOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
]);

/** The code a socket or TLS library gave anywhere along the causes. */
function libraryCode(error: unknown): string {
  for (
    let current = error, depth = 0;
    current instanceof Error && depth < 5;
    current = current.cause, depth += 1
  ) {
    if ('code' in current && typeof current.code === 'string') return current.code;
  }
  return '';
}

function describe(code: string, hop: string, error: unknown): { code: ApiErrorCode; message: string } {
  const detail = code === '' ? (error instanceof Error ? error.message : 'the connection broke') : code;
  if (CERTIFICATE_CODES.has(code)) {
    return {
      code: 'UNTRUSTED_CERTIFICATE',
      message: `${hop} shows a certificate that does not verify (${detail}); give the CA that signed it`,
    };
  }
  if (TIMEOUT_CODES.has(code))
    return { code: 'TIMEOUT', message: `${hop} did not answer in time (${detail})` };
  return { code: 'UNREACHABLE', message: `${hop} cannot be reached (${detail})` };
}

/** Turns what a socket library throws into an error that names the hop. An abort stays what it is. */
export function transportError(error: unknown, hop: string, signal?: AbortSignal): unknown {
  if (isApiError(error) || signal?.aborted === true) return error;
  const { code, message } = describe(libraryCode(error), hop, error);
  return new ApiError(code, message, { cause: error });
}
