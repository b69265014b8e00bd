import { NAMES, NAMESPACES, SECRET_KEYS } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import { errorText, withTimeout } from '@clusternet/runtime';
import type { Logger } from '@clusternet/runtime';

/** An address of hubs themselves, as the parent tells it. */
export interface HubAddress {
  /** `https://host[:port][/prefix]` */
  readonly url: string;
  /** PEM of the authority that vouches for it. @default the system's */
  readonly caPem?: string;
}

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const TIMEOUT_MS = 5000;

/**
 * Looks up where hubs can be reached directly.
 *
 * @returns undefined where there is no such address, or none that can be used; why is in the log
 */
export async function readHubAddress(
  parent: KubeClient,
  log: Logger,
  signal: AbortSignal,
): Promise<HubAddress | undefined> {
  const configMaps = parent.resource<ConfigMap>({
    group: '',
    version: 'v1',
    kind: 'ConfigMap',
    plural: 'configmaps',
    namespaced: true,
  });
  const ref = { namespace: NAMESPACES.system, name: NAMES.hubAddressConfigMap };
  try {
    const { data } = await withTimeout(TIMEOUT_MS, signal, 'reading the address of hubs', (inner) =>
      configMaps.get(ref, inner),
    );
    const address = parseHubAddress(data);
    if (address === undefined)
      log.warn('address of hubs not used: it is not https://host[:port]', { configMap: ref.name });
    return address;
  } catch (error) {
    // A parent without one, and one whose roles are those of a Go hub.
    if (!isApiError(error, 'NOT_FOUND', 'FORBIDDEN') && !signal.aborted)
      log.info('address of hubs not read', { error: errorText(error) });
    return undefined;
  }
}

/** @returns undefined for what is no address that can be verified */
export function parseHubAddress(data: Readonly<Record<string, string>> = {}): HubAddress | undefined {
  const url = data[NAMES.hubAddressKey] ?? '';
  const caPem = data[SECRET_KEYS.caCert] ?? '';
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:') return undefined;
  return caPem === '' ? { url } : { url, caPem };
}
