import { ANNOTATIONS } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import type { Lease } from '@clusternet/controller-kit';
import type { Child } from '../child.ts';
import { AgentError } from '../errors.ts';

/**
 * The identity of this cluster: the annotation `legacy-cluster-id` of the agent's Lease, else the Lease's UID.
 * Where no leader is elected the Lease is made just to have an identity.
 *
 * @throws {AgentError} `NO_CLUSTER_ID`
 */
export async function getClusterId(
  child: Child,
  options: { readonly systemNamespace: string; readonly leaseName: string },
  signal: AbortSignal,
): Promise<string> {
  const { systemNamespace: namespace, leaseName: name } = options;
  const lease = await getOrCreate(child, { namespace, name }, signal);
  const { annotations = {}, uid = '' } = lease.metadata;
  const legacyId = annotations[ANNOTATIONS.legacyClusterId] ?? '';
  const clusterId = legacyId === '' ? uid : legacyId;
  if (clusterId === '') {
    throw new AgentError(
      'NO_CLUSTER_ID',
      `the Lease ${namespace}/${name} has no UID to take the cluster id from`,
    );
  }
  return clusterId;
}

async function getOrCreate(
  child: Child,
  ref: { namespace: string; name: string },
  signal: AbortSignal,
): Promise<Lease> {
  try {
    return await child.leases.get(ref, signal);
  } catch (error) {
    if (!isApiError(error, 'NOT_FOUND')) throw error;
    const lease: Lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: ref };
    return child.leases.create(lease, {}, signal);
  }
}
