import { TunnelProtocolError } from '../errors.ts';
import { decodeUtf8 } from '../utf8.ts';
import { isToken, readTexts } from './fields.ts';
import { CLASS_SHIFT, RESET_CODES, SERVICE_CLASSES } from './frame.ts';
import type { ResetCode, ServiceClass } from './frame.ts';
import type { Hello, OpenHead, ResponseHead } from './head.ts';

function malformed(what: string): TunnelProtocolError {
  return new TunnelProtocolError('MALFORMED_FRAME', what);
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) * 0x100_0000 +
    (((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0))
  );
}

/** What a request or connect asks for. */
export interface ParsedOpen {
  readonly head: OpenHead;
  readonly creditBytes: number;
}

/** @throws {TunnelProtocolError} `MALFORMED_FRAME` */
export function parseRequest(payload: Uint8Array): ParsedOpen {
  if (payload.length < 4) throw malformed('a request without credit');
  const [target, method, path, ...fields] = readTexts(payload.subarray(4));
  if (target === undefined || method === undefined || path === undefined || fields.length % 2 !== 0) {
    throw malformed('a request without target, method or path, or with half a field');
  }
  assertRequestLine(method, path);
  assertNames(fields);
  return { head: { kind: 'request', target, method, path, fields }, creditBytes: readUint32(payload, 0) };
}

/** Nothing that whoever writes it on a connection could take for more than one request. */
function assertRequestLine(method: string, path: string): void {
  if (!isToken(method) || method === 'CONNECT')
    throw malformed(`a request with method ${JSON.stringify(method)}`);
  if (!path.startsWith('/') || path.includes(' ')) throw malformed('a request whose path is none');
}

function assertNames(fields: readonly string[]): void {
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? '';
    if (!isToken(name)) throw malformed(`a header field with the name ${JSON.stringify(name)}`);
  }
}

/** @throws {TunnelProtocolError} `MALFORMED_FRAME` */
export function parseConnect(payload: Uint8Array): ParsedOpen {
  const texts = payload.length < 4 ? [] : readTexts(payload.subarray(4));
  const [network, address] = texts;
  if (network === undefined || address === undefined || texts.length !== 2) {
    throw malformed('a connect without network and address');
  }
  return { head: { kind: 'connect', network, address }, creditBytes: readUint32(payload, 0) };
}

/** The class that a request or connect asks for; one that is not known counts as the lowest. */
export function parseServiceClass(flags: number): ServiceClass {
  return SERVICE_CLASSES[(flags >> CLASS_SHIFT) & 0b11] ?? 'bulk';
}

/** @throws {TunnelProtocolError} `MALFORMED_FRAME` */
export function parseResponse(payload: Uint8Array): ResponseHead {
  const status = ((payload[0] ?? 0) << 8) | (payload[1] ?? 0);
  if (payload.length < 2 || status < 200 || status > 599)
    throw malformed('a response without a final status');
  return { status, fields: parseFields(payload.subarray(2)) };
}

/** @throws {TunnelProtocolError} `MALFORMED_FRAME` */
export function parseFields(payload: Uint8Array): string[] {
  const fields = readTexts(payload);
  if (fields.length % 2 !== 0) throw malformed('half a header field');
  assertNames(fields);
  return fields;
}

/** @throws {TunnelProtocolError} `MALFORMED_FRAME`. A code that is not known counts as `INTERNAL`. */
export function parseReset(payload: Uint8Array): { readonly code: ResetCode; readonly text: string } {
  if (payload.length < 2) throw malformed('a reset without a code');
  const code = RESET_CODES[((payload[0] ?? 0) << 8) | (payload[1] ?? 0)] ?? 'INTERNAL';
  return { code, text: decodeUtf8(payload.subarray(2)) };
}

/** The number of a credit or ping. @throws {TunnelProtocolError} `MALFORMED_FRAME` */
export function parseUint32(payload: Uint8Array): number {
  if (payload.length !== 4) throw malformed('a credit or ping that is not 4 bytes long');
  return readUint32(payload, 0);
}

const MAX_TARGETS = 64;

/** @throws {TunnelProtocolError} `MALFORMED_FRAME` */
export function parseHello(payload: Uint8Array): Hello {
  let value: unknown;
  try {
    value = JSON.parse(decodeUtf8(payload));
  } catch (cause) {
    throw new TunnelProtocolError('MALFORMED_FRAME', 'a hello that is not JSON', { cause });
  }
  if (typeof value !== 'object' || value === null) throw malformed('a hello that is no object');
  const { targets, software, isEndToEnd } = value as Record<string, unknown>;
  const names = Array.isArray(targets) ? targets.filter((name) => typeof name === 'string') : [];
  return {
    targets: names.slice(0, MAX_TARGETS),
    software: typeof software === 'string' ? software.slice(0, 256) : '',
    isEndToEnd: isEndToEnd === true,
  };
}
