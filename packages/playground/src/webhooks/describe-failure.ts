import { parseJson } from '@clusternet/kube-data';
import { errorText } from '@clusternet/runtime';
import { textAt } from '../built-in/fields.ts';

const UNKNOWN_AUTHORITY = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';

/** What Go says where Node has a code. */
const TEXTS: ReadonlyMap<string, string> = new Map([
  [
    'CERT_HAS_EXPIRED',
    'tls: failed to verify certificate: x509: certificate has expired or is not yet valid',
  ],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', UNKNOWN_AUTHORITY],
  ['ECONNRESET', 'EOF'],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNKNOWN_AUTHORITY],
]);

/** Why a connection or a request failed, in Go's words where those are known. */
export function describeCallFailure(error: unknown): string {
  const { code, address, port, hostname } = readDetails(error);
  if (code === 'ECONNREFUSED') return `dial tcp ${address}:${port}: connect: connection refused`;
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${hostname}: no such host`;
  if (code === 'ABORT_ERR') return 'context canceled';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `tls: failed to verify certificate: x509: ${errorText(error)}`;
  return TEXTS.get(code) ?? errorText(error);
}

function readDetails(error: unknown): Record<'address' | 'code' | 'hostname' | 'port', string> {
  // Connecting to a name with several addresses fails with several errors: the first speaks for all.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const read = (key: string): string => {
    const value: unknown = typeof first === 'object' && first !== null ? Reflect.get(first, key) : undefined;
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  return { code: read('code'), address: read('address'), port: read('port'), hostname: read('hostname') };
}

/** What client-go makes of answers that are no success. */
const HTTP_TEXTS: ReadonlyMap<number, string> = new Map([
  [400, 'the server rejected our request for an unknown reason'],
  [401, 'the server has asked for the client to provide credentials'],
  [404, 'the server could not find the requested resource'],
  [405, 'the server does not allow this method on the requested resource'],
  [413, 'the request is too large'],
  [415, 'the server was unable to respond with a content type that the client supports'],
  [422, 'the server rejected our request due to an error in our request'],
  [429, 'the server has received too many requests and has asked us to try again later'],
  [503, 'the server is currently unable to handle the request'],
  [
    504,
    'the server was unable to return a response in the time allotted, but may still be processing the request',
  ],
]);

/** Why an answer is none, as client-go says it. @param contentType - empty counts as text, and only text is shown */
export function describeHttpFailure(code: number, body: string, contentType: string): string {
  const message = statusMessage(body);
  if (message !== '') return message;
  const known = HTTP_TEXTS.get(code);
  if (known !== undefined) return known;
  const isText = contentType === '' || contentType.startsWith('text/');
  const shown = isText && body.trim() !== '' ? body.trim() : 'unknown';
  if (code === 403) return shown;
  if (code >= 500)
    return `an error on the server (${JSON.stringify(shown)}) has prevented the request from succeeding`;
  return `the server responded with the status code ${code} but did not return more information`;
}

function statusMessage(body: string): string {
  try {
    const value = parseJson(body);
    return textAt(value, 'kind') === 'Status' ? textAt(value, 'message') : '';
  } catch {
    return ''; // not JSON: told by its code
  }
}
