import { ApiError } from '../errors/api-error.ts';
import type { HeaderMap } from './header-map.ts';

/** How an answer is to be written. */
export interface Negotiated {
  readonly mediaType: 'application/json' | 'application/yaml';
  /** `Table`, `PartialObjectMetadata`, … when another kind is asked for. */
  readonly as?: { readonly kind: string; readonly group: string; readonly version: string };
}

/** One of the media types that a client takes. */
export interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** A kind that answers can be turned into, as `Kind.version.group`. */
export type OfferedKinds = ReadonlySet<string>;

const NO_KINDS: OfferedKinds = new Set();
const PLAIN: Negotiated = { mediaType: 'application/json' };

/**
 * Picks what the client likes best of what can be served. Protobuf is never served: clients that list JSON
 * after it get JSON, as with custom resources.
 *
 * @throws {ApiError} `NotAcceptable`
 */
export function negotiate(headers: HeaderMap, offered: OfferedKinds = NO_KINDS): Negotiated {
  const accept = headers.get('accept');
  if (accept === undefined) return PLAIN;
  const text = accept.join(',');
  if (text === '' || text === 'application/json' || text === '*/*') return PLAIN;
  const clauses = parseAccept(text);
  for (const clause of clauses) {
    const mediaType = toMediaType(clause.type);
    if (mediaType === undefined) continue;
    const kind = clause.parameters.get('as');
    if (kind === undefined) return { mediaType };
    const as = { kind, group: clause.parameters.get('g') ?? '', version: clause.parameters.get('v') ?? '' };
    if (offered.has(`${as.kind}.${as.version}.${as.group}`)) return { mediaType, as };
  }
  throw new ApiError(
    'NotAcceptable',
    'only the following media types are accepted: application/json, application/yaml',
  );
}

function toMediaType(type: string): Negotiated['mediaType'] | undefined {
  if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'application/json';
  if (type === 'application/yaml') return 'application/yaml';
  return undefined;
}

/** The media types of an Accept header, the best first. */
export function parseAccept(text: string): Clause[] {
  const clauses = text.split(',').map((part) => {
    const [type = '', ...rest] = part.split(';').map((item) => item.trim());
    const parameters = new Map<string, string>();
    for (const item of rest) {
      const at = item.indexOf('=');
      if (at > 0) parameters.set(item.slice(0, at).toLowerCase(), item.slice(at + 1));
    }
    const quality = Number(parameters.get('q') ?? '1');
    return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 1 : quality };
  });
  return clauses.filter(({ type }) => type !== '').toSorted((a, b) => b.quality - a.quality);
}
