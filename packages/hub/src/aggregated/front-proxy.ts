import type { X509Certificate } from 'node:crypto';
import type { RequestHeaderConfig } from '@clusternet/apiserver';
import { runReflector } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import { parseJson } from '@clusternet/kube-data';
import { parseCertificates } from '@clusternet/pki';
import { errorText } from '@clusternet/runtime';
import type { Clock, Logger, Random } from '@clusternet/runtime';

/** Whom the parent's kube-apiserver vouches for, as it writes it down for aggregated API servers. */
export interface FrontProxyTrust {
  /** CAs of client certificates. */
  readonly clientCas: readonly X509Certificate[];
  /** `undefined`: nobody may speak for others. */
  readonly requestHeader: RequestHeaderConfig | undefined;
}

export interface FrontProxyDeps {
  readonly client: Pick<KubeClient, 'resource'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** The trust as it is now, followed while `run` runs. */
export interface FrontProxyFollower {
  readonly get: () => FrontProxyTrust;
  /** Whether it has been read. */
  readonly isSynced: () => boolean;
  run(signal: AbortSignal): Promise<void>;
}

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const NAMESPACE = 'kube-system';
const NAME = 'extension-apiserver-authentication';
const NOBODY: FrontProxyTrust = { clientCas: [], requestHeader: undefined };

/**
 * Follows ConfigMap `kube-system/extension-apiserver-authentication`. A version that does not parse is not taken
 * over; when the ConfigMap is gone, nobody is trusted.
 */
export function createFrontProxyFollower(deps: FrontProxyDeps): FrontProxyFollower {
  let trust = NOBODY;
  let isSynced = false;
  const take = (map: ConfigMap | undefined): void => {
    if (map === undefined) {
      trust = NOBODY;
      return;
    }
    try {
      trust = parseTrust(map.data ?? {});
    } catch (error) {
      deps.log.warn('front proxy configuration not usable', { error: errorText(error) });
    }
  };
  const resource = deps.client.resource<ConfigMap>({
    group: '',
    version: 'v1',
    kind: 'ConfigMap',
    plural: 'configmaps',
    namespaced: true,
  });
  return {
    get: () => trust,
    isSynced: () => isSynced,
    run: (signal) =>
      runReflector<ConfigMap>(
        {
          ...deps,
          resource,
          sink: {
            replace: (objects) => take(objects.find(({ metadata }) => metadata.name === NAME)),
            upsert: (object) => take(object),
            remove: () => take(undefined),
          },
        },
        {
          namespace: NAMESPACE,
          fieldSelector: `metadata.name=${NAME}`,
          onSynced: () => {
            isSynced = true;
          },
        },
        signal,
      ),
  };
}

/**
 * Reads the ConfigMap's data.
 * @throws when a certificate or a list does not parse
 */
export function parseTrust(data: Readonly<Record<string, string | undefined>>): FrontProxyTrust {
  const requestCas = parseCertificates(data['requestheader-client-ca-file'] ?? '');
  return {
    clientCas: parseCertificates(data['client-ca-file'] ?? ''),
    requestHeader:
      requestCas.length === 0
        ? undefined
        : {
            cas: requestCas,
            allowedNames: parseNames(data['requestheader-allowed-names'], []),
            usernameHeaders: lower(parseNames(data['requestheader-username-headers'], ['x-remote-user'])),
            uidHeaders: lower(parseNames(data['requestheader-uid-headers'], ['x-remote-uid'])),
            groupHeaders: lower(parseNames(data['requestheader-group-headers'], ['x-remote-group'])),
            extraHeaderPrefixes: lower(
              parseNames(data['requestheader-extra-headers-prefix'], ['x-remote-extra-']),
            ),
          },
  };
}

function parseNames(text: string | undefined, fallback: readonly string[]): readonly string[] {
  if (text === undefined || text === '') return fallback;
  const value = parseJson(text);
  if (!Array.isArray(value)) throw new TypeError(`${JSON.stringify(text)} is not a list of names`);
  return value.map(String);
}

function lower(names: readonly string[]): readonly string[] {
  return names.map((name) => name.toLowerCase());
}
