import type { StoredResource } from '@clusternet/apiserver';
import { cloneJson } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { objectAt } from '../built-in/fields.ts';
import { createSystemContext } from '../control-plane/system-context.ts';
import { orUndefined } from './read-or-undefined.ts';

const context = createSystemContext('kube-controller-manager');

/** Writes the fields of a status that a controller knows; without a difference nothing is written. */
export async function updateStatus(
  resource: StoredResource,
  object: KubeObject,
  status: JsonObject,
): Promise<void> {
  const { namespace = '', name = '' } = object.metadata;
  const produce = (live: KubeObject | undefined): KubeObject => {
    const next = cloneJson(live ?? object);
    next['status'] = dropEmpty({ ...objectAt(next, 'status'), ...status });
    return next;
  };
  await orUndefined(resource.update({ namespace, name, subresource: 'status', produce }, context));
}

function dropEmpty(status: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== undefined));
}

/** Changes an object itself. */
export async function updateObject(
  resource: StoredResource,
  object: KubeObject,
  change: (next: KubeObject) => void,
): Promise<KubeObject | undefined> {
  const { namespace = '', name = '' } = object.metadata;
  const produce = (live: KubeObject | undefined): KubeObject => {
    const next = cloneJson(live ?? object);
    change(next);
    return next;
  };
  const result = await orUndefined(resource.update({ namespace, name, subresource: '', produce }, context));
  return result?.object;
}

/** Deletes an object that may be gone already. */
export async function deleteQuietly(resource: StoredResource, object: KubeObject): Promise<void> {
  const { namespace = '', name = '', uid = '' } = object.metadata;
  await orUndefined(
    resource.delete(namespace, name, { preconditions: { uid }, propagationPolicy: 'Background' }, context),
  );
}
