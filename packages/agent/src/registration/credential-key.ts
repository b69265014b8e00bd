import { NAMES } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import { createSealKeys, publicSealKey } from '@clusternet/pki';
import type { SealKeys } from '@clusternet/pki';
import { encodeSecret, readSecret } from '../child.ts';
import type { Child, Secret } from '../child.ts';

const PRIVATE_KEY = 'privateKey';

/**
 * The keys that this cluster's credential is sealed to. The private one is made once, stays in a Secret of the
 * child and never leaves it.
 */
export async function getCredentialKeys(
  child: Child,
  namespace: string,
  signal: AbortSignal,
): Promise<SealKeys> {
  const ref = { namespace, name: NAMES.credentialKeySecret };
  const keys = createSealKeys();
  const wanted: Secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: ref,
    type: 'Opaque',
    data: encodeSecret({ [PRIVATE_KEY]: keys.privateKey }),
  };
  const known = await child.secrets.get(ref, signal).catch((error: unknown) => {
    if (isApiError(error, 'NOT_FOUND')) return undefined;
    throw error;
  });
  const secret = known ?? (await child.secrets.create(wanted, {}, signal));
  const privateKey = readSecret(secret, PRIVATE_KEY) ?? '';
  return { privateKey, publicKey: publicSealKey(privateKey) };
}
