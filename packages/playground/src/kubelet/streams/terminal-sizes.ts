import { isJsonObject, isParseError, parseJson } from '@clusternet/kube-data';

/** In characters, 1 to 65535 each. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The sizes that a client's terminal has, one after the other. */
export interface TerminalSizes {
  /** Takes what the client sent: one size or several, as lines of JSON. What is none is left out. */
  push(text: string): void;
  /** Calls back with the size of now, when there is one, and with every other. */
  listen(listener: (size: TerminalSize) => void): void;
}

export function createTerminalSizes(): TerminalSizes {
  let last: TerminalSize | undefined;
  let tell: ((size: TerminalSize) => void) | undefined;
  return {
    push(text) {
      for (const line of text.split('\n')) {
        const size = parseSize(line);
        if (size === undefined) continue;
        last = size;
        tell?.(size);
      }
    },
    listen(listener) {
      tell = listener;
      if (last !== undefined) listener(last);
    },
  };
}

function parseSize(line: string): TerminalSize | undefined {
  if (line.trim() === '') return undefined;
  try {
    const value = parseJson(line);
    const [columns, rows] = isJsonObject(value) ? [value['Width'], value['Height']] : [];
    return isLength(columns) && isLength(rows) ? { columns, rows } : undefined;
  } catch (error) {
    if (isParseError(error)) return undefined; // clients send sizes and nothing else, and it is no harm to miss one
    throw error;
  }
}

function isLength(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536;
}
