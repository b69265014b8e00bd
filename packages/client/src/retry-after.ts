/**
 * Reads `Retry-After`: seconds, or a date, which counts from the `Date` of the same answer (clocks differ).
 * @param headers - names in lower case
 * @returns milliseconds, at least 0; undefined when there is none that can be read
 */
export function parseRetryAfter(headers: Readonly<Record<string, string | undefined>>): number | undefined {
  const text = headers['retry-after']?.trim() ?? '';
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  const waitMs = parseDate(text) - parseDate(headers['date'] ?? '');
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}

/** Dates of HTTP start with the name of a day; `Date.parse` alone would take nearly anything. */
function parseDate(text: string): number {
  return /^[A-Z][a-z]{2,}, /.test(text) ? Date.parse(text) : Number.NaN;
}
