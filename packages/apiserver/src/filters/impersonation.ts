import { createBadRequest } from '../errors/status-errors.ts';
import { getHeader } from '../server/header-map.ts';
import type { HeaderMap } from '../server/header-map.ts';
import { assertAuthorized } from './authorization.ts';
import type { AuthorizationAttributes, Authorizer } from './authorization.ts';
import { readExtras } from './certificate-authenticators.ts';
import { ANONYMOUS_USER, AUTHENTICATED_GROUP, UNAUTHENTICATED_GROUP } from './identity.ts';
import type { UserInfo } from './identity.ts';

const USER_HEADER = 'impersonate-user';
const GROUP_HEADER = 'impersonate-group';
const UID_HEADER = 'impersonate-uid';
const EXTRA_PREFIX = 'impersonate-extra-';
const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** Header names that ask for impersonation; handlers do not see them. */
export function isImpersonationHeader(name: string): boolean {
  return (
    name === USER_HEADER || name === GROUP_HEADER || name === UID_HEADER || name.startsWith(EXTRA_PREFIX)
  );
}

/**
 * The user that a request wants to act as, once the caller is allowed to.
 *
 * @returns undefined when the request asks for no impersonation
 * @throws {ApiError} `Forbidden`, or `BadRequest` when groups or extras come without a user
 */
export async function getImpersonatedUser(
  authorize: Authorizer,
  caller: UserInfo,
  headers: HeaderMap,
  signal: AbortSignal,
): Promise<UserInfo | undefined> {
  const name = getHeader(headers, USER_HEADER);
  const groups = (headers.get(GROUP_HEADER) ?? []).filter((group) => group !== '');
  const uid = getHeader(headers, UID_HEADER);
  const { extra } = readExtras(headers, [EXTRA_PREFIX]);
  if (name === undefined) {
    if (groups.length === 0 && extra.size === 0 && uid === undefined) return undefined;
    throw createBadRequest('requested impersonation without impersonating a user');
  }
  const ask = (attributes: Partial<AuthorizationAttributes>): Promise<void> =>
    assertAuthorized(authorize, { ...IMPERSONATE, user: caller, ...attributes }, signal);

  const account = SERVICE_ACCOUNT.exec(name);
  await (account === null
    ? ask({ resource: 'users', name })
    : ask({ resource: 'serviceaccounts', namespace: account[1] ?? '', name: account[2] ?? '' }));
  for (const group of groups) await ask({ resource: 'groups', name: group });
  for (const [key, values] of extra) {
    for (const value of values) {
      await ask({
        group: 'authentication.k8s.io',
        version: 'v1',
        resource: 'userextras',
        subresource: key,
        name: value,
      });
    }
  }
  if (uid !== undefined) {
    await ask({ group: 'authentication.k8s.io', version: 'v1', resource: 'uids', name: uid });
  }
  return {
    name,
    ...(uid === undefined ? {} : { uid }),
    groups: completeGroups(name, account?.[1], groups),
    extra,
  };
}

const IMPERSONATE: Omit<AuthorizationAttributes, 'user'> = {
  verb: 'impersonate',
  isResourceRequest: true,
  namespace: '',
  group: '',
  version: 'v1',
  resource: '',
  subresource: '',
  name: '',
  path: '',
};

function completeGroups(name: string, namespace: string | undefined, groups: readonly string[]): string[] {
  const all = [...groups];
  if (namespace !== undefined && groups.length === 0) {
    all.push('system:serviceaccounts', `system:serviceaccounts:${namespace}`);
  }
  if (name === ANONYMOUS_USER)
    return all.includes(UNAUTHENTICATED_GROUP) ? all : [...all, UNAUTHENTICATED_GROUP];
  return all.includes(AUTHENTICATED_GROUP) || all.includes(UNAUTHENTICATED_GROUP)
    ? all
    : [...all, AUTHENTICATED_GROUP];
}
