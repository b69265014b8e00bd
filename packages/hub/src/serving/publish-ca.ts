import { isApiError } from '@clusternet/client';
import type { ResourceClient } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import type { Logger } from '@clusternet/runtime';

/** How kube-apiserver finds, and verifies, what serves a group. */
export interface ApiService extends KubeObject {
  readonly spec?: {
    readonly caBundle?: string;
    readonly insecureSkipTLSVerify?: boolean;
    readonly service?: { readonly namespace?: string; readonly name?: string } | null;
  };
}

/** Those that hubs serve. */
export const API_SERVICES = ['v1alpha1.proxies.clusternet.io', 'v1alpha1.shadow'] as const;

export type CaPlan = 'is-foreign' | 'is-published' | 'is-unverified' | 'publish';

/** Whether an APIService is to be told by which authority the hubs' certificate was issued. */
export function planPublication({ spec }: ApiService, namespace: string, caBundle: string): CaPlan {
  if (spec?.service?.namespace !== namespace || spec.service.name !== 'clusternet-hub') return 'is-foreign';
  // As the Go manifests have it. Whoever wants verification takes it out: a Go hub may serve here again.
  if (spec.insecureSkipTLSVerify === true) return 'is-unverified';
  return spec.caBundle === caBundle ? 'is-published' : 'publish';
}

export interface PublishCaDeps {
  readonly apiServices: ResourceClient<ApiService>;
  readonly namespace: string;
  readonly log: Logger;
}

/** Has kube-apiserver verify hubs by this authority. @returns the APIServices that it was told not to verify */
export async function publishCa(deps: PublishCaDeps, caPem: string, signal: AbortSignal): Promise<string[]> {
  const { apiServices, namespace, log } = deps;
  const caBundle = Buffer.from(caPem).toString('base64');
  const unverified: string[] = [];
  for (const name of API_SERVICES) {
    const found = await apiServices.get({ name }, signal).catch((error: unknown) => {
      if (isApiError(error, 'NOT_FOUND')) return undefined;
      throw error;
    });
    if (found === undefined) continue;
    const plan = planPublication(found, namespace, caBundle);
    if (plan === 'is-unverified') unverified.push(name);
    if (plan !== 'publish') continue;
    await apiServices.patch({ name }, 'merge', { spec: { caBundle } }, {}, signal);
    log.info('authority of hubs published', { apiService: name });
  }
  return unverified;
}
