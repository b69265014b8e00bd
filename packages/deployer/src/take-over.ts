import { isApiError } from '@clusternet/client';
import type { ObjectRef, ResourceClient } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import { FIELD_MANAGER, managersOf } from './field-sets.ts';
import type { ManagedFields } from './field-sets.ts';
import { planRelease } from './ignored-fields.ts';
import { getLive } from './live-object.ts';
import { planTakeover } from './plan-takeover.ts';

/** Who writes the object while we look has it looked at again, so often. */
const MAX_TRIES = 5;

/**
 * Brings the record of who owns which field in order before an apply: what a Go component left becomes ours, and what
 * is left to others becomes nobody's.
 * @param live - as it was read last
 */
export async function settleManagers(
  resource: ResourceClient,
  ref: ObjectRef,
  { desired, live }: { readonly desired: KubeObject; readonly live: KubeObject },
  signal: AbortSignal,
): Promise<void> {
  let current: KubeObject | undefined = live;
  for (let tries = 1; current !== undefined; tries += 1) {
    const managedFields = planManagers(desired, current);
    if (managedFields === undefined) return;
    const resourceVersion: string | undefined = current.metadata.resourceVersion;
    const body = [
      { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
      { op: 'replace', path: '/metadata/managedFields', value: managedFields },
    ];
    try {
      await resource.patch(ref, 'json', body, {}, signal);
      return;
    } catch (error) {
      if (!isApiError(error, 'CONFLICT', 'INVALID') || tries === MAX_TRIES) throw error;
      const next: KubeObject | undefined = await getLive(resource, ref, signal);
      if (next?.metadata.resourceVersion === resourceVersion) throw error; // it was not the version
      current = next;
    }
  }
}

function planManagers(desired: KubeObject, live: KubeObject): readonly ManagedFields[] | undefined {
  const taken = planTakeover(live, FIELD_MANAGER);
  return planRelease(desired, live, taken ?? managersOf(live)) ?? taken;
}
