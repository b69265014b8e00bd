import { createHash } from 'node:crypto';
import type { TokenVerifier, UserInfo } from '@clusternet/apiserver';
import type { KubeClient } from '@clusternet/client';
import type { JsonObject } from '@clusternet/kube-data';
import { withTimeout } from '@clusternet/runtime';
import type { Clock } from '@clusternet/runtime';
import { createExpiringCache } from './expiring-cache.ts';

export interface ReviewDeps {
  readonly client: Pick<KubeClient, 'rawJson'>;
  readonly clock: Clock;
}

/** How long an answer of the parent holds. */
export const REVIEW_TTL_MS = 10_000;
const MAX_ENTRIES = 4096;
const TIMEOUT_MS = 10_000;

/**
 * Asks the parent whose a bearer token is. Answers, good and bad, hold for 10 s; the token itself is not kept.
 */
export function createTokenReviewVerifier(deps: ReviewDeps): TokenVerifier {
  const cache = createExpiringCache<UserInfo | undefined>(deps.clock, {
    ttlMs: REVIEW_TTL_MS,
    maxEntries: MAX_ENTRIES,
  });
  return (token) =>
    cache.get(createHash('sha256').update(token).digest('base64'), () => reviewToken(deps, token));
}

async function reviewToken(deps: ReviewDeps, token: string): Promise<UserInfo | undefined> {
  const answer = await withTimeout(TIMEOUT_MS, undefined, 'the token review', (signal) =>
    deps.client.rawJson(
      {
        method: 'POST',
        path: '/apis/authentication.k8s.io/v1/tokenreviews',
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } },
        what: 'review a token',
      },
      signal,
    ),
  );
  const status = ((answer as JsonObject | null)?.['status'] ?? {}) as unknown as TokenReviewStatus;
  if (status.authenticated !== true || typeof status.user?.username !== 'string') return undefined;
  const { username, uid, groups, extra } = status.user;
  return {
    name: username,
    ...(uid === undefined ? {} : { uid }),
    groups: groups ?? [],
    extra: new Map(Object.entries(extra ?? {}).map(([key, values]) => [key.toLowerCase(), values])),
  };
}

interface TokenReviewStatus {
  readonly authenticated?: boolean;
  readonly user?: {
    readonly username?: string;
    readonly uid?: string;
    readonly groups?: readonly string[];
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
}
