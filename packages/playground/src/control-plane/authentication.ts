import { X509Certificate } from 'node:crypto';
import {
  authenticateAnonymous,
  createBearerAuthenticator,
  createRequestHeaderAuthenticator,
  createUnionAuthenticator,
  createX509Authenticator,
} from '@clusternet/apiserver';
import type { Authenticator } from '@clusternet/apiserver';
import type { Clock } from '@clusternet/runtime';
import { verifyBootstrapToken } from '../tokens/bootstrap-tokens.ts';
import { verifyServiceAccountToken } from '../tokens/service-account-tokens.ts';
import type { ServiceAccountTokenDeps, VerifiedToken } from '../tokens/service-account-tokens.ts';
import { FRONT_PROXY_NAME } from './certificates.ts';
import type { PlaneCertificates } from './certificates.ts';

/** Checks every kind of token that a control plane knows. */
export function createTokenCheck(
  deps: ServiceAccountTokenDeps,
): (token: string) => Promise<VerifiedToken | undefined> {
  return async (token) => {
    const account = await verifyServiceAccountToken(deps, token);
    if (account !== undefined) return account;
    const user = await verifyBootstrapToken(deps, token);
    return user === undefined ? undefined : { user, audiences: [deps.issuer.issuer] };
  };
}

/** Front proxy, client certificate, token, and nobody at all: in this order. */
export function createPlaneAuthenticator(
  clock: Clock,
  certificates: PlaneCertificates,
  verifyToken: (token: string) => Promise<VerifiedToken | undefined>,
  audience: string,
): Authenticator {
  const clientCas = [new X509Certificate(certificates.ca.certPem)];
  const requestHeader = {
    cas: [new X509Certificate(certificates.requestHeaderCa.certPem)],
    allowedNames: [FRONT_PROXY_NAME],
    usernameHeaders: ['x-remote-user'],
    uidHeaders: ['x-remote-uid'],
    groupHeaders: ['x-remote-group'],
    extraHeaderPrefixes: ['x-remote-extra-'],
  };
  return createUnionAuthenticator([
    createRequestHeaderAuthenticator({ clock }, () => requestHeader),
    createX509Authenticator({ clock }, () => clientCas),
    createBearerAuthenticator(async (token) => {
      const found = await verifyToken(token);
      return found?.audiences.includes(audience) === true ? found.user : undefined;
    }),
    authenticateAnonymous,
  ]);
}
