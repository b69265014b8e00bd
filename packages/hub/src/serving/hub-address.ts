import { NAMES, SECRET_KEYS } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import type { ResourceClient } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import { errorText } from '@clusternet/runtime';
import type { Clock, Logger, Run } from '@clusternet/runtime';

/** Where agents reach hubs without kube-apiserver in between. */
export interface HubAddress {
  /** `https://host[:port][/prefix]` */
  readonly url: string;
  /** PEM of the authority of what serves there. @default that of the hubs' own certificate, else the system's */
  readonly caPem?: string | undefined;
}

/** Its DNS name or address, IPv6 without brackets. */
export function hostOf({ url }: HubAddress): string {
  return new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
}

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export interface HubAddressDeps {
  readonly configMaps: ResourceClient<ConfigMap>;
  readonly namespace: string;
  readonly log: Logger;
}

/** Tells agents. A failure is logged: the way through kube-apiserver is still there. */
export type PublishHubAddress = (ownCaPem: string | undefined, signal: AbortSignal) => Promise<void>;

/** How often is looked whether agents are still told, ms. */
const LOOK_MS = 60_000;

/** Creates what keeps ConfigMap `clusternet-hub-address` as it has to be. */
export function createHubAddressPublisher(deps: HubAddressDeps, address: HubAddress): PublishHubAddress {
  return async (ownCaPem, signal) => {
    const caPem = address.caPem ?? ownCaPem;
    const data = {
      [NAMES.hubAddressKey]: address.url,
      ...(caPem === undefined ? {} : { [SECRET_KEYS.caCert]: caPem }),
    };
    try {
      await write(deps, data, signal);
    } catch (error) {
      if (!signal.aborted) deps.log.warn('address of hubs not published', { error: errorText(error) });
    }
  };
}

/** Keeps it published where the certificate is not of the hubs' own making. */
export function createHubAddressRun(publish: PublishHubAddress, clock: Clock): Run {
  return async (signal) => {
    do await publish(undefined, signal);
    while (await clock.sleep(LOOK_MS, signal));
  };
}

async function write(
  { configMaps, namespace, log }: HubAddressDeps,
  data: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const ref = { namespace, name: NAMES.hubAddressConfigMap };
  const found = await configMaps.get(ref, signal).catch((error: unknown) => {
    if (isApiError(error, 'NOT_FOUND')) return undefined;
    throw error;
  });
  if (found !== undefined && isSame(found.data ?? {}, data)) return;
  const configMap: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: ref, data };
  try {
    if (found === undefined) await configMaps.create(configMap, {}, signal);
    else await configMaps.update({ ...found, data }, {}, signal);
    log.info('address of hubs published', { address: data[NAMES.hubAddressKey] });
  } catch (error) {
    // Another hub was faster; should it tell something else, the next look shows.
    if (!isApiError(error, 'ALREADY_EXISTS', 'CONFLICT')) throw error;
  }
}

function isSame(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every((key) => one[key] === other[key]);
}
