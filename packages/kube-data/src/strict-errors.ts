const MAX_ERRORS = 100;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** A container that is being read, and where in it. */
type Frame =
  | { readonly kind: 'list'; readonly path: string; index: number }
  | { readonly kind: 'object'; readonly path: string; readonly seen: Set<string>; key: string | undefined };

const NOTHING: ReadonlySet<string> = new Set();

/**
 * What a strict reader of JSON finds wrong with a text that parses: keys that an object holds twice, and keys that
 * nobody knows, in the order of the text and in the words of Kubernetes' decoder.
 *
 * @param text - valid JSON
 * @param unknown - paths of the keys that nobody knows, such as `spec.containers[0].extra`; nothing below them is
 *   looked at
 * @returns such as `duplicate field "metadata.name"`; each once, at most 100
 */
export function findStrictErrors(text: string, unknown: ReadonlySet<string> = NOTHING): string[] {
  const errors = new Set<string>();
  const stack: Frame[] = [];
  let skippedBelow = Infinity; // depth at which a value that is not looked at begins

  const readKey = (frame: Extract<Frame, { kind: 'object' }>, key: string): void => {
    frame.key = key;
    if (stack.length > skippedBelow) return;
    skippedBelow = Infinity;
    const path = pathOf(frame);
    if (unknown.has(path)) {
      errors.add(`unknown field ${JSON.stringify(path)}`);
      skippedBelow = stack.length;
    } else if (frame.seen.has(key)) errors.add(`duplicate field ${JSON.stringify(path)}`);
    else frame.seen.add(key);
  };

  for (let at = 0; at < text.length && errors.size < MAX_ERRORS;) {
    const code = text.charCodeAt(at);
    const top = stack.at(-1);
    if (code === QUOTE) {
      const end = endOfText(text, at);
      if (top?.kind === 'object' && top.key === undefined) readKey(top, readText(text, at, end));
      at = end;
      continue;
    }
    const symbol = text[at];
    at += 1;
    if (symbol === '{' || symbol === '[') {
      const path = top === undefined || stack.length > skippedBelow ? '' : pathOf(top);
      stack.push(
        symbol === '{'
          ? { kind: 'object', path, seen: new Set(), key: undefined }
          : { kind: 'list', path, index: 0 },
      );
    } else if (symbol === '}' || symbol === ']') stack.pop();
    else if (symbol === ',') {
      if (top?.kind === 'object') top.key = undefined;
      else if (top !== undefined) top.index += 1;
    }
  }
  return [...errors];
}

/** The path of what a container is at. */
function pathOf(frame: Frame): string {
  if (frame.kind === 'list') return `${frame.path}[${frame.index}]`;
  return frame.path === '' ? (frame.key ?? '') : `${frame.path}.${frame.key ?? ''}`;
}

/** The index behind the closing quote. */
function endOfText(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    at += code === BACKSLASH ? 2 : 1;
  }
  return at;
}

function readText(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end - 1);
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
}
