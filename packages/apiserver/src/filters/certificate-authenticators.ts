import type { X509Certificate } from 'node:crypto';
import type { Clock } from '@clusternet/runtime';
import { createUnauthorized } from '../errors/status-errors.ts';
import { getHeader } from '../server/header-map.ts';
import type { HeaderMap } from '../server/header-map.ts';
import { getSubjectValues, isChainTrusted } from '../server/peer-certificates.ts';
import type { PeerCertificates } from '../server/peer-certificates.ts';
import { withAuthenticatedGroup } from './identity.ts';
import type { Authenticator, UserInfo } from './identity.ts';

/** What the front proxy sends, and who may be it; what `extension-apiserver-authentication` holds. */
export interface RequestHeaderConfig {
  /** CAs of front proxies. None: nobody is one. */
  readonly cas: readonly X509Certificate[];
  /** Common names of front proxies. Empty: any name that the CA signed. */
  readonly allowedNames: readonly string[];
  /** In lower case. */
  readonly usernameHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
}

export interface CertificateAuthenticatorDeps {
  readonly clock: Clock;
}

/**
 * Believes `X-Remote-*` headers of a peer whose certificate chains to the requestheader CA and whose name is
 * allowed; of nobody else.
 *
 * @param getConfig - asked for each request, so that a rotated CA counts at once
 */
export function createRequestHeaderAuthenticator(
  deps: CertificateAuthenticatorDeps,
  getConfig: () => RequestHeaderConfig | undefined,
): Authenticator {
  return ({ headers, peer }) => {
    const config = getConfig();
    const name = firstHeader(headers, config?.usernameHeaders ?? []);
    if (config === undefined || name === undefined || peer === undefined) return Promise.resolve(undefined);
    if (!isChainTrusted(peer, config.cas, deps.clock.nowMs())) return Promise.resolve(undefined);
    const [commonName = ''] = getSubjectValues(peer.leaf, 'CN');
    if (config.allowedNames.length > 0 && !config.allowedNames.includes(commonName)) {
      return Promise.reject(createUnauthorized());
    }
    const uid = firstHeader(headers, config.uidHeaders);
    const { extra, names } = readExtras(headers, config.extraHeaderPrefixes);
    const user: UserInfo = {
      name,
      ...(uid === undefined ? {} : { uid }),
      groups: config.groupHeaders.flatMap((header) => splitHeader(headers, header)),
      extra,
    };
    const consumedHeaders = [
      ...config.usernameHeaders,
      ...config.uidHeaders,
      ...config.groupHeaders,
      ...names,
    ];
    // kube-apiserver itself comes without groups, as when it asks for OpenAPI documents.
    return Promise.resolve({
      user: withAuthenticatedGroup(user),
      method: 'request-header' as const,
      consumedHeaders,
    });
  };
}

function firstHeader(headers: HeaderMap, names: readonly string[]): string | undefined {
  for (const name of names) {
    const first = getHeader(headers, name.toLowerCase());
    if (first !== undefined) return first;
  }
  return undefined;
}

function splitHeader(headers: HeaderMap, name: string): string[] {
  return (headers.get(name.toLowerCase()) ?? []).filter((item) => item !== '');
}

/** Reads `<prefix><key>: value` headers. Keys are percent-decoded and in lower case. */
export function readExtras(
  headers: HeaderMap,
  prefixes: readonly string[],
): { extra: Map<string, readonly string[]>; names: string[] } {
  const extra = new Map<string, readonly string[]>();
  const names: string[] = [];
  for (const header of headers.keys()) {
    const prefix = prefixes.find((candidate) => header.startsWith(candidate.toLowerCase()));
    if (prefix === undefined) continue;
    names.push(header);
    const key = decodeKey(header.slice(prefix.length)).toLowerCase();
    extra.set(key, [...(extra.get(key) ?? []), ...splitHeader(headers, header)]);
  }
  return { extra, names };
}

function decodeKey(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // Kubernetes keeps a key that does not decode
  }
}

/** Believes client certificates that chain to one of the client CAs: CN is the user, O the groups. */
export function createX509Authenticator(
  deps: CertificateAuthenticatorDeps,
  getCas: () => readonly X509Certificate[],
): Authenticator {
  // Who a connection's certificate names does not change; whether it is trusted is asked each time.
  const users = new WeakMap<PeerCertificates, UserInfo | null>();
  return ({ peer }) => {
    if (peer === undefined || !isChainTrusted(peer, getCas(), deps.clock.nowMs())) {
      return Promise.resolve(undefined);
    }
    let user = users.get(peer);
    if (user === undefined) {
      user = readUser(peer) ?? null;
      users.set(peer, user);
    }
    return Promise.resolve(user === null ? undefined : { user, method: 'x509' as const });
  };
}

function readUser({ leaf }: PeerCertificates): UserInfo | undefined {
  const [name] = getSubjectValues(leaf, 'CN');
  if (name === undefined) return undefined;
  const fingerprint = leaf.fingerprint256.replaceAll(':', '').toLowerCase();
  return withAuthenticatedGroup({
    name,
    groups: getSubjectValues(leaf, 'O'),
    extra: new Map([['authentication.kubernetes.io/credential-id', [`X509SHA256=${fingerprint}`]]]),
  });
}
