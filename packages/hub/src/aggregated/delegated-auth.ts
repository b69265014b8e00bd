import {
  authenticateAnonymous,
  createBearerAuthenticator,
  createGroupAuthorizer,
  createPathAuthorizer,
  createRequestHeaderAuthenticator,
  createUnionAuthenticator,
  createUnionAuthorizer,
  createX509Authenticator,
} from '@clusternet/apiserver';
import type { Authenticator, Authorizer } from '@clusternet/apiserver';
import type { KubeClient } from '@clusternet/client';
import type { Clock, Logger, Random } from '@clusternet/runtime';
import { createAccessReviewAuthorizer } from './access-review.ts';
import { createFrontProxyFollower } from './front-proxy.ts';
import { createTokenReviewVerifier } from './token-review.ts';

/** Who may do what: a port, so that tests need no parent. */
export interface ApiAuth {
  readonly authenticate: Authenticator;
  readonly authorize: Authorizer;
  /** Whether it knows enough to judge. */
  readonly isReady: () => boolean;
  /** Keeps what it knows up to date. */
  run(signal: AbortSignal): Promise<void>;
}

export interface DelegatedAuthDeps {
  /** Of the parent; needs the right to create token and access reviews. */
  readonly client: Pick<KubeClient, 'rawJson' | 'resource'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const OPEN_PATHS: readonly string[] = [
  '/healthz',
  '/healthz/*',
  '/livez',
  '/livez/*',
  '/readyz',
  '/readyz/*',
];

/**
 * Leaves both questions to the parent. Who: front proxy headers of a peer the parent vouches for, client
 * certificate, bearer token by TokenReview, else anonymous. May: `system:masters`, health checks, else
 * SubjectAccessReview.
 */
export function createDelegatedAuth(deps: DelegatedAuthDeps): ApiAuth {
  const frontProxy = createFrontProxyFollower(deps);
  return {
    authenticate: createUnionAuthenticator([
      createRequestHeaderAuthenticator(deps, () => frontProxy.get().requestHeader),
      createX509Authenticator(deps, () => frontProxy.get().clientCas),
      createBearerAuthenticator(createTokenReviewVerifier(deps)),
      authenticateAnonymous,
    ]),
    authorize: createUnionAuthorizer([
      createPathAuthorizer(OPEN_PATHS),
      createGroupAuthorizer(['system:masters']),
      createAccessReviewAuthorizer(deps),
    ]),
    isReady: () => frontProxy.isSynced(),
    run: (signal) => frontProxy.run(signal),
  };
}
