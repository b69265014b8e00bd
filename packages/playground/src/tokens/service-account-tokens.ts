import type { UserInfo } from '@clusternet/apiserver';
import { isJsonObject } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import type { Clock, Random } from '@clusternet/runtime';
import { objectAt, textAt, textsAt } from '../built-in/fields.ts';
import type { LocalApi } from '../control-plane/local-api.ts';
import type { TokenIssuer } from './token-issuer.ts';

export interface ServiceAccountTokenDeps {
  readonly api: LocalApi;
  readonly issuer: TokenIssuer;
  readonly clock: Clock;
  readonly random: Random;
}

/** What a token is good for. */
export interface TokenGrant {
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  /** An object that the token dies with. */
  readonly boundTo?: {
    readonly kind: 'Node' | 'Pod' | 'Secret';
    readonly name: string;
    readonly uid: string;
  };
}

/** Who presented a token, and for whom it was made. */
export interface VerifiedToken {
  readonly user: UserInfo;
  readonly audiences: readonly string[];
}

const LEGACY_ISSUER = 'kubernetes/serviceaccount';
const PREFIX = 'kubernetes.io/serviceaccount/';

/** Makes a token of limited life for a service account. */
export function issueToken(
  deps: ServiceAccountTokenDeps,
  account: KubeObject,
  grant: TokenGrant,
): { token: string; expiresAt: string } {
  const nowSeconds = Math.floor(deps.clock.nowMs() / 1000);
  const { namespace = '', name = '', uid = '' } = account.metadata;
  const expires = nowSeconds + grant.expirationSeconds;
  const bound = grant.boundTo;
  const token = deps.issuer.sign({
    aud: [...grant.audiences],
    exp: expires,
    iat: nowSeconds,
    nbf: nowSeconds,
    iss: deps.issuer.issuer,
    jti: deps.random.uuid(),
    sub: `system:serviceaccount:${namespace}:${name}`,
    'kubernetes.io': {
      namespace,
      serviceaccount: { name, uid },
      ...(bound === undefined ? {} : { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } }),
    },
  });
  return { token, expiresAt: `${new Date(expires * 1000).toISOString().slice(0, 19)}Z` };
}

/** Makes the token that a Secret of type `kubernetes.io/service-account-token` holds: it lives as long as the Secret. */
export function issueSecretToken(
  deps: ServiceAccountTokenDeps,
  account: KubeObject,
  secretName: string,
): string {
  const { namespace = '', name = '', uid = '' } = account.metadata;
  return deps.issuer.sign({
    iss: LEGACY_ISSUER,
    [`${PREFIX}namespace`]: namespace,
    [`${PREFIX}secret.name`]: secretName,
    [`${PREFIX}service-account.name`]: name,
    [`${PREFIX}service-account.uid`]: uid,
    sub: `system:serviceaccount:${namespace}:${name}`,
  });
}

/** Tells whose token it is; undefined when it is not one of ours, has expired or its account is gone. */
export async function verifyServiceAccountToken(
  deps: ServiceAccountTokenDeps,
  token: string,
): Promise<VerifiedToken | undefined> {
  const claims = deps.issuer.verify(token);
  if (claims === undefined) return undefined;
  return claims['iss'] === LEGACY_ISSUER ? verifyLegacy(deps, claims, token) : verifyBound(deps, claims);
}

async function verifyLegacy(
  deps: ServiceAccountTokenDeps,
  claims: JsonObject,
  token: string,
): Promise<VerifiedToken | undefined> {
  const namespace = textAt(claims, `${PREFIX}namespace`);
  const secret = await read(deps.api, 'secrets', namespace, textAt(claims, `${PREFIX}secret.name`));
  const kept = Buffer.from(textAt(objectAt(secret, 'data'), 'token'), 'base64').toString('utf8');
  if (secret === undefined || secret.metadata.deletionTimestamp !== undefined || kept !== token)
    return undefined;
  const account = await readAccount(
    deps.api,
    namespace,
    textAt(claims, `${PREFIX}service-account.name`),
    textAt(claims, `${PREFIX}service-account.uid`),
  );
  return account === undefined
    ? undefined
    : { user: createUser(account, new Map()), audiences: [deps.issuer.issuer] };
}

async function verifyBound(
  deps: ServiceAccountTokenDeps,
  claims: JsonObject,
): Promise<VerifiedToken | undefined> {
  const nowSeconds = deps.clock.nowMs() / 1000;
  const [expires, from] = [claims['exp'], claims['nbf']];
  if (typeof expires !== 'number' || expires < nowSeconds) return undefined;
  if (typeof from === 'number' && from > nowSeconds + 10) return undefined;
  const own = objectAt(claims, 'kubernetes.io');
  const namespace = textAt(own, 'namespace');
  const reference = objectAt(own, 'serviceaccount');
  const account = await readAccount(deps.api, namespace, textAt(reference, 'name'), textAt(reference, 'uid'));
  if (account === undefined) return undefined;
  const extra = new Map<string, readonly string[]>([
    ['authentication.kubernetes.io/credential-id', [`JTI=${textAt(claims, 'jti')}`]],
  ]);
  for (const [kind, resource] of [
    ['pod', 'pods'],
    ['secret', 'secrets'],
    ['node', 'nodes'],
  ] as const) {
    const bound = own?.[kind];
    if (!isJsonObject(bound)) continue;
    const object = await read(deps.api, resource, kind === 'node' ? '' : namespace, textAt(bound, 'name'));
    if (object?.metadata.uid !== textAt(bound, 'uid')) return undefined;
    if (kind === 'secret') continue;
    extra.set(`authentication.kubernetes.io/${kind}-name`, [textAt(bound, 'name')]);
    extra.set(`authentication.kubernetes.io/${kind}-uid`, [textAt(bound, 'uid')]);
  }
  return { user: createUser(account, extra), audiences: textsAt(claims, 'aud') };
}

async function read(
  api: LocalApi,
  resource: string,
  namespace: string,
  name: string,
): Promise<KubeObject | undefined> {
  try {
    return await api.of('', resource).get(namespace, name);
  } catch {
    return undefined; // gone, and with it the token
  }
}

async function readAccount(
  api: LocalApi,
  namespace: string,
  name: string,
  uid: string,
): Promise<KubeObject | undefined> {
  const account = await read(api, 'serviceaccounts', namespace, name);
  return account?.metadata.uid === uid && account.metadata.deletionTimestamp === undefined
    ? account
    : undefined;
}

function createUser(account: KubeObject, extra: UserInfo['extra']): UserInfo {
  const { namespace = '', name = '', uid = '' } = account.metadata;
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    extra,
  };
}
