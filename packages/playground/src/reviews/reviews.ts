import { ApiError, createBadRequest, withAuthenticatedGroup } from '@clusternet/apiserver';
import type { AuthorizationAttributes, Authorizer, UserInfo } from '@clusternet/apiserver';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { objectAt, textAt, textsAt } from '../built-in/fields.ts';
import type { Rbac } from '../rbac/rbac-authorizer.ts';
import type { PolicyRule } from '../rbac/rules.ts';
import type { VerifiedToken } from '../tokens/service-account-tokens.ts';
import type { ReviewAnswer } from './review-resource.ts';

export interface ReviewDeps {
  readonly authorize: Authorizer;
  readonly rbac: Rbac;
  readonly verifyToken: (token: string, signal: AbortSignal) => Promise<VerifiedToken | undefined>;
  /** Audiences of this API server. */
  readonly audiences: readonly string[];
}

/** How every review is answered, by resource. */
export function createReviewAnswers(deps: ReviewDeps): ReadonlyMap<string, ReviewAnswer> {
  const decide = async (attributes: AuthorizationAttributes, signal: AbortSignal): Promise<JsonObject> => {
    const { decision, reason } = await deps.authorize(attributes, signal);
    return {
      allowed: decision === 'allow',
      ...(decision === 'deny' ? { denied: true } : {}),
      ...(reason === undefined || reason === '' ? {} : { reason }),
    };
  };
  return new Map<string, ReviewAnswer>([
    ['tokenreviews', (review, _request, signal) => reviewToken(deps, review, signal)],
    ['selfsubjectreviews', (_review, { user }) => Promise.resolve({ userInfo: writeUser(user) })],
    [
      'subjectaccessreviews',
      (review, _request, signal) => decide(readAccess(review, readSubject(review)), signal),
    ],
    [
      'localsubjectaccessreviews',
      (review, { info }, signal) => {
        const attributes = readAccess(review, readSubject(review));
        if (attributes.namespace !== info.namespace) {
          throw createBadRequest('spec.resourceAttributes.namespace must match metadata.namespace');
        }
        return decide(attributes, signal);
      },
    ],
    ['selfsubjectaccessreviews', (review, { user }, signal) => decide(readAccess(review, user), signal)],
    ['selfsubjectrulesreviews', (review, { user }) => Promise.resolve(listRules(deps, review, user))],
  ]);
}

async function reviewToken(deps: ReviewDeps, review: KubeObject, signal: AbortSignal): Promise<JsonObject> {
  const spec = objectAt(review, 'spec');
  const token = textAt(spec, 'token');
  if (token === '') throw createBadRequest('token is required for TokenReview in authentication');
  const asked = textsAt(spec, 'audiences');
  const found = await deps.verifyToken(token, signal);
  const wanted = asked.length === 0 ? deps.audiences : asked;
  const audiences = found?.audiences.filter((audience) => wanted.includes(audience)) ?? [];
  if (found === undefined) return { user: {}, error: '[invalid bearer token, unknown]' };
  if (audiences.length === 0) {
    const list = found.audiences.map((item) => JSON.stringify(item)).join(' ');
    return {
      user: {},
      error: `[invalid bearer token, token audiences [${list}] is invalid for the target audiences]`,
    };
  }
  return { authenticated: true, user: writeUser(withAuthenticatedGroup(found.user)), audiences };
}

function writeUser({ name, uid, groups, extra }: UserInfo): JsonObject {
  return {
    username: name,
    ...(uid === undefined || uid === '' ? {} : { uid }),
    groups: [...groups],
    ...(extra.size === 0
      ? {}
      : { extra: Object.fromEntries([...extra].map(([key, values]) => [key, [...values]])) }),
  };
}

function readSubject(review: KubeObject): UserInfo {
  const spec = objectAt(review, 'spec');
  const extra = Object.keys(objectAt(spec, 'extra') ?? {}).map(
    (key) => [key.toLowerCase(), textsAt(objectAt(spec, 'extra'), key)] as const,
  );
  const [name, groups, uid] = [textAt(spec, 'user'), textsAt(spec, 'groups'), textAt(spec, 'uid')];
  if (name === '' && groups.length === 0) {
    throw new ApiError(
      'Invalid',
      `${review.kind}.authorization.k8s.io "" is invalid: spec.user: Invalid value: "": at least one of user or group must be specified`,
    );
  }
  return { name, ...(uid === '' ? {} : { uid }), groups, extra: new Map(extra) };
}

function readAccess(review: KubeObject, user: UserInfo): AuthorizationAttributes {
  const spec = objectAt(review, 'spec');
  const resource = objectAt(spec, 'resourceAttributes');
  const path = objectAt(spec, 'nonResourceAttributes');
  if ((resource === undefined) === (path === undefined)) {
    throw new ApiError(
      'Invalid',
      `${review.kind}.authorization.k8s.io "" is invalid: spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified`,
    );
  }
  return {
    user,
    verb: textAt(resource ?? path, 'verb'),
    isResourceRequest: resource !== undefined,
    namespace: textAt(resource, 'namespace'),
    group: textAt(resource, 'group'),
    version: textAt(resource, 'version'),
    resource: textAt(resource, 'resource'),
    subresource: textAt(resource, 'subresource'),
    name: textAt(resource, 'name'),
    path: textAt(path, 'path'),
  };
}

function listRules(deps: ReviewDeps, review: KubeObject, user: UserInfo): JsonObject {
  const namespace = textAt(objectAt(review, 'spec'), 'namespace');
  if (namespace === '') throw createBadRequest('no namespace on request');
  const rules: PolicyRule[] = [...deps.rbac.getRules(user, namespace)];
  if (user.groups.includes('system:masters')) {
    rules.push({ verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: [], nonResourceURLs: [] });
    rules.push({ verbs: ['*'], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: ['*'] });
  }
  return {
    incomplete: false,
    resourceRules: rules
      .filter(({ resources }) => resources.length > 0)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs: [...verbs],
        apiGroups: [...apiGroups],
        resources: [...resources],
        ...(resourceNames.length === 0 ? {} : { resourceNames: [...resourceNames] }),
      })),
    nonResourceRules: rules
      .filter(({ nonResourceURLs }) => nonResourceURLs.length > 0)
      .map(({ verbs, nonResourceURLs }) => ({ verbs: [...verbs], nonResourceURLs: [...nonResourceURLs] })),
  };
}
