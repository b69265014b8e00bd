import { NAMES, NAMESPACES } from '@clusternet/api-types';
import { ApiError, isApiError } from '@clusternet/client';
import type { KubeClient, ResourceClient } from '@clusternet/client';
import { isJsonObject } from '@clusternet/kube-data';
import type { JsonValue, KubeObject } from '@clusternet/kube-data';
import type { Secret } from '../parent/resources.ts';

/** A Cluster of Cluster API, as far as it matters here. */
export interface CapiCluster extends KubeObject {
  readonly status?: { readonly phase?: string };
}

/** The management cluster of Cluster API. */
export interface Management {
  /** Tells it from other management clusters: the beginning of the UID of its `kube-system`. */
  readonly id: string;
  readonly clusters: ResourceClient<CapiCluster>;
  readonly resourceSets: ResourceClient;
  readonly secrets: ResourceClient<Secret>;
}

export const CAPI_GROUP = 'cluster.x-k8s.io';
const ADDONS_GROUP = `addons.${CAPI_GROUP}`;
/** The ones that we know, best first. */
const VERSIONS: readonly string[] = ['v1beta2', 'v1beta1', 'v1alpha4'];
const ID_CHARS = 8;

/** Where the Secret is that says which agent joins what. */
export const REGISTRATION_REF: { readonly namespace: string; readonly name: string } = {
  namespace: NAMESPACES.clusterApi,
  name: NAMES.clusterApiSecret,
};

/**
 * Finds out how a management cluster is spoken to.
 * @throws {ApiError} `UNKNOWN_KIND` where Cluster API is not installed, or in a version that is not known
 */
export async function openManagement(client: KubeClient, signal: AbortSignal): Promise<Management> {
  const [clusters, addons] = await Promise.all([
    findVersion(client, CAPI_GROUP, signal),
    findVersion(client, ADDONS_GROUP, signal),
  ]);
  const namespaces = client.resource({
    group: '',
    version: 'v1',
    kind: 'Namespace',
    plural: 'namespaces',
    namespaced: false,
  });
  const { metadata } = await namespaces.get({ name: 'kube-system' }, signal);
  return {
    id: (metadata.uid ?? '').slice(0, ID_CHARS),
    clusters: client.resource<CapiCluster>({
      group: CAPI_GROUP,
      version: clusters,
      kind: 'Cluster',
      plural: 'clusters',
      namespaced: true,
    }),
    resourceSets: client.resource({
      group: ADDONS_GROUP,
      version: addons,
      kind: 'ClusterResourceSet',
      plural: 'clusterresourcesets',
      namespaced: true,
    }),
    secrets: client.resource<Secret>({
      group: '',
      version: 'v1',
      kind: 'Secret',
      plural: 'secrets',
      namespaced: true,
    }),
  };
}

async function findVersion(client: KubeClient, group: string, signal: AbortSignal): Promise<string> {
  const path = `/apis/${group}`;
  const answer = await client
    .rawJson({ method: 'GET', path, what: `discover ${group}` }, signal)
    .catch((error: unknown) => {
      if (isApiError(error, 'NOT_FOUND')) return {};
      throw error;
    });
  const served = isJsonObject(answer) && Array.isArray(answer['versions']) ? answer['versions'] : [];
  const names = served.flatMap((entry: JsonValue) => {
    const name = isJsonObject(entry) ? entry['version'] : undefined;
    return typeof name === 'string' ? [name] : [];
  });
  const version = VERSIONS.find((known) => names.includes(known));
  if (version !== undefined) return version;
  const what = names.length === 0 ? 'nothing' : names.join(', ');
  throw new ApiError(
    'UNKNOWN_KIND',
    `the management cluster serves ${what} of ${group}, and one of ${VERSIONS.join(', ')} is needed: install Cluster API there, with the feature gate ClusterResourceSet`,
  );
}
