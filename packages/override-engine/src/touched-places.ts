import { isJsonObject } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';

/** Places of a document that a patch may have changed. Undefined stands for everything below. */
export type TouchedPlaces = ReadonlyMap<string, TouchedPlaces | undefined>;
type Places = Map<string, Places | undefined>;

/**
 * Where a JSON patch may have changed a document, so that the rest need not be compared. Rather too much than too
 * little: a list whose items it names by their place counts as a whole, because items move.
 *
 * @returns Undefined when that is the whole document.
 */
export function touchedPlaces(patch: JsonValue): TouchedPlaces | undefined {
  const places: Places = new Map();
  for (const operation of Array.isArray(patch) ? patch : []) {
    if (!isJsonObject(operation) || operation['op'] === 'test') continue;
    if (!touch(places, operation['path'])) return undefined;
    if (operation['op'] === 'move' && !touch(places, operation['from'])) return undefined;
  }
  return places;
}

/** False when it is the whole document that is touched. */
function touch(places: Places, pointer: JsonValue | undefined): boolean {
  if (typeof pointer !== 'string' || pointer === '') return false;
  const tokens = pointer.split('/');
  const end = endOfStable(tokens);
  if (end === 1) return false;
  let at = places;
  for (let depth = 1; depth < end; depth += 1) {
    const token = unescape(tokens[depth] ?? '');
    let next = at.get(token);
    if (depth === end - 1) at.set(token, undefined);
    else if (next === undefined) {
      if (at.has(token)) break; // everything there is touched already
      next = new Map();
      at.set(token, next);
    }
    if (next !== undefined) at = next;
  }
  return true;
}

/**
 * Where the tokens that lead to one place whatever happens to lists end. That place may be the list that the rest is
 * about: tokens with a sign or leading zeros are indexes in other words, and a last one in digits may be an item that is put in
 * or taken out.
 */
function endOfStable(tokens: readonly string[]): number {
  for (let depth = 1; depth < tokens.length; depth += 1) {
    const token = tokens[depth] ?? '';
    const isOddIndex =
      token.startsWith('-') || token.startsWith('+') || (token.length > 1 && token.startsWith('0'));
    if (isOddIndex || (depth === tokens.length - 1 && isDigit(token.charCodeAt(0)))) return depth;
  }
  return tokens.length;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function unescape(token: string): string {
  return token.includes('~') ? token.replaceAll('~1', '/').replaceAll('~0', '~') : token;
}
