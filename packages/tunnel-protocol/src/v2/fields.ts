import { TunnelProtocolError } from '../errors.ts';

/** Header fields: names and values in turn, as they came, repeated ones apart. Characters are bytes (ISO 8859-1). */
export type Fields = readonly string[];

const APPLY_LIMIT = 8192;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** As `isControl`, but for the zero byte, which is what stands between texts. */
const CONTROL = /[\x01-\x08\x0a-\x1f\x7f]/; // eslint-disable-line no-control-regex -- those are what it looks for

/** Whether a text can be a method or the name of a field (RFC 9110, 5.6.2). */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Line ends would make two messages of one; other control characters are in no HTTP message either. */
function isControl(unit: number): boolean {
  return (unit < 0x20 && unit !== 0x09) || unit === 0x7f;
}

/** @throws {TunnelProtocolError} `INVALID_FIELD` for a control character, or one that is no byte */
export function writeTexts(target: Uint8Array, offset: number, texts: Fields): number {
  let at = offset;
  for (let index = 0; index < texts.length; index += 1) {
    const text = texts[index] ?? '';
    if (index > 0) target[at++] = 0;
    for (let place = 0; place < text.length; place += 1) {
      const unit = text.charCodeAt(place);
      if (unit > 0xff || isControl(unit)) {
        throw new TunnelProtocolError('INVALID_FIELD', `${JSON.stringify(text)} cannot be a header field`);
      }
      target[at++] = unit;
    }
  }
  return at;
}

/** How many bytes `writeTexts` fills. */
export function measureTexts(texts: Fields): number {
  let sizeBytes = Math.max(0, texts.length - 1);
  for (const text of texts) sizeBytes += text.length;
  return sizeBytes;
}

/**
 * The texts between the zero bytes of `bytes`. No bytes are no texts.
 * @throws {TunnelProtocolError} `MALFORMED_FRAME` for a control character
 */
export function readTexts(bytes: Uint8Array): string[] {
  if (bytes.length === 0) return [];
  let text = '';
  for (let at = 0; at < bytes.length; at += APPLY_LIMIT) {
    // The arguments are bytes, so the engine takes the view as it is.
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + APPLY_LIMIT) as unknown as number[]);
  }
  if (CONTROL.test(text)) throw new TunnelProtocolError('MALFORMED_FRAME', 'a control character in a head');
  return text.split('\0');
}
