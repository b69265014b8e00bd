import { ANNOTATIONS } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import type { KubeClient, ObjectRef, ResourceClient } from '@clusternet/client';
import { findCondition } from '@clusternet/controller-kit';
import type { Condition, KubeObject } from '@clusternet/kube-data';
import type { Clock } from '@clusternet/runtime';
import { DeployError } from './errors.ts';
import { describeEntry, entryOf } from './inventory.ts';
import type { InventoryEntry } from './inventory.ts';

/** The field manager of everything we write in a child. */
export const FIELD_MANAGER = 'clusternet';

/** How long a CRD may take until it is served, ms. */
const ESTABLISH_MS = 15_000;
const ESTABLISH_POLL_MS = 100;

export interface DeliverDeps {
  readonly child: KubeClient;
  readonly clock: Clock;
}

/**
 * Brings one object to the child by server-side apply. The first owner keeps an object.
 * @throws {DeployError} `OWNED_BY_ANOTHER`; `NOT_ESTABLISHED` for a CRD that is not served in time
 */
export async function applyObject(
  deps: DeliverDeps,
  desired: KubeObject,
  owner: string,
  signal: AbortSignal,
): Promise<void> {
  const resource = await deps.child.resourceFor(desired, signal);
  const ref = refOf(entryOf(desired));
  const live = await getLive(resource, ref, signal);
  const liveOwner =
    live === undefined ? undefined : live.metadata.annotations?.[ANNOTATIONS.ownedByDescription];
  if (liveOwner !== undefined && liveOwner !== owner) {
    throw new DeployError(
      'OWNED_BY_ANOTHER',
      `${describeEntry(entryOf(desired))} belongs to the Description ${liveOwner} already; remove it from one of the two`,
    );
  }
  await resource.apply(desired, { fieldManager: FIELD_MANAGER, force: true }, signal);
  if (desired.kind === 'CustomResourceDefinition') await waitEstablished(deps, resource, ref, signal);
}

/**
 * Deletes an object if it is still ours.
 * @returns whether it was there and ours
 */
export async function deleteObject(
  { child }: DeliverDeps,
  entry: InventoryEntry,
  owner: string,
  signal: AbortSignal,
): Promise<boolean> {
  let resource: ResourceClient;
  try {
    resource = await child.resourceFor(entry, signal);
  } catch (error) {
    if (isApiError(error, 'UNKNOWN_KIND')) return false; // its CRD is gone, and every object with it
    throw error;
  }
  const ref = refOf(entry);
  const live = await getLive(resource, ref, signal);
  if (live === undefined) return false;
  if (live.metadata.annotations?.[ANNOTATIONS.ownedByDescription] !== owner) return false;
  try {
    const { uid } = live.metadata;
    await resource.delete(
      ref,
      { propagationPolicy: 'Background', ...(uid === undefined ? {} : { uid }) },
      signal,
    );
  } catch (error) {
    if (!isApiError(error, 'NOT_FOUND', 'CONFLICT')) throw error; // conflict: another object of that name by now
  }
  return true;
}

async function getLive(
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

async function waitEstablished(
  { clock }: DeliverDeps,
  resource: ResourceClient,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<void> {
  const startMs = clock.monotonicMs();
  for (;;) {
    const crd = await resource.get(ref, signal);
    const { conditions } = (crd['status'] ?? {}) as { readonly conditions?: readonly Condition[] };
    if (findCondition(conditions, 'Established')?.status === 'True') return;
    if (clock.monotonicMs() - startMs > ESTABLISH_MS) {
      throw new DeployError(
        'NOT_ESTABLISHED',
        `CustomResourceDefinition ${ref.name} was not established in ${ESTABLISH_MS} ms`,
      );
    }
    if (!(await clock.sleep(ESTABLISH_POLL_MS, signal))) return;
  }
}

function refOf({ namespace, name }: InventoryEntry): ObjectRef {
  return namespace === '' ? { name } : { namespace, name };
}
