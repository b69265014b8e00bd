import { ParseError } from './errors.ts';
import { getKey, isJsonObject } from './json-value.ts';
import type { JsonValue } from './json-value.ts';

/** One term of a field selector. */
export interface FieldRequirement {
  /** Dotted path, such as `metadata.name`. */
  readonly field: string;
  readonly operator: 'Equals' | 'NotEquals';
  readonly value: string;
}

/** A parsed field selector: all terms must hold. */
export type FieldSelector = readonly FieldRequirement[];

const TERM = /^([^=!\\]+?)(!=|==|=)((?:[^=\\]|\\[\\,=])*)$/;

/**
 * Parses `metadata.name=foo,status.phase!=Running`. In values, `\\`, `\,` and `\=` stand for themselves.
 *
 * @throws {ParseError} `INVALID_SELECTOR`
 */
export function parseFieldSelector(text: string): FieldSelector {
  return splitTerms(text).map((term) => {
    const [, field, symbol, value] = TERM.exec(term) ?? [];
    if (field === undefined || value === undefined) {
      throw new ParseError('INVALID_SELECTOR', `field selector "${text}" is not valid near "${term}"`);
    }
    return {
      field: field.trim(),
      operator: symbol === '!=' ? 'NotEquals' : 'Equals',
      value: value.replaceAll(/\\([\\,=])/g, '$1'),
    };
  });
}

function splitTerms(text: string): string[] {
  const terms = text.match(/(?:\\.|[^,\\]|\\$)+/g) ?? [];
  return terms.filter((term) => term.trim() !== '');
}

/** Whether an object satisfies every term. A field that is absent counts as empty text. */
export function matchFieldSelector(selector: FieldSelector, object: unknown): boolean {
  return selector.every(({ field, operator, value }) => {
    const found = textAt(object as JsonValue, field.split('.'));
    return operator === 'Equals' ? found === value : found !== value;
  });
}

function textAt(object: JsonValue, path: readonly string[]): string {
  let current: JsonValue | undefined = object;
  for (const key of path) current = isJsonObject(current) ? getKey(current, key) : undefined;
  return current === undefined || current === null || typeof current === 'object' ? '' : String(current);
}
