import type { VisitorGrant } from '@clusternet/api-types';
import { IMPERSONATED_USER } from '@clusternet/api-types';
import type { UserInfo } from '@clusternet/apiserver';

/** What a child opted in to: callers in the grant reach it as themselves. */
export interface Visitors {
  /** Of the child, with the right to impersonate whom the grant names. */
  readonly token: string;
  readonly grant: VisitorGrant;
}

/** Users and groups that mean something in every cluster: those of the parent are not those of a child. */
const RESERVED = 'system:';

/**
 * The identity with which a caller reaches a child that opted in to it.
 *
 * @returns `impersonate-*` headers in lower case; undefined when the caller is to arrive without an identity: one of the
 *   parent's own (`system:…`), one that the child did not name, or the stand-in that carries credentials
 * @see docs/guides/visiting.md, "As yourself"
 */
export function planVisitor(
  { name, groups }: Pick<UserInfo, 'groups' | 'name'>,
  grant: VisitorGrant,
): ReadonlyMap<string, readonly string[]> | undefined {
  if (name === IMPERSONATED_USER || !isGranted(name, grant.users)) return undefined;
  const granted = groups.filter((group) => isGranted(group, grant.groups));
  return new Map([
    ['impersonate-user', [name]],
    ...(granted.length === 0 ? [] : [['impersonate-group', granted] as const]),
  ]);
}

function isGranted(name: string, granted: VisitorGrant['users']): boolean {
  if (name === '' || name.startsWith(RESERVED)) return false;
  return granted === '*' || granted.includes(name);
}
