import { isApiError } from '@clusternet/client';
import type { ResourceClient } from '@clusternet/client';
import { createCa } from '@clusternet/pki';
import type { CertificatePair } from '@clusternet/pki';
import { errorText, retry } from '@clusternet/runtime';
import type { Clock, Logger, Random } from '@clusternet/runtime';
import type { Secret } from '../parent/resources.ts';

/** The Secret by which the hubs of one installation know each other. */
export const PEER_SECRET = 'clusternet-hub-peers';

/** What is in it. */
export interface PeerTrust {
  /** Vouches for the certificates that hubs show each other. */
  readonly ca: CertificatePair;
  /** 64 hexadecimal digits; shown to verified hubs only. */
  readonly token: string;
}

export interface PeerSecretDeps {
  readonly secrets: ResourceClient<Secret>;
  readonly namespace: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/**
 * Reads the Secret, or creates it: whoever comes first decides. Tries until it is there.
 * @throws what reading it brought last, once `signal` has aborted
 */
export function getPeerTrust(deps: PeerSecretDeps, signal: AbortSignal): Promise<PeerTrust> {
  return retry(
    deps,
    (inner) => readOrCreate(deps, inner),
    {
      maxMs: 15_000,
      onRetry: (error) => deps.log.warn('peers are not known yet', { error: errorText(error) }),
    },
    signal,
  );
}

async function readOrCreate(deps: PeerSecretDeps, signal: AbortSignal): Promise<PeerTrust> {
  const { secrets, namespace, random, log } = deps;
  const ref = { namespace, name: PEER_SECRET };
  const found = await secrets.get(ref, signal).catch((error: unknown) => {
    if (isApiError(error, 'NOT_FOUND')) return undefined;
    throw error;
  });
  if (found !== undefined) return parsePeerTrust(found);
  const ca = await createCa({ commonName: 'clusternet-hub-peers' });
  const token = Buffer.from(random.bytes(32)).toString('hex');
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  const secret: Secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: ref,
    type: 'Opaque',
    data: { 'ca.crt': encode(ca.certPem), 'ca.key': encode(ca.keyPem), token: encode(token) },
  };
  try {
    await secrets.create(secret, {}, signal);
    log.info('secret of hub peers created', { secret: `${namespace}/${PEER_SECRET}` });
    return { ca, token };
  } catch (error) {
    if (!isApiError(error, 'ALREADY_EXISTS')) throw error;
    return parsePeerTrust(await secrets.get(ref, signal)); // another hub was faster
  }
}

function parsePeerTrust(secret: Secret): PeerTrust {
  const decode = (key: string): string => Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8');
  const [certPem, keyPem, token] = [decode('ca.crt'), decode('ca.key'), decode('token').trim()];
  if (!certPem.includes('BEGIN CERTIFICATE') || !keyPem.includes('PRIVATE KEY') || token.length < 32) {
    const { namespace = '', name = '' } = secret.metadata;
    throw new Error(
      `Secret ${namespace}/${name} lacks ca.crt, ca.key or a token of 32 characters; delete it and restart the hubs`,
    );
  }
  return { ca: { certPem, keyPem }, token };
}
