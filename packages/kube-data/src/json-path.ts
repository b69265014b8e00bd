import { ParseError } from './errors.ts';
import { getKey, isJsonObject } from './json-value.ts';
import type { JsonValue } from './json-value.ts';

type Segment =
  | { readonly kind: 'all' }
  | { readonly kind: 'descend' }
  | {
      readonly kind: 'filter';
      readonly path: readonly Segment[];
      readonly operator?: string;
      readonly value?: JsonValue;
    }
  | { readonly kind: 'key'; readonly keys: readonly string[] }
  | { readonly kind: 'slice'; readonly from?: number; readonly to?: number; readonly step: number };

/**
 * Evaluates the part of kubectl's JSONPath that printer columns use: `.a.b`, `.a\.b`, `['a']`, `[0]`, `[-1]`,
 * `[1:3]`, `[*]`, `.*`, `..a` and `[?(@.type=="Ready")]` with `== != < <= > >=` or a bare path.
 * Braces around the whole expression are allowed. What a document lacks gives no value, not an error.
 *
 * @throws {ParseError} `INVALID_JSON_PATH`
 */
export function evaluateJsonPath(document: unknown, expression: string): JsonValue[] {
  return evaluate([document as JsonValue], parseJsonPath(expression));
}

function parseJsonPath(expression: string): Segment[] {
  const trimmed = expression.trim();
  const inner = trimmed.startsWith('{') && trimmed.endsWith('}') ? trimmed.slice(1, -1).trim() : trimmed;
  return parseSegments(inner.replace(/^[$@]/, ''), expression);
}

const DESCEND = /^\.\.(?=[^.])/;
const FIELD = /^\.?((?:\\.|[^.[\]\\\s])+)/;
const BRACKET = /^\.?\[((?:"(?:\\.|[^"])*"|'(?:\\.|[^'])*'|[^\]"'])*)\]/;

function parseSegments(text: string, whole: string): Segment[] {
  const segments: Segment[] = [];
  let rest = text;
  while (rest !== '' && rest !== '.') {
    const descend = DESCEND.exec(rest);
    if (descend !== null) {
      segments.push({ kind: 'descend' });
      rest = rest.slice(1);
    }
    const bracket = BRACKET.exec(rest);
    const field = bracket === null ? FIELD.exec(rest) : null;
    if (bracket?.[1] !== undefined) segments.push(parseBracket(bracket[1].trim(), whole));
    else if (field?.[1] !== undefined) segments.push(parseField(field[1]));
    else throw invalid(whole, rest);
    rest = rest.slice((bracket ?? field)?.[0].length);
  }
  return segments;
}

function parseField(text: string): Segment {
  return text === '*' ? { kind: 'all' } : { kind: 'key', keys: [text.replaceAll(/\\(.)/g, '$1')] };
}

function parseBracket(text: string, whole: string): Segment {
  if (text === '*') return { kind: 'all' };
  const filter = /^\?\((.*)\)$/.exec(text);
  if (filter?.[1] !== undefined) return parseFilter(filter[1].trim(), whole);
  const slice = /^(-?\d+)?(?:(:)(-?\d+)?(?::(\d+))?)?$/.exec(text);
  if (slice !== null && text !== '') {
    const [, from, colon, to, step] = slice;
    if (colon === undefined) return indexSegment(Number(from));
    if (step === '0') throw invalid(whole, text);
    return {
      kind: 'slice',
      ...(from === undefined ? {} : { from: Number(from) }),
      ...(to === undefined ? {} : { to: Number(to) }),
      step: Number(step ?? 1),
    };
  }
  const quoted = text.match(/"(?:\\.|[^"])*"|'(?:\\.|[^'])*'/g);
  if (quoted === null || quoted.join(',') !== text.replaceAll(/\s*,\s*/g, ',')) throw invalid(whole, text);
  return { kind: 'key', keys: quoted.map(unquote) };
}

function indexSegment(index: number): Segment {
  return index === -1
    ? { kind: 'slice', from: -1, step: 1 }
    : { kind: 'slice', from: index, to: index + 1, step: 1 };
}

function unquote(text: string): string {
  return text.slice(1, -1).replaceAll(/\\(.)/g, '$1');
}

function parseFilter(text: string, whole: string): Segment {
  const match = /^@((?:"(?:\\.|[^"])*"|'(?:\\.|[^'])*'|[^=!<>"'])*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+))?$/.exec(
    text,
  );
  if (match === null) throw invalid(whole, text);
  const [, path = '', operator, literal] = match;
  const segments = parseSegments(path.trim(), whole);
  if (operator === undefined || literal === undefined) return { kind: 'filter', path: segments };
  return { kind: 'filter', path: segments, operator, value: parseLiteral(literal.trim(), whole) };
}

function parseLiteral(text: string, whole: string): JsonValue {
  if (/^(?:"(?:\\.|[^"])*"|'(?:\\.|[^'])*')$/.test(text)) return unquote(text);
  if (/^[-+]?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  if (text === 'true' || text === 'false') return text === 'true';
  throw invalid(whole, text);
}

function invalid(whole: string, near: string): ParseError {
  return new ParseError('INVALID_JSON_PATH', `JSONPath "${whole}" is not valid near "${near}"`);
}

function evaluate(values: readonly JsonValue[], segments: readonly Segment[]): JsonValue[] {
  let current = [...values];
  for (const segment of segments) current = current.flatMap((value) => applySegment(value, segment));
  return current;
}

function applySegment(value: JsonValue, segment: Segment): JsonValue[] {
  switch (segment.kind) {
    case 'all':
      return childrenOf(value);
    case 'descend':
      return descendantsOf(value);
    case 'filter':
      return Array.isArray(value) ? value.filter((item) => isMatch(item, segment)) : [];
    case 'key':
      return segment.keys.flatMap((key) => {
        const found = isJsonObject(value) ? getKey(value, key) : undefined;
        return found === undefined ? [] : [found];
      });
    case 'slice':
      return Array.isArray(value)
        ? value.slice(segment.from, segment.to).filter((_item, index) => index % segment.step === 0)
        : [];
  }
}

function childrenOf(value: JsonValue): JsonValue[] {
  if (Array.isArray(value)) return value;
  if (!isJsonObject(value)) return [];
  return Object.values(value).filter((item): item is JsonValue => item !== undefined);
}

function descendantsOf(value: JsonValue): JsonValue[] {
  return [value, ...childrenOf(value).flatMap(descendantsOf)];
}

function isMatch(item: JsonValue, filter: Segment & { kind: 'filter' }): boolean {
  const [found] = evaluate([item], filter.path);
  if (filter.operator === undefined) return found !== undefined;
  const want = filter.value;
  if (found === undefined || want === undefined) return false;
  if (filter.operator === '==') return isSame(found, want);
  if (filter.operator === '!=') return !isSame(found, want);
  if (!isOrdered(found) || !isOrdered(want) || (typeof found === 'string') !== (typeof want === 'string'))
    return false;
  switch (filter.operator) {
    case '<':
      return found < want;
    case '<=':
      return found <= want;
    case '>':
      return found > want;
    default:
      return found >= want;
  }
}

function isOrdered(value: JsonValue): value is bigint | number | string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';
}

function isSame(a: JsonValue, b: JsonValue): boolean {
  // Loose only between a number and a bigint: they are compared by mathematical value.
  return (
    a === b ||
    (typeof a === 'bigint' && typeof b === 'number' && a == BigInt(Math.trunc(b)) && Number.isInteger(b))
  );
}
