import type { RequestHead } from '@clusternet/tunnel-protocol';
import { Http1Error } from './http1-error.ts';

/** The head of a request as it goes out, and how its body is told from what follows. */
export interface FormattedRequest {
  readonly text: string;
  /** Bytes of the body as announced; `undefined`: in chunks. */
  readonly bodyBytes: number | undefined;
}

/** Written here, or not at all: what a hub says of them could make two requests of one. */
const REFUSED_NAME = /^(?:connection|expect|keep-alive|proxy-connection|transfer-encoding|upgrade)$/i;
const LENGTH = /^[0-9]{1,15}$/;
const WANTS_BODY = /^(?:PATCH|POST|PUT)$/;

/**
 * Writes the head of a request. What `head` holds went through the tunnel's parser: tokens, and values without control
 * characters.
 *
 * @param host - the `Host` of a request that brings none
 * @throws {Http1Error} `MALFORMED_REQUEST` for a field that is about a connection, or a length that is not one number
 */
export function formatRequest(head: RequestHead, hasBody: boolean, host: string): FormattedRequest {
  const { fields } = head;
  let lines = '';
  let hasHost = false;
  let length: string | undefined;
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? '';
    const value = fields[index + 1] ?? '';
    const kind = kindOf(name);
    if (kind === 'host') {
      if (hasHost) throw refused('two hosts');
      hasHost = true;
    } else if (kind === 'length') {
      if (length !== undefined || !LENGTH.test(value)) throw refused('a length that is not one number');
      length = value;
    } else if (kind === 'refused') throw refused(`the header ${name}`);
    lines += `${name}: ${value}\r\n`;
  }
  if (!hasBody && length !== undefined && Number(length) > 0) throw refused('a length and no body');
  if (!hasHost) lines = `host: ${host}\r\n${lines}`;
  lines += frameBody(head.method, hasBody, length);
  const unsaid = hasBody ? undefined : 0;
  return {
    text: `${head.method} ${head.path} HTTP/1.1\r\n${lines}\r\n`,
    bodyBytes: length === undefined ? unsaid : Number(length),
  };
}

/** What a name means here; told apart by their length first, as nearly every name means nothing. */
function kindOf(name: string): 'host' | 'length' | 'other' | 'refused' {
  switch (name.length) {
    case 4:
      return name.toLowerCase() === 'host' ? 'host' : 'other';
    case 14:
      return name.toLowerCase() === 'content-length' ? 'length' : 'other';
    case 6:
    case 7:
    case 10:
    case 16:
    case 17:
      return REFUSED_NAME.test(name) ? 'refused' : 'other';
    default:
      return 'other';
  }
}

/** The field that says where the body ends, unless it is there or there is nothing to say. */
function frameBody(method: string, hasBody: boolean, length: string | undefined): string {
  if (length !== undefined) return '';
  if (hasBody) return 'transfer-encoding: chunked\r\n';
  return WANTS_BODY.test(method) ? 'content-length: 0\r\n' : '';
}

function refused(what: string): Http1Error {
  return new Http1Error('MALFORMED_REQUEST', `a request that cannot be written: ${what}`);
}
