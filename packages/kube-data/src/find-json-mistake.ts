/** How deep Go's decoder reads. */
const MAX_DEPTH = 10_000;

/** What may come next. */
type Expected =
  'afterElement' | 'afterKey' | 'afterMember' | 'elementOrEnd' | 'end' | 'key' | 'keyOrEnd' | 'value';

/** What Go says is wrong with a character that is not expected. */
const CONTEXTS: Readonly<Record<Expected, string>> = {
  afterElement: 'after array element',
  afterKey: 'after object key',
  afterMember: 'after object key:value pair',
  elementOrEnd: 'looking for beginning of value',
  end: 'after top-level value',
  key: 'looking for beginning of object key string',
  keyOrEnd: 'looking for beginning of object key string',
  value: 'looking for beginning of value',
};

const UNEXPECTED_END = 'unexpected end of JSON input';
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;

/**
 * What Go's JSON decoder finds wrong with a text, in its words; undefined for a text that it reads.
 *
 * @param maxDepth - how deep objects and lists may lie in each other
 */
export function findJsonMistake(text: string, maxDepth: number = MAX_DEPTH): string | undefined {
  const stack: ('list' | 'object')[] = [];
  let expected = 'value' as Expected; // what follows narrows it too far
  let at = 0;
  const afterValue = (): Expected => {
    const top = stack.at(-1);
    return top === undefined ? 'end' : top === 'object' ? 'afterMember' : 'afterElement';
  };
  for (;;) {
    while (at < text.length && isSpace(text.charCodeAt(at))) at += 1;
    if (at >= text.length) return expected === 'end' ? undefined : UNEXPECTED_END;
    const symbol = text.charAt(at);
    const next = step(symbol, expected, stack);
    if (next === 'open') {
      if (stack.length > maxDepth) return `invalid character ${quote(symbol)} exceeded max depth`;
      expected = symbol === '{' ? 'keyOrEnd' : 'elementOrEnd';
      at += 1;
    } else if (next === 'close') {
      expected = afterValue();
      at += 1;
    } else if (next === 'scalar') {
      const end = readScalar(text, at);
      if (typeof end === 'string') return end;
      expected = expected === 'key' || expected === 'keyOrEnd' ? 'afterKey' : afterValue();
      at = end;
    } else if (next === undefined) {
      return `invalid character ${quote(symbol)} ${CONTEXTS[expected]}`;
    } else {
      expected = next;
      at += 1;
    }
  }
}

/** What a character does where it stands: opens or closes something, begins a scalar, or leads on. */
function step(
  symbol: string,
  expected: Expected,
  stack: ('list' | 'object')[],
): Expected | 'close' | 'open' | 'scalar' | undefined {
  switch (expected) {
    case 'elementOrEnd':
      if (symbol === ']') return close(stack);
      return beginValue(symbol, stack);
    case 'value':
      return beginValue(symbol, stack);
    case 'keyOrEnd':
      if (symbol === '}') return close(stack);
      return symbol === '"' ? 'scalar' : undefined;
    case 'key':
      return symbol === '"' ? 'scalar' : undefined;
    case 'afterKey':
      return symbol === ':' ? 'value' : undefined;
    case 'afterMember':
      if (symbol === '}') return close(stack);
      return symbol === ',' ? 'key' : undefined;
    case 'afterElement':
      if (symbol === ']') return close(stack);
      return symbol === ',' ? 'value' : undefined;
    case 'end':
      return undefined;
  }
}

function close(stack: ('list' | 'object')[]): 'close' {
  stack.pop();
  return 'close';
}

function beginValue(symbol: string, stack: ('list' | 'object')[]): 'open' | 'scalar' | undefined {
  if (symbol === '{' || symbol === '[') {
    stack.push(symbol === '{' ? 'object' : 'list');
    return 'open';
  }
  return /["\-0-9tfn]/.test(symbol) ? 'scalar' : undefined;
}

/** The index behind a scalar, or what is wrong with it. */
function readScalar(text: string, start: number): number | string {
  const first = text.charAt(start);
  if (first === '"') return readString(text, start);
  if (first === 't') return readLiteral(text, start, 'true');
  if (first === 'f') return readLiteral(text, start, 'false');
  if (first === 'n') return readLiteral(text, start, 'null');
  return readNumber(text, start);
}

function readLiteral(text: string, start: number, literal: string): number | string {
  for (let index = 1; index < literal.length; index += 1) {
    const found = charOrSpace(text, start + index);
    if (found !== literal[index]) {
      return `invalid character ${quote(found)} in literal ${literal} (expecting ${quote(literal.charAt(index))})`;
    }
  }
  return start + literal.length;
}

function readNumber(text: string, start: number): number | string {
  NUMBER.lastIndex = start;
  const [number = ''] = NUMBER.exec(text) ?? [];
  const end = start + number.length;
  if (number === '') return misplaced(text, start + 1, 'in numeric literal'); // behind a minus
  const [found, following] = [text.charAt(end), text.charAt(end + 1)];
  if (found === '.' && !/[.eE]/.test(number))
    return misplaced(text, end + 1, 'after decimal point in numeric literal');
  if (/[eE]/.test(found) && !/[eE]/.test(number))
    return misplaced(text, /[-+]/.test(following) ? end + 2 : end + 1, 'in exponent of numeric literal');
  return end;
}

function readString(text: string, start: number): number | string {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code < 0x20) return `invalid character ${quote(text.charAt(at))} in string literal`;
    if (code !== 0x5c) continue;
    at += 1;
    const escaped = charOrSpace(text, at);
    if (escaped === 'u') {
      for (let digit = 1; digit <= 4; digit += 1) {
        const place = 'in \\u hexadecimal character escape';
        if (!/[0-9a-fA-F]/.test(charOrSpace(text, at + digit))) return misplaced(text, at + digit, place);
      }
      at += 4;
    } else if (!/["\\/bfnrt]/.test(escaped)) return misplaced(text, at, 'in string escape code');
  }
  return UNEXPECTED_END;
}

/** Go's scanner sees a space behind the end. */
function charOrSpace(text: string, at: number): string {
  return at < text.length ? text.charAt(at) : ' ';
}

function misplaced(text: string, at: number, place: string): string {
  return `invalid character ${quote(charOrSpace(text, at))} ${place}`;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Go looks at bytes: of a character outside of ASCII it shows the first. */
function quote(character: string): string {
  if (character === "'") return String.raw`'\''`;
  if (character === '"') return `'"'`;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `'${JSON.stringify(character).slice(1, -1).replace('\\u00', '\\x')}'`;
  const first =
    code < 0x800 ? 0xc0 | (code >> 6) : code < 0x10000 ? 0xe0 | (code >> 12) : 0xf0 | (code >> 18);
  return `'${String.fromCharCode(first)}'`;
}
