import { ParseError } from './errors.ts';
import { compareText } from './json-value.ts';
import type { LabelSelector } from './kube-object.ts';
import { isLabelKey, isLabelValue } from './names.ts';

/** What a requirement asks of one label. `Equals` and `NotEquals` are `In` and `NotIn` with one value. */
export type SelectorOperator =
  'DoesNotExist' | 'Equals' | 'Exists' | 'Gt' | 'In' | 'Lt' | 'NotEquals' | 'NotIn';

/** One requirement of a parsed selector. */
export interface Requirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  /** Sorted, without repeats. */
  readonly values: readonly string[];
}

/** A parsed label selector: all requirements must hold. */
export interface Selector {
  /** True for the selector that matches no object at all, whatever its labels. */
  readonly nothing: boolean;
  /** Sorted by key. None at all: everything matches. */
  readonly requirements: readonly Requirement[];
}

const TOKEN = /\s*(?:(==|!=|=|!|<|>|,|\(|\))|([^\s=!<>,()]+))\s*/y;

/**
 * Parses a selector in text form: `a=b,c!=d,e in (x,y),f notin (z),g,!h,n>1`. Empty text matches everything.
 *
 * @throws {ParseError} `INVALID_SELECTOR`
 */
export function parseLabelSelector(text: string): Selector {
  const reader = createReader(text);
  const requirements: Requirement[] = [];
  while (!reader.isDone()) {
    requirements.push(readRequirement(reader));
    if (reader.isDone()) break;
    reader.expect(',');
    if (reader.isDone()) throw invalid(text, 'it ends in a comma');
  }
  return createParsed(requirements);
}

/**
 * Reads the selector of an object (`matchLabels` and `matchExpressions`).
 *
 * @param labelSelector - Undefined matches nothing, `{}` everything: the rule of Kubernetes.
 * @throws {ParseError} `INVALID_SELECTOR` for an unknown operator, bad keys or values, or a wrong number of values.
 */
export function createSelector(labelSelector: LabelSelector | undefined): Selector {
  if (labelSelector === undefined) return { nothing: true, requirements: [] };
  const equal = Object.entries(labelSelector.matchLabels ?? {}).map(([key, value]) =>
    createRequirement(key, 'In', [value]),
  );
  const expressions = (labelSelector.matchExpressions ?? []).map(({ key, operator, values }) => {
    if (operator !== 'In' && operator !== 'NotIn' && operator !== 'Exists' && operator !== 'DoesNotExist') {
      throw new ParseError('INVALID_SELECTOR', `"${operator}" is not a valid label selector operator`);
    }
    return createRequirement(key, operator, values ?? []);
  });
  return createParsed([...equal, ...expressions]);
}

/** Whether labels satisfy every requirement. `!=` and `notin` hold for an absent label too. */
export function matchSelector(
  selector: Selector,
  labels: Readonly<Record<string, string | undefined>> | undefined,
): boolean {
  if (selector.nothing) return false;
  return selector.requirements.every((requirement) => {
    const value =
      labels !== undefined && Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
    return matchRequirement(requirement, value);
  });
}

/** Writes a selector as text; `parseLabelSelector` reads it back. The selector that matches nothing has no text. */
export function formatSelector(selector: Selector): string {
  return selector.requirements.map(formatRequirement).join(',');
}

function createParsed(requirements: readonly Requirement[]): Selector {
  return { nothing: false, requirements: requirements.toSorted((a, b) => compareText(a.key, b.key)) };
}

function createRequirement(key: string, operator: SelectorOperator, values: readonly string[]): Requirement {
  if (!isLabelKey(key)) throw new ParseError('INVALID_SELECTOR', `"${key}" is not a valid label key`);
  const bad = values.find((value) => !isLabelValue(value));
  if (bad !== undefined) throw new ParseError('INVALID_SELECTOR', `"${bad}" is not a valid label value`);
  if (!hasRightCount(operator, values.length)) {
    throw new ParseError(
      'INVALID_SELECTOR',
      `${operator} of label "${key}" cannot have ${values.length} values`,
    );
  }
  if ((operator === 'Gt' || operator === 'Lt') && !values.every(isInteger)) {
    throw new ParseError('INVALID_SELECTOR', `${operator} of label "${key}" compares with an integer`);
  }
  return { key, operator, values: [...new Set(values)].toSorted(compareText) };
}

