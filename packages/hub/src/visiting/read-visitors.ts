import { parseVisitorGrant, SECRET_KEYS } from '@clusternet/api-types';
import type { Secret } from '../parent/resources.ts';
import type { Visitors } from './plan-visitor.ts';

const known = new WeakMap<Secret, Visitors | null>();

/** What a child opted in to, from the Secret that its agent keeps; undefined for nothing, or for what does not parse. */
export function readVisitors(secret: Secret): Visitors | undefined {
  let visitors = known.get(secret);
  if (visitors === undefined) {
    visitors = parse(secret) ?? null;
    known.set(secret, visitors);
  }
  return visitors ?? undefined;
}

function parse({ data = {} }: Secret): Visitors | undefined {
  const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString('utf8');
  const token = text(SECRET_KEYS.token);
  const grant = parseVisitorGrant(text('grant'));
  // A token goes into a header: what cannot be one is none.
  return grant === undefined || !/^[\x21-\x7e]+$/.test(token) ? undefined : { token, grant };
}
