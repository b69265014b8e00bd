import { createServiceUnavailable } from '@clusternet/apiserver';
import type { AuthorizationAttributes, AuthorizationDecision, Authorizer } from '@clusternet/apiserver';
import { stringifyJson } from '@clusternet/kube-data';
import type { JsonObject, JsonValue } from '@clusternet/kube-data';
import { errorText, withTimeout } from '@clusternet/runtime';
import { createExpiringCache } from './expiring-cache.ts';
import { REVIEW_TTL_MS } from './token-review.ts';
import type { ReviewDeps } from './token-review.ts';

const MAX_ENTRIES = 8192;
const TIMEOUT_MS = 10_000;
/** Extras that carry credentials of a child. */
const CHILD_EXTRA = 'clusternet-';

/**
 * Asks the parent whether a request may be made. Answers hold for 10 s. What a caller sends along for a child
 * (`clusternet-*` extras) is left out: it is a secret, and the parent's webhooks and audit log would see it.
 *
 * @throws {ApiError} `ServiceUnavailable` when the parent does not answer
 */
export function createAccessReviewAuthorizer(deps: ReviewDeps): Authorizer {
  const cache = createExpiringCache<AuthorizationDecision>(deps.clock, {
    ttlMs: REVIEW_TTL_MS,
    maxEntries: MAX_ENTRIES,
  });
  return (attributes) => {
    const spec = createReviewSpec(attributes);
    return cache.get(stringifyJson(spec), () => reviewAccess(deps, spec));
  };
}

/** The spec of the SubjectAccessReview for a request. */
export function createReviewSpec(attributes: AuthorizationAttributes): JsonObject {
  const { user, verb, namespace, group, version, resource, subresource, path } = attributes;
  const extra = [...user.extra].filter(([key]) => !key.startsWith(CHILD_EXTRA));
  const subject: JsonObject = {
    user: user.name,
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    groups: [...user.groups],
    ...(extra.length === 0
      ? {}
      : { extra: Object.fromEntries(extra.map(([key, values]): [string, JsonValue] => [key, [...values]])) }),
  };
  if (!attributes.isResourceRequest) return { ...subject, nonResourceAttributes: { path, verb } };
  // Impersonating such an extra names its value, which is the secret again: ask for the right to any value.
  const isChildExtra = resource === 'userextras' && subresource.startsWith(CHILD_EXTRA);
  const name = isChildExtra ? '' : attributes.name;
  return { ...subject, resourceAttributes: { namespace, verb, group, version, resource, subresource, name } };
}

async function reviewAccess(deps: ReviewDeps, spec: JsonObject): Promise<AuthorizationDecision> {
  let answer: JsonValue;
  try {
    answer = await withTimeout(TIMEOUT_MS, undefined, 'the access review', (signal) =>
      deps.client.rawJson(
        {
          method: 'POST',
          path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
          body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec },
          what: 'review access',
        },
        signal,
      ),
    );
  } catch (error) {
    throw createServiceUnavailable(`the parent could not be asked for access: ${errorText(error)}`);
  }
  const status = ((answer as JsonObject | null)?.['status'] ?? {}) as JsonObject;
  const reason = typeof status['reason'] === 'string' ? status['reason'] : '';
  if (status['allowed'] === true) return { decision: 'allow', reason };
  return { decision: status['denied'] === true ? 'deny' : 'no-opinion', reason };
}
