import { isApiError } from '@clusternet/client';
import type { ObjectRef, ResourceClient } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import type { InventoryEntry } from './inventory.ts';

/** An object as it is in the child. */
export async function getLive(
  resource: ResourceClient,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  try {
    return await resource.get(ref, signal);
  } catch (error) {
    if (isApiError(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/** How requests name an object. */
export function refOf({ namespace, name }: InventoryEntry): ObjectRef {
  return namespace === '' ? { name } : { namespace, name };
}
