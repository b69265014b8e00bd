import { ANNOTATIONS } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import type { ResourceClient } from '@clusternet/client';
import { equalJson } from '@clusternet/kube-data';
import type { JsonValue, KubeObject } from '@clusternet/kube-data';

/** The parts of an RBAC object that we decide. */
function contentOf(object: KubeObject): JsonValue {
  const { rules = null, roleRef = null, subjects = null } = object;
  return { rules, roleRef, subjects } as JsonValue;
}

/**
 * Creates an object, or makes it what it should be as long as its annotation `clusternet.io/autoupdate` is
 * `"true"`; anything else freezes it.
 */
export async function ensureObject(
  resource: ResourceClient,
  wanted: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  try {
    await resource.create(wanted, {}, signal);
    return;
  } catch (error) {
    if (!isApiError(error, 'ALREADY_EXISTS')) throw error;
  }
  const { name = '', namespace } = wanted.metadata;
  const live = await resource.get(namespace === undefined ? { name } : { name, namespace }, signal);
  if (live.metadata.annotations?.[ANNOTATIONS.autoUpdate] !== 'true') return;
  if (equalJson(contentOf(live), contentOf(wanted))) return;
  const { rules, roleRef, subjects } = wanted;
  const parts = Object.fromEntries(
    Object.entries({ rules, roleRef, subjects }).filter(([, part]) => part !== undefined),
  );
  await resource.update({ ...live, ...parts }, {}, signal);
}
