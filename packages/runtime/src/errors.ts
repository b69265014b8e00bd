/** The message of anything that can be thrown, with the messages of its causes, in one line. */
export function errorText(error: unknown): string {
  const parts: string[] = [];
  let current: unknown = error;
  for (let depth = 0; current !== undefined && depth < 8; depth += 1) {
    const text = textOf(current);
    if (text !== '' && !parts.some((part) => part.includes(text))) parts.push(text);
    current = current instanceof Error ? current.cause : undefined;
  }
  return parts.join(': ').replaceAll(/\s*\n\s*/g, ' ');
}

/** Errors of an AggregateError that are named; the rest are counted. */
const MAX_JOINED = 5;

function textOf(value: unknown): string {
  if (value instanceof AggregateError && value.message === '') return joinErrors(value.errors);
  if (value instanceof Error) return value.message || codeOf(value) || value.name;
  if (typeof value === 'string') return value;
  try {
    const text = JSON.stringify(value) as string | undefined; // undefined for functions and symbols
    return text ?? typeof value;
  } catch {
    return typeof value; // circular, or holds a bigint: what throws must still be reported
  }
}

/** What a connection attempt to several addresses throws says nothing by itself. */
function joinErrors(errors: readonly unknown[]): string {
  const texts = [...new Set(errors.map((error) => textOf(error)))];
  const rest = texts.length - MAX_JOINED;
  return [...texts.slice(0, MAX_JOINED), ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
