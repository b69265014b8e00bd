import type { FieldProvenance, Provenance } from './override-entry.ts';

/**
 * Who wrote a place of a rendered document, and what lies below it.
 *
 * @param pointer - JSON pointer of any place; `''` is the whole document.
 * @returns In the order of writing, the last one wins. Empty: all of it stands as it does in the feed.
 */
export function findWriters(provenance: Provenance, pointer: string): FieldProvenance[] {
  const inside = `${pointer}/`;
  return [...provenance].filter(([at]) => at === pointer || at.startsWith(inside)).map(([, field]) => field);
}
