import { ApiError } from '../errors/api-error.ts';
import { formatGroupResource } from '../errors/status-errors.ts';
import type { UserInfo } from './identity.ts';
import type { RequestInfo } from './request-info.ts';

/** What is asked of an authorizer. */
export interface AuthorizationAttributes {
  readonly user: UserInfo;
  readonly verb: string;
  readonly isResourceRequest: boolean;
  readonly namespace: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  readonly path: string;
}

export interface AuthorizationDecision {
  readonly decision: 'allow' | 'deny' | 'no-opinion';
  readonly reason?: string;
}

/** Tells whether a request may be made. */
export type Authorizer = (
  attributes: AuthorizationAttributes,
  signal: AbortSignal,
) => Promise<AuthorizationDecision>;

/** Reads the attributes of a request. */
export function createAttributes(user: UserInfo, info: RequestInfo): AuthorizationAttributes {
  const { verb, isResourceRequest, namespace, group, version, resource, subresource, name, path } = info;
  return { user, verb, isResourceRequest, namespace, group, version, resource, subresource, name, path };
}

/** Asks authorizers in order; the first that allows or denies decides. */
export function createUnionAuthorizer(authorizers: readonly Authorizer[]): Authorizer {
  return async (attributes, signal) => {
    const reasons: string[] = [];
    for (const authorize of authorizers) {
      const result = await authorize(attributes, signal);
      if (result.decision !== 'no-opinion') return result;
      if (result.reason !== undefined && result.reason !== '') reasons.push(result.reason);
    }
    return { decision: 'no-opinion', reason: reasons.join('\n') };
  };
}

/** Allows whoever is in one of `groups`: `system:masters` for a control plane. */
export function createGroupAuthorizer(groups: readonly string[]): Authorizer {
  return ({ user }) =>
    Promise.resolve({
      decision: user.groups.some((group) => groups.includes(group)) ? 'allow' : 'no-opinion',
    });
}

/** Allows some paths to everybody, health checks usually. A trailing `*` stands for any rest. */
export function createPathAuthorizer(paths: readonly string[]): Authorizer {
  return ({ isResourceRequest, path }) =>
    Promise.resolve({
      decision:
        !isResourceRequest &&
        paths.some((item) => (item.endsWith('*') ? path.startsWith(item.slice(0, -1)) : path === item))
          ? 'allow'
          : 'no-opinion',
    });
}

/** The 403 in kube-apiserver's words. */
export function createForbidden(attributes: AuthorizationAttributes, reason: string): ApiError {
  const user = JSON.stringify(attributes.user.name);
  const tail = reason === '' ? '' : `: ${reason}`;
  if (!attributes.isResourceRequest) {
    const message = `User ${user} cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}`;
    return new ApiError('Forbidden', `forbidden: ${message}${tail}`, {});
  }
  const { group, resource, subresource, namespace, name, verb } = attributes;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const scope = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const what = `User ${user} cannot ${verb} resource ${JSON.stringify(full)} in API group ${JSON.stringify(group)} ${scope}`;
  const qualified = formatGroupResource({ group, resource });
  const subject =
    name === '' ? `${qualified} is forbidden` : `${qualified} ${JSON.stringify(name)} is forbidden`;
  return new ApiError('Forbidden', `${subject}: ${what}${tail}`, {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    kind: resource,
  });
}

/**
 * Lets a request pass or not.
 * @throws {ApiError} `Forbidden`
 */
export async function assertAuthorized(
  authorize: Authorizer,
  attributes: AuthorizationAttributes,
  signal: AbortSignal,
): Promise<void> {
  const { decision, reason = '' } = await authorize(attributes, signal);
  if (decision !== 'allow') throw createForbidden(attributes, reason);
}
