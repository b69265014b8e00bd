import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { isApiError } from '@clusternet/client';
import type { ResourceClient } from '@clusternet/client';
import { createCa, issueCertificate } from '@clusternet/pki';
import type { CertificatePair } from '@clusternet/pki';
import type { Clock, Logger } from '@clusternet/runtime';
import type { Secret } from '../parent/resources.ts';
import { planRenewal } from './plan-renewal.ts';
import type { ServingSecret } from './plan-renewal.ts';

/** The Secret in which hubs of one installation share the certificate that they serve with. */
export const SERVING_SECRET = 'clusternet-hub-serving';

export interface ServingSecretDeps {
  readonly secrets: ResourceClient<Secret>;
  readonly namespace: string;
  /** DNS name or address at which agents reach hubs, if it is an own one. */
  readonly ownHost?: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The certificate to serve with: what the Secret holds, made or renewed when that is due. Of several hubs the first one to
 * write decides.
 *
 * @throws when the Secret cannot be read or written, or holds something else
 */
export async function provideServing(deps: ServingSecretDeps, signal: AbortSignal): Promise<ServingSecret> {
  const { secrets, namespace, ownHost, clock, log } = deps;
  const ref = { namespace, name: SERVING_SECRET };
  const names = namesOf(namespace);
  if (ownHost !== undefined && !names.includes(ownHost)) names.push(ownHost);
  const found = await secrets.get(ref, signal).catch((error: unknown) => {
    if (isApiError(error, 'NOT_FOUND')) return undefined;
    throw error;
  });
  const held = found === undefined ? undefined : parse(found);
  const renewal = held === undefined ? 'all' : planRenewal(held, names, clock.nowMs());
  if (held !== undefined && renewal === 'none') return held;
  const ca =
    held === undefined || renewal === 'all' ? await createCa({ commonName: 'clusternet-hub' }) : held.ca;
  const serving = await issueCertificate(ca, {
    commonName: names[0],
    usage: 'server',
    dnsNames: names.filter((name) => isIP(name) === 0),
    ipAddresses: [...new Set(['127.0.0.1', '::1', ...names.filter((name) => isIP(name) !== 0)])],
  });
  const secret = format(ref, { ca, serving });
  try {
    if (found === undefined) await secrets.create(secret, {}, signal);
    else {
      const { resourceVersion = '' } = found.metadata;
      await secrets.update({ ...secret, metadata: { ...ref, resourceVersion } }, {}, signal);
    }
    log.info('serving certificate made', { secret: `${namespace}/${SERVING_SECRET}`, renewal });
    return { ca, serving };
  } catch (error) {
    if (!isApiError(error, 'ALREADY_EXISTS', 'CONFLICT')) throw error;
    return parse(await secrets.get(ref, signal)); // another hub was faster
  }
}

function namesOf(namespace: string): [string, ...string[]] {
  const service = `clusternet-hub.${namespace}.svc`;
  return [service, `${service}.cluster.local`, `clusternet-hub.${namespace}`, 'clusternet-hub', 'localhost'];
}

function format(
  metadata: { readonly namespace: string; readonly name: string },
  { ca, serving }: ServingSecret,
): Secret {
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    type: 'kubernetes.io/tls',
    data: {
      'ca.crt': encode(ca.certPem),
      'ca.key': encode(ca.keyPem),
      'tls.crt': encode(serving.certPem),
      'tls.key': encode(serving.keyPem),
    },
  };
}

function parse(secret: Secret): ServingSecret {
  const text = (key: string): string => Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8');
  const pair = (name: string): CertificatePair => ({
    certPem: text(`${name}.crt`),
    keyPem: text(`${name}.key`),
  });
  const held = { ca: pair('ca'), serving: pair('tls') };
  for (const { certPem, keyPem } of [held.ca, held.serving]) {
    if (isPair(certPem, keyPem)) continue;
    const { namespace = '', name = '' } = secret.metadata;
    // What it holds may be somebody's own: it is not overwritten.
    throw new Error(
      `Secret ${namespace}/${name} does not hold ca.crt, ca.key, tls.crt and tls.key that belong together; delete it, or give the hub --tls-cert-file`,
    );
  }
  return held;
}

function isPair(certPem: string, keyPem: string): boolean {
  try {
    return new X509Certificate(certPem).checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    return false;
  }
}
