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

function textOf(value: unknown): string {
  if (value instanceof Error) return value.message || value.name;
  if (typeof value === 'string') return value;
  const text = JSON.stringify(value) as string | undefined; // undefined for functions and symbols
  return text ?? typeof value;
}
