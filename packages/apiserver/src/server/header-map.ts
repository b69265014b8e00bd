/** Headers by lower-case name, repeated ones kept apart: joining them would make two groups of one with a comma. */
export type HeaderMap = ReadonlyMap<string, readonly string[]>;

/**
 * Reads headers as they came over the wire.
 * @param rawHeaders - names and values in turn, as Node gives them for HTTP/1.1 and HTTP/2
 */
export function parseHeaders(rawHeaders: readonly string[]): HeaderMap {
  const headers = new Map<string, string[]>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (name.startsWith(':')) continue; // HTTP/2 pseudo header
    const values = headers.get(name);
    if (values === undefined) headers.set(name, [rawHeaders[index + 1] ?? '']);
    else values.push(rawHeaders[index + 1] ?? '');
  }
  return headers;
}

/** The first value of a header that is not empty. */
export function getHeader(headers: HeaderMap, name: string): string | undefined {
  return headers.get(name)?.find((value) => value !== '');
}
