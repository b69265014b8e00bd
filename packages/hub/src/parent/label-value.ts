import { createHash } from 'node:crypto';
import { isLabelValue } from '@clusternet/kube-data';

const MAX_LABEL = 63;
const HASH = 10;

/** Ten hexadecimal digits that stand for a text. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH);
}

/**
 * A text as a label can hold it: itself, or, for one that is too long or has characters that labels do not take, what is
 * left of it and a hash. Different texts give different values.
 */
export function toLabelValue(text: string): string {
  if (isLabelValue(text)) return text;
  const readable = text
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, MAX_LABEL - HASH - 1)
    .replace(/^[^A-Za-z0-9]+/, '');
  return `${readable}-${shortHash(text)}`.replace(/^-/, '');
}
