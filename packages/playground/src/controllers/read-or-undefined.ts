import { isApiError } from '@clusternet/apiserver';
import type { StoredResource } from '@clusternet/apiserver';
import type { KubeObject } from '@clusternet/kube-data';

/** The object, or undefined when there is none. */
export async function readOrUndefined(
  resource: StoredResource,
  namespace: string,
  name: string,
): Promise<KubeObject | undefined> {
  return orUndefined(resource.get(namespace, name));
}

/** The outcome of `work`, or undefined when its object is gone. */
export async function orUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isApiError(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** The outcome of `work`, or undefined when its object exists already. */
export async function unlessExists<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isApiError(error, 'AlreadyExists')) return undefined;
    throw error;
  }
}
