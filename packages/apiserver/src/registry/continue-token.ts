import { posix } from 'node:path';
import { createBadRequest } from '../errors/status-errors.ts';

/** Where a list goes on. */
export interface Continuation {
  /** Of the list; -1 for whatever is there by now. */
  readonly resourceVersion: number;
  /** The last object of the page before. */
  readonly namespace: string;
  readonly name: string;
}

const VERSION = 'meta.k8s.io/v1';

/** Writes a token in the form that kube-apiserver gives it. */
export function formatContinue({ resourceVersion, namespace, name }: Continuation): string {
  const value = { v: VERSION, rv: resourceVersion, start: `${namespace}/${name}\u0000` };
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** @throws {ApiError} `BadRequest` for anything that is no token */
export function parseContinue(text: string): Continuation {
  const { v, rv, start } = parseToken(text);
  if (v !== VERSION) throw invalid(`server does not recognize this encoded version ${String(v)}`);
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0)
    throw invalid(`incorrect encoded start resourceVersion (version ${VERSION})`);
  if (typeof start !== 'string' || start === '')
    throw invalid(`encoded start key empty (version ${VERSION})`);
  const key = start.startsWith('/') ? start : `/${start}`;
  if (posix.normalize(key) !== key) throw invalid(start);
  const at = start.indexOf('/');
  return {
    resourceVersion: rv,
    namespace: start.slice(0, Math.max(0, at)),
    name: start.slice(at + 1, start.endsWith('\u0000') ? -1 : undefined),
  };
}

function parseToken(text: string): Record<string, unknown> {
  try {
    if (!/^[-_A-Za-z0-9]+$/.test(text)) throw new SyntaxError('not base64');
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // said below
  }
  throw invalid('it cannot be read');
}

function invalid(reason: string): Error {
  return createBadRequest(`invalid continue token: continue key is not valid: ${reason}`);
}
