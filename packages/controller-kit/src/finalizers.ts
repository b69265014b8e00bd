import { isApiError } from '@clusternet/client';
import type { ResourceClient } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';

/** Whether the object carries the finalizer. */
export function hasFinalizer(object: KubeObject, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) ?? false;
}

/** Puts the finalizer on, if it is not there. Fails on a conflict, so that nobody's change is lost. */
export async function addFinalizer<T extends KubeObject>(
  resource: ResourceClient<T>,
  object: T,
  finalizer: string,
  signal: AbortSignal,
): Promise<T> {
  if (hasFinalizer(object, finalizer)) return object;
  return patchFinalizers(resource, object, [...(object.metadata.finalizers ?? []), finalizer], signal);
}

/** Takes the finalizer off, if it is there. An object that is gone already is fine. */
export async function removeFinalizer<T extends KubeObject>(
  resource: ResourceClient<T>,
  object: T,
  finalizer: string,
  signal: AbortSignal,
): Promise<void> {
  if (!hasFinalizer(object, finalizer)) return;
  const rest = (object.metadata.finalizers ?? []).filter((entry) => entry !== finalizer);
  try {
    await patchFinalizers(resource, object, rest, signal);
  } catch (error) {
    if (!isApiError(error, 'NOT_FOUND')) throw error;
  }
}

function patchFinalizers<T extends KubeObject>(
  resource: ResourceClient<T>,
  { metadata: { name = '', namespace, resourceVersion } }: T,
  finalizers: readonly string[],
  signal: AbortSignal,
): Promise<T> {
  const ref = namespace === undefined ? { name } : { name, namespace };
  return resource.patch(ref, 'merge', { metadata: { finalizers, resourceVersion } }, {}, signal);
}
