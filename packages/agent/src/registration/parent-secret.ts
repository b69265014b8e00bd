import {
  ANNOTATIONS,
  LABELS,
  LABEL_VALUES,
  NAMES,
  readFormerNamespaces,
  SECRET_KEYS,
} from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import type { Child, Secret } from '../child.ts';
import { encodeSecret, readSecret } from '../child.ts';

/** What lets this cluster speak to its parent as itself. */
export interface ParentCredential {
  readonly token: string;
  /** PEM. */
  readonly caPem: string;
  /** The dedicated namespace. */
  readonly namespace: string;
  readonly parentUrl: string;
  /** Those it had before, oldest first. */
  readonly formerNamespaces: readonly string[];
}

export interface ParentSecretIdentity {
  readonly clusterId: string;
  readonly clusterName: string;
}

/** Reads the Secret `parent-cluster`. @returns undefined when it is absent, incomplete or of another parent */
export async function getParentCredential(
  child: Child,
  systemNamespace: string,
  parentUrl: string,
  signal: AbortSignal,
): Promise<ParentCredential | undefined> {
  let secret: Secret;
  try {
    secret = await child.secrets.get({ namespace: systemNamespace, name: NAMES.parentClusterSecret }, signal);
  } catch (error) {
    if (isApiError(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
  const token = readSecret(secret, SECRET_KEYS.token);
  const caPem = readSecret(secret, SECRET_KEYS.caCert);
  const namespace = readSecret(secret, SECRET_KEYS.namespace);
  const isOfParent = readSecret(secret, SECRET_KEYS.apiServerUrl) === parentUrl;
  if (token === undefined || caPem === undefined || namespace === undefined || !isOfParent) return undefined;
  const formerNamespaces = readFormerNamespaces(secret, namespace);
  return { token, caPem, namespace, parentUrl, formerNamespaces };
}

/** Keeps the credential for the next start, in the form that a Go agent reads too. Writes only a change. */
export async function applyParentCredential(
  child: Child,
  systemNamespace: string,
  credential: ParentCredential,
  { clusterId, clusterName }: ParentSecretIdentity,
  signal: AbortSignal,
): Promise<void> {
  const ref = { namespace: systemNamespace, name: NAMES.parentClusterSecret };
  const former = credential.formerNamespaces.join(',');
  const wanted: Secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...ref,
      ...(former === '' ? {} : { annotations: { [ANNOTATIONS.formerNamespaces]: former } }),
      labels: {
        [LABELS.bootstrapping]: LABEL_VALUES.bootstrappingCredentials,
        [LABELS.clusterId]: clusterId,
        [LABELS.clusterName]: clusterName,
      },
    },
    type: 'Opaque',
    data: encodeSecret({
      [SECRET_KEYS.caCert]: credential.caPem,
      [SECRET_KEYS.token]: credential.token,
      [SECRET_KEYS.namespace]: credential.namespace,
      [SECRET_KEYS.apiServerUrl]: credential.parentUrl,
    }),
  };
  try {
    await child.secrets.create(wanted, {}, signal);
  } catch (error) {
    if (!isApiError(error, 'ALREADY_EXISTS')) throw error;
    const { labels, annotations } = wanted.metadata;
    const body = { metadata: { labels, annotations }, data: wanted.data };
    await child.secrets.patch(ref, 'merge', body, {}, signal);
  }
}