function hasRightCount(operator: SelectorOperator, count: number): boolean {
  switch (operator) {
    case 'Exists':
    case 'DoesNotExist':
      return count === 0;
    case 'In':
    case 'NotIn':
      return count > 0;
    default:
      return count === 1;
  }
}

function isInteger(text: string): boolean {
  return /^[-+]?\d+$/.test(text);
}

function matchRequirement({ operator, values }: Requirement, value: string | undefined): boolean {
  const [first = ''] = values;
  switch (operator) {
    case 'In':
    case 'Equals':
      return value !== undefined && values.includes(value);
    case 'NotIn':
    case 'NotEquals':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && isInteger(value) && BigInt(unsign(value)) > BigInt(unsign(first));
    case 'Lt':
      return value !== undefined && isInteger(value) && BigInt(unsign(value)) < BigInt(unsign(first));
  }
}

function unsign(text: string): string {
  return text.replace(/^\+/, '');
}

function formatRequirement({ key, operator, values }: Requirement): string {
  const list = values.join(',');
  switch (operator) {
    case 'Equals':
      return `${key}=${list}`;
    case 'NotEquals':
      return `${key}!=${list}`;
    case 'In':
      return `${key} in (${list})`;
    case 'NotIn':
      return `${key} notin (${list})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    case 'Gt':
      return `${key}>${list}`;
    case 'Lt':
      return `${key}<${list}`;
  }
}

interface Token {
  readonly symbol?: string;
  readonly word?: string;
}

interface Reader {
  isDone(): boolean;
  peek(): Token;
  next(): Token;
  expect(symbol: string): void;
}

function createReader(text: string): Reader {
  const tokens: Token[] = [];
  const trimmed = text.trim();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < trimmed.length) {
    const [, symbol, word] = TOKEN.exec(trimmed) ?? [];
    tokens.push(symbol === undefined ? { word: word ?? '' } : { symbol });
  }
  let position = 0;
  const peek = (): Token => tokens[position] ?? {};
  const next = (): Token => {
    const token = peek();
    position += 1;
    return token;
  };
  return {
    isDone: () => position >= tokens.length,
    peek,
    next,
    expect(symbol) {
      const token = next();
      if (token.symbol !== symbol) throw invalid(text, `expected "${symbol}", found "${show(token)}"`);
    },
  };
}

function show(token: Token): string {
  return token.symbol ?? token.word ?? 'the end';
}

function invalid(text: string, reason: string): ParseError {
  return new ParseError('INVALID_SELECTOR', `label selector "${text}" is not valid: ${reason}`);
}

const SYMBOL_OPERATORS: ReadonlyMap<string, SelectorOperator> = new Map([
  ['=', 'Equals'],
  ['==', 'Equals'],
  ['!=', 'NotEquals'],
  ['>', 'Gt'],
  ['<', 'Lt'],
]);

function readRequirement(reader: Reader): Requirement {
  const absent = reader.peek().symbol === '!';
  if (absent) reader.next();
  const key = readWord(reader);
  if (absent) return createRequirement(key, 'DoesNotExist', []);
  const token = reader.peek();
  if (token.symbol === ',' || reader.isDone()) return createRequirement(key, 'Exists', []);
  reader.next();
  const operator = SYMBOL_OPERATORS.get(token.symbol ?? '');
  if (operator !== undefined) {
    // `a=` compares with the empty value.
    return createRequirement(key, operator, [reader.peek().word === undefined ? '' : readWord(reader)]);
  }
  if (token.word === 'in') return createRequirement(key, 'In', readList(reader));
  if (token.word === 'notin') return createRequirement(key, 'NotIn', readList(reader));
  throw new ParseError('INVALID_SELECTOR', `label selector: "${show(token)}" after "${key}" is no operator`);
}

function readWord(reader: Reader): string {
  const token = reader.next();
  if (token.word === undefined) {
    throw new ParseError('INVALID_SELECTOR', `label selector: expected a name, found "${show(token)}"`);
  }
  return token.word;
}

function readList(reader: Reader): string[] {
  reader.expect('(');
  const values: string[] = [];
  for (;;) {
    values.push(reader.peek().word === undefined ? '' : readWord(reader));
    if (reader.peek().symbol !== ',') break;
    reader.next();
  }
  reader.expect(')');
  return values;
}
