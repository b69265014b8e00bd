import { NAMES } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import type { ResourceClient } from '@clusternet/client';
import type { ParentResources } from '../parent/resources.ts';

/**
 * Takes from a child what lets it do anything in the parent. Its objects stay: approved again, it goes on where it
 * was.
 *
 * @param namespace - the dedicated one; undefined when there is none (any more), and then nothing is asked
 */
export async function revoke(
  { clusterRoleBindings, roleBindings }: ParentResources,
  clusterId: string,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (namespace === undefined || namespace === '') return;
  await deleteIfThere(clusterRoleBindings, { name: `${NAMES.objectPrefix}${clusterId}` }, signal);
  await deleteIfThere(roleBindings, { namespace, name: NAMES.managedClusterRole }, signal);
}

/** Deletes what may be gone already. */
export async function deleteIfThere(
  resource: ResourceClient,
  ref: { readonly name: string; readonly namespace?: string },
  signal: AbortSignal,
): Promise<void> {
  try {
    await resource.delete(ref, {}, signal);
  } catch (error) {
    if (!isApiError(error, 'NOT_FOUND')) throw error;
  }
}
