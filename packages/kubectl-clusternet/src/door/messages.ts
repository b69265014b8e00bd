import { STATUS_CODES } from 'node:http';
import type { IncomingMessage } from 'node:http';

/** About one connection, not about the message (RFC 9110, 7.6.1). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'authorization', // the credential is ours to show
  'connection',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The headers that go on, names in lower case.
 * @param isUpgrade - keeps `connection` and `upgrade`
 */
export function keepHeaders(rawHeaders: readonly string[], isUpgrade = false): Record<string, string[]> {
  const kept = Object.create(null) as Record<string, string[]>;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const isKept = !HOP_BY_HOP.has(name) || (isUpgrade && (name === 'connection' || name === 'upgrade'));
    if (isKept) (kept[name] ??= []).push(rawHeaders[index + 1] ?? '');
  }
  return kept;
}

/** The head of an answer, as it came. */
export function formatHead({ statusCode = 502, statusMessage = '', rawHeaders }: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (/^transfer-encoding$/i.test(rawHeaders[index] ?? '')) continue; // Node has taken it apart
    lines.push(`${rawHeaders[index] ?? ''}: ${rawHeaders[index + 1] ?? ''}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** A whole answer of one sentence. */
export function formatStatus(code: number, message: string): string {
  const head = `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}\r\ncontent-type: text/plain\r\nconnection: close\r\n`;
  return `${head}content-length: ${Buffer.byteLength(message)}\r\n\r\n${message}`;
}
