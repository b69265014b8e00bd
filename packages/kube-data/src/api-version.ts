import { ParseError } from './errors.ts';

/** The two parts of an `apiVersion`; the core group is the empty text. */
export interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/**
 * Splits `apps/v1` or `v1`.
 *
 * @throws {ParseError} `INVALID_API_VERSION` when it has two slashes or an empty part.
 */
export function parseApiVersion(apiVersion: string): GroupVersion {
  const parts = apiVersion.split('/');
  if (parts.length > 2 || parts.includes('')) {
    throw new ParseError(
      'INVALID_API_VERSION',
      `apiVersion is "version" or "group/version", found "${apiVersion}"`,
    );
  }
  const [first = '', second] = parts;
  return second === undefined ? { group: '', version: first } : { group: first, version: second };
}

/** Joins group and version; the inverse of `parseApiVersion`. */
export function formatApiVersion(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}
