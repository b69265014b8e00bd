import type { HeaderMap } from '../server/header-map.ts';
import type { PeerCertificates } from '../server/peer-certificates.ts';

/** Who makes a request. */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  /** Keys in lower case. */
  readonly extra: ReadonlyMap<string, readonly string[]>;
}

/** How a request was authenticated. */
export type AuthenticationMethod = 'anonymous' | 'bearer' | 'request-header' | 'x509';

/** The outcome of authentication. */
export interface Authentication {
  readonly user: UserInfo;
  /** `request-header`: the request came through the front proxy. */
  readonly method: AuthenticationMethod;
  /** Header names that carried the credential and are hidden from handlers. */
  readonly consumedHeaders?: readonly string[];
}

/** What an authenticator may look at. */
export interface AuthenticationInput {
  readonly headers: HeaderMap;
  readonly path: string;
  readonly peer: PeerCertificates | undefined;
}

/**
 * Tells who makes a request. `undefined`: no opinion, the next one is asked.
 * @throws {ApiError} `Unauthorized` for a credential that is of this kind and wrong
 */
export type Authenticator = (
  input: AuthenticationInput,
  signal: AbortSignal,
) => Promise<Authentication | undefined>;

export const ANONYMOUS_USER = 'system:anonymous';
export const UNAUTHENTICATED_GROUP = 'system:unauthenticated';
export const AUTHENTICATED_GROUP = 'system:authenticated';

/** Adds the group that every authenticated user is in. */
export function withAuthenticatedGroup(user: UserInfo): UserInfo {
  if (user.name === ANONYMOUS_USER) return user;
  if (user.groups.includes(AUTHENTICATED_GROUP) || user.groups.includes(UNAUTHENTICATED_GROUP)) return user;
  return { ...user, groups: [...user.groups, AUTHENTICATED_GROUP] };
}

/** Asks authenticators in order; the first with an opinion decides. */
export function createUnionAuthenticator(authenticators: readonly Authenticator[]): Authenticator {
  return async (input, signal) => {
    const failures: unknown[] = [];
    for (const authenticate of authenticators) {
      try {
        const found = await authenticate(input, signal);
        if (found !== undefined) return found;
      } catch (error) {
        failures.push(error); // another method may still know the caller
      }
    }
    if (failures.length > 0) throw failures[0];
    return undefined;
  };
}

/**
 * Takes everybody who has no credential for `system:anonymous`. Goes last. A bearer token that nobody knows is a wrong
 * credential; other schemes, such as the `Basic` of old clients, are none, as for kube-apiserver.
 */
export const authenticateAnonymous: Authenticator = (input) =>
  Promise.resolve(
    input.headers.get('authorization')?.some((value) => /^\s*bearer\s/i.test(value)) !== true
      ? {
          user: { name: ANONYMOUS_USER, groups: [UNAUTHENTICATED_GROUP], extra: new Map() },
          method: 'anonymous' as const,
        }
      : undefined,
  );
