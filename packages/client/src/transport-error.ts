import { ApiError, isApiError } from './errors.ts';
import type { ApiErrorCode } from './errors.ts';

const CERTIFICATE_CODES = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
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

interface Described {
  readonly code: ApiErrorCode;
  readonly message: string;
}

function describe(code: string, hop: string, error: unknown): Described {
  const detail = code === '' ? (error instanceof Error ? error.message : 'the connection broke') : code;
  if (CERTIFICATE_CODES.has(code)) {
    return {
      code: 'UNTRUSTED_CERTIFICATE',
      message: `${hop} shows a certificate that does not verify (${detail}); give the CA that signed it`,
    };
  }
  if (TIMEOUT_CODES.has(code))
    return { code: 'TIMEOUT', message: `${hop} did not answer in time (${detail})` };
  if (code === 'UND_ERR_INVALID_ARG')
    return { code: 'BAD_REQUEST', message: `the request to ${hop} cannot be sent: ${textOf(error)}` };
  if (code.startsWith('ERR_OSSL_') || code === 'ERR_TLS_INVALID_CONTEXT') {
    return {
      code: 'INVALID_CONFIG',
      message: `the certificate, key or CA to use with ${hop} cannot be read (${detail})`,
    };
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG')
    return { code: 'UNREACHABLE', message: `${hop} does not speak TLS (${detail}); is it http, not https?` };
  return { code: 'UNREACHABLE', message: `${hop} cannot be reached (${detail})` };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Turns what a socket library throws into an error that names the hop. An abort stays what it is. */
export function transportError(error: unknown, hop: string, signal?: AbortSignal): unknown {
  if (isApiError(error) || signal?.aborted === true) return error;
  const { code, message } = describe(libraryCode(error), hop, error);
  return new ApiError(code, message, { cause: error, hop });
}

/** The same for an answer that began and did not come to its end. */
export function bodyError(error: unknown, hop: string, signal?: AbortSignal): unknown {
  if (isApiError(error) || signal?.aborted === true) return error;
  const code = libraryCode(error);
  if (TIMEOUT_CODES.has(code))
    return new ApiError('TIMEOUT', `${hop} fell silent in the middle of an answer (${code})`, {
      cause: error,
      hop,
    });
  const detail = code === '' ? textOf(error) : code;
  return new ApiError('UNREACHABLE', `the answer of ${hop} broke off (${detail})`, { cause: error, hop });
}
