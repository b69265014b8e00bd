import { Http1Error } from './http1-error.ts';

/** How long a body is: so many bytes, in chunks, or until the connection closes. */
export type BodyFraming = 'chunked' | 'close' | number;

/** The head of an answer. */
export interface ParsedHead {
  readonly status: number;
  /** Names and values in turn, as they came, repeated names apart. */
  readonly fields: string[];
  readonly framing: BodyFraming;
  /** Whether another request may follow on the connection. */
  readonly isKept: boolean;
  /** How long the server says that it keeps the connection, s. */
  readonly keptSeconds: number | undefined;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?\r\n/;
/** A name that is a token, and a value without control characters; a line that begins with a blank is none. */
const FIELD = /([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)\r\n/y;
const LENGTH = /^[0-9]{1,15}$/;
/** What names of fields are read for here begins with one of these. */
const FRAMING_NAME = /^(?:connection|content-length|keep-alive|transfer-encoding)$/i;
const KEPT_SECONDS = /(?:^|[,;\s])timeout=([0-9]{1,6})(?:$|[,;\s])/i;

/** More fields than any server sends. */
export const MAX_FIELDS = 1024;

/**
 * Reads the head of an answer, strictly: what could be read in two ways is refused, not repaired.
 *
 * @param text - from the status line to the empty line, both included; a character is a byte
 * @param isBodiless - the request was a HEAD
 * @throws {Http1Error} `MALFORMED_ANSWER`
 */
export function parseResponseHead(text: string, isBodiless: boolean): ParsedHead {
  const line = STATUS_LINE.exec(text);
  if (line === null) throw malformed('the status line is none');
  const status = Number(line[2]);
  const fields = parseFields(text, line[0].length);
  let length: string | undefined;
  let coding: string | undefined;
  let isKept = line[1] === '1';
  let keptSeconds: number | undefined;
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? '';
    if (!FRAMING_NAME.test(name)) continue;
    const value = fields[index + 1] ?? '';
    switch (name.toLowerCase()) {
      case 'content-length':
        if (length !== undefined || !LENGTH.test(value)) throw malformed('its length is not one number');
        length = value;
        break;
      case 'transfer-encoding':
        if (coding !== undefined || value.toLowerCase() !== 'chunked')
          throw malformed('its transfer coding is not known');
        coding = value;
        break;
      case 'connection':
        if (/(?:^|[,\s])close(?:$|[,\s])/i.test(value)) isKept = false;
        break;
      default:
        keptSeconds = readKeptSeconds(value);
    }
  }
  if (length !== undefined && coding !== undefined) throw malformed('it has a length and a transfer coding');
  // Whoever writes HTTP/1.0 knows no chunks, so who put them there?
  if (coding !== undefined && line[1] === '0') throw malformed('it is HTTP/1.0 with a transfer coding');
  const framing = chooseFraming(status, isBodiless, length, coding);
  return { status, fields, framing, isKept: isKept && framing !== 'close', keptSeconds };
}

function chooseFraming(
  status: number,
  isBodiless: boolean,
  length: string | undefined,
  coding: string | undefined,
): BodyFraming {
  if (isBodiless || status < 200 || status === 204 || status === 304) return 0;
  if (coding !== undefined) return 'chunked';
  return length === undefined ? 'close' : Number(length);
}

function readKeptSeconds(value: string): number | undefined {
  const match = KEPT_SECONDS.exec(value);
  return match === null ? undefined : Number(match[1]);
}

/**
 * Reads fields up to the empty line that ends `text`.
 * @throws {Http1Error} `MALFORMED_ANSWER`
 */
export function parseFields(text: string, from: number): string[] {
  const fields: string[] = [];
  const end = text.length - 2; // the empty line
  let at = from;
  while (at < end) {
    FIELD.lastIndex = at;
    const match = FIELD.exec(text);
    if (match === null) throw malformed('a header field is none');
    if (fields.length >= 2 * MAX_FIELDS) throw malformed(`it has more than ${MAX_FIELDS} header fields`);
    fields.push(match[1] ?? '', trimEnd(match[2] ?? ''));
    at = FIELD.lastIndex;
  }
  if (at !== end) throw malformed('its head does not end');
  return fields;
}

function trimEnd(value: string): string {
  let end = value.length;
  while (end > 0 && (value.charCodeAt(end - 1) === 0x20 || value.charCodeAt(end - 1) === 0x09)) end -= 1;
  return end === value.length ? value : value.slice(0, end);
}

function malformed(what: string): Http1Error {
  return new Http1Error('MALFORMED_ANSWER', `the answer makes no sense: ${what}`);
}
