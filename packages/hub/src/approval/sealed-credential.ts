import { ANNOTATIONS } from '@clusternet/api-types';
import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { isPkiError, sealText } from '@clusternet/pki';
import type { ParentResources } from '../parent/resources.ts';

/** How a sealed credential stands on a request: when it runs out is no secret, the rest is. */
interface SealedCredential {
  readonly expires: string;
  readonly box: string;
}

export type CredentialPlan =
  /** The request carries no key: a Go agent, which reads a token from the status. */
  | { readonly kind: 'plain' }
  | { readonly kind: 'fresh'; readonly requeueAfterMs: number; readonly publicKey: string }
  | { readonly kind: 'issue'; readonly publicKey: string };

/** A credential is replaced when a third of its life is left. */
const RENEW_SHARE = 1 / 3;

/** Decides whether a request needs a new sealed credential. */
export function planCredential(
  request: ClusterRegistrationRequest,
  lifetimeMs: number,
  nowMs: number,
): CredentialPlan {
  const { annotations = {} } = request.metadata;
  const publicKey = annotations[ANNOTATIONS.credentialKey];
  if (publicKey === undefined || publicKey === '') return { kind: 'plain' };
  const expiresMs = parseExpiry(annotations[ANNOTATIONS.sealedCredential]);
  const leftMs = expiresMs - lifetimeMs * RENEW_SHARE - nowMs;
  return leftMs > 0 ? { kind: 'fresh', requeueAfterMs: leftMs, publicKey } : { kind: 'issue', publicKey };
}

function parseExpiry(text: string | undefined): number {
  if (text === undefined) return 0;
  try {
    const { expires } = JSON.parse(text) as Partial<SealedCredential>;
    const atMs = Date.parse(expires ?? '');
    return Number.isNaN(atMs) ? 0 : atMs;
  } catch {
    return 0; // written by hand: it is replaced
  }
}

interface TokenRequest {
  readonly token?: string;
  readonly expirationTimestamp?: string;
}

/**
 * Asks the parent for a short-lived token of the child's service account and puts it on the request, sealed.
 * @returns one sentence when the key of the request cannot be used
 */
export async function issueCredential(
  { requests, serviceAccounts }: ParentResources,
  target: {
    readonly requestName: string;
    readonly namespace: string;
    readonly serviceAccount: string;
    readonly publicKey: string;
    readonly lifetimeMs: number;
  },
  signal: AbortSignal,
): Promise<string | undefined> {
  const { requestName, namespace, serviceAccount, publicKey, lifetimeMs } = target;
  const answer = await serviceAccounts.create(
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { name: serviceAccount, namespace },
      spec: { expirationSeconds: Math.ceil(lifetimeMs / 1000) },
    },
    { subresource: 'token' },
    signal,
  );
  const { token = '', expirationTimestamp = '' } = (answer['status'] ?? {}) as TokenRequest;
  let box: string;
  try {
    box = sealText(publicKey, JSON.stringify({ token, expires: expirationTimestamp }));
  } catch (error) {
    if (!isPkiError(error)) throw error;
    return `the annotation ${ANNOTATIONS.credentialKey} of the request cannot be used: ${error.message}`;
  }
  const sealed: SealedCredential = { expires: expirationTimestamp, box };
  const annotations = { [ANNOTATIONS.sealedCredential]: JSON.stringify(sealed) };
  await requests.patch({ name: requestName }, 'merge', { metadata: { annotations } }, {}, signal);
  return undefined;
}
