import { createHash } from 'node:crypto';
import type { Clock } from '@clusternet/runtime';
import type { AuthorizationAttributes, AuthorizationDecision, Authorizer } from './authorization.ts';
import { createBearerAuthenticator } from './bearer-authenticator.ts';
import type { Authenticator, UserInfo } from './identity.ts';

/** Answers for a while what was answered before; the oldest answer goes when there are too many. */
interface AnswerCache<T> {
  get(key: string): T | undefined;
  set(key: string, value: T, ttlMs: number): void;
}

const MAX_ANSWERS = 4096;

function createAnswerCache<T>(clock: Clock): AnswerCache<T> {
  const answers = new Map<string, { readonly value: T; readonly expiresMs: number }>();
  return {
    get(key) {
      const found = answers.get(key);
      if (found === undefined) return undefined;
      if (found.expiresMs > clock.monotonicMs()) return found.value;
      answers.delete(key);
      return undefined;
    },
    set(key, value, ttlMs) {
      answers.delete(key);
      answers.set(key, { value, expiresMs: clock.monotonicMs() + ttlMs });
      const [oldest] = answers.keys();
      if (answers.size > MAX_ANSWERS && oldest !== undefined) answers.delete(oldest);
    },
  };
}

export interface DelegatedAuthenticationDeps {
  readonly clock: Clock;
  /** Asks the parent's API with a TokenReview. `undefined`: it does not know the token. */
  readonly reviewToken: (token: string, signal: AbortSignal) => Promise<UserInfo | undefined>;
}

export interface DelegatedOptions {
  /** How long a positive answer holds, ms. @default 10000 */
  readonly allowTtlMs?: number;
  /** How long a negative answer holds, ms. @default 10000 for authorization, 0 for authentication */
  readonly denyTtlMs?: number;
}

/** Believes bearer tokens that the parent's API believes. Tokens are kept as hashes only. */
export function createDelegatedAuthenticator(
  deps: DelegatedAuthenticationDeps,
  options: DelegatedOptions = {},
): Authenticator {
  const { allowTtlMs = 10_000, denyTtlMs = 0 } = options;
  const answers = createAnswerCache<{ readonly user: UserInfo | undefined }>(deps.clock);
  return createBearerAuthenticator(async (token, signal) => {
    const key = createHash('sha256').update(token).digest('base64');
    const known = answers.get(key);
    if (known !== undefined) return known.user;
    const user = await deps.reviewToken(token, signal);
    const ttlMs = user === undefined ? denyTtlMs : allowTtlMs;
    if (ttlMs > 0) answers.set(key, { user }, ttlMs);
    return user;
  });
}

export interface DelegatedAuthorizationDeps {
  readonly clock: Clock;
  /** Asks the parent's API with a SubjectAccessReview. */
  readonly reviewAccess: (
    attributes: AuthorizationAttributes,
    signal: AbortSignal,
  ) => Promise<AuthorizationDecision>;
  /** Extras that are nobody's business but this server's: left out of what is asked. @default none */
  readonly hidesExtra?: (key: string) => boolean;
}

/** Allows what the parent's API allows. */
export function createDelegatedAuthorizer(
  deps: DelegatedAuthorizationDeps,
  options: DelegatedOptions = {},
): Authorizer {
  const { allowTtlMs = 10_000, denyTtlMs = 10_000 } = options;
  const { hidesExtra = () => false } = deps;
  const answers = createAnswerCache<AuthorizationDecision>(deps.clock);
  return async (given, signal) => {
    const extra = new Map([...given.user.extra].filter(([key]) => !hidesExtra(key)));
    const attributes = { ...given, user: { ...given.user, extra } };
    const key = JSON.stringify({ ...attributes, user: { ...attributes.user, extra: [...extra].sort() } });
    const known = answers.get(key);
    if (known !== undefined) return known;
    const decision = await deps.reviewAccess(attributes, signal);
    answers.set(key, decision, decision.decision === 'allow' ? allowTtlMs : denyTtlMs);
    return decision;
  };
}

/** The `spec` of a SubjectAccessReview that asks for these attributes. */
export function createAccessReviewSpec(attributes: AuthorizationAttributes): Record<string, unknown> {
  const { user, verb, namespace, group, version, resource, subresource, name, path } = attributes;
  return {
    user: user.name,
    ...(user.uid === undefined || user.uid === '' ? {} : { uid: user.uid }),
    groups: [...user.groups],
    ...(user.extra.size === 0
      ? {}
      : { extra: Object.fromEntries([...user.extra].map(([key, values]) => [key, [...values]])) }),
    ...(attributes.isResourceRequest
      ? { resourceAttributes: { verb, namespace, group, version, resource, subresource, name } }
      : { nonResourceAttributes: { verb, path } }),
  };
}

/** The user that the `status` of a TokenReview tells of; undefined when the token is not believed. */
export function parseTokenReviewStatus(status: unknown): UserInfo | undefined {
  if (!isRecord(status) || status['authenticated'] !== true || !isRecord(status['user'])) return undefined;
  const { username, uid, groups, extra } = status['user'];
  if (typeof username !== 'string' || username === '') return undefined;
  const entries = Object.entries(isRecord(extra) ? extra : {}).map(
    ([key, values]) => [key.toLowerCase(), textsOf(values)] as const,
  );
  return {
    name: username,
    ...(typeof uid === 'string' && uid !== '' ? { uid } : {}),
    groups: textsOf(groups),
    extra: new Map(entries),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
