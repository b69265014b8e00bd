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

const APPEND_OR_SIGNED = /^[-+]/;
const INDEX = /^\d+$/;

/** False when it is the whole document that is touched. */
function touch(places: Places, pointer: JsonValue | undefined): boolean {
  if (typeof pointer !== 'string' || pointer === '') return false;
  const tokens = pointer.split('/').slice(1);
  const length = lengthOfStable(tokens);
  if (length === 0) return false;
  let at = places;
  for (let depth = 0; depth < length; depth += 1) {
    const token = unescape(tokens[depth] ?? '');
    if (depth === length - 1) {
      at.set(token, undefined);
      return true;
    }
    let next = at.get(token);
    if (next === undefined) {
      if (at.has(token)) return true; // everything there is touched already
      next = new Map();
      at.set(token, next);
    }
    at = next;
  }
  return true;
}

/** How many tokens lead to one place whatever happens to lists: it may be the list that the rest is about. */
function lengthOfStable(tokens: readonly string[]): number {
  const last = tokens.length - 1;
  const signed = tokens.findIndex((token) => APPEND_OR_SIGNED.test(token));
  if (signed >= 0) return signed;
  return INDEX.test(tokens[last] ?? '') ? last : tokens.length;
}

function unescape(token: string): string {
  return token.includes('~') ? token.replaceAll('~1', '/').replaceAll('~0', '~') : token;
}
