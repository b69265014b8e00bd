import type { ApiResponse } from './request.ts';

const MAX_TOTAL = 4096;
const MAX_ITEM = 256;
// eslint-disable-next-line no-control-regex -- these are what a header must not carry
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * Sends `Warning` headers the way kube-apiserver does: each text once, none with control characters, and texts cut to
 * 256 characters where all of them together are longer than 4096.
 */
export function createWarnings(response: ApiResponse): (text: string) => void {
  const texts = new Set<string>();
  return (text) => {
    if (text === '' || texts.has(text) || CONTROL.test(text)) return;
    texts.add(text);
    if (!response.headersSent) response.setHeader('warning', formatWarnings([...texts]));
  };
}

function formatWarnings(texts: readonly string[]): string[] {
  const total = texts.reduce((sum, text) => sum + Array.from(text).length, 0);
  if (total <= MAX_TOTAL) return texts.map(formatWarning);
  const headers: string[] = [];
  let written = 0;
  for (const text of texts) {
    if (written >= MAX_TOTAL) break;
    const characters = Array.from(text).slice(0, MAX_ITEM);
    written += characters.length;
    headers.push(formatWarning(characters.join('')));
  }
  return headers;
}

/** Headers are bytes: Node takes each character for one, so UTF-8 is spelled out. */
function formatWarning(text: string): string {
  const quoted = text.replaceAll(/["\\]/g, String.raw`\$&`);
  return `299 - "${Buffer.from(quoted).toString('latin1')}"`;
}
