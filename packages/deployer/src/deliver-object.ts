import { ANNOTATIONS } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import type { KubeClient, ObjectRef, ResourceClient } from '@clusternet/client';
import { findCondition } from '@clusternet/controller-kit';
import type { Condition, KubeObject } from '@clusternet/kube-data';
import type { Clock } from '@clusternet/runtime';
import { DeployError } from './errors.ts';
import { describeEntry, entryKey, entryOf } from './inventory.ts';
import type { InventoryEntry } from './inventory.ts';
import type { KeyedLock } from './keyed-lock.ts';
import { planTakeover } from './plan-takeover.ts';

/** The field manager of everything we write in a child. */
export const FIELD_MANAGER = 'clusternet';

/** How long a CRD may take until it is served, ms. */
const ESTABLISH_MS = 15_000;
const ESTABLISH_POLL_MS = 100;

export interface DeliverDeps {
  readonly child: KubeClient;
  readonly clock: Clock;
  /** Two Descriptions that bring one object must not both find it missing. Shared by all of a process. */
  readonly lock: KeyedLock;
  /** Tells children apart in the lock. */
  readonly childName: string;
  /** Whether an owner is one that this child had under an earlier registration: its objects are taken over. */
  readonly isFormerOwner: (owner: string) => boolean;
}

/**
 * Brings one object to the child by server-side apply. The first owner keeps an object.
 * @returns the object as it then is
 * @throws {DeployError} `OWNED_BY_ANOTHER`; `BEING_DELETED` for one that is on its way out, with what it is applied to; `INVALID_DOCUMENT` without a needed namespace; `NOT_ESTABLISHED` for a CRD that is not served in time
 */
export async function applyObject(
  deps: DeliverDeps,
  desired: KubeObject,
  owner: string,
  signal: AbortSignal,
): Promise<KubeObject> {
  const entry = entryOf(desired);
  const resource = await deps.child.resourceFor(desired, signal);
  if (resource.ref.namespaced && entry.namespace === '')
    throw new DeployError('INVALID_DOCUMENT', `${describeEntry(entry)} has no namespace`);
  const ref = refOf(entry);
  const applied = await deps.lock.run(`${deps.childName} ${entryKey(entry)}`, async () => {
    const live = await getLive(resource, ref, signal);
    assertStays(entry, live);
    const liveOwner = live?.metadata.annotations?.[ANNOTATIONS.ownedByDescription];
    if (liveOwner !== undefined && liveOwner !== owner && !deps.isFormerOwner(liveOwner)) {
      throw new DeployError(
        'OWNED_BY_ANOTHER',
        `${describeEntry(entry)} belongs to the Description ${liveOwner} already; remove it from one of the two, or take the annotation ${ANNOTATIONS.ownedByDescription} off it if that Description is gone`,
      );
    }
    if (live !== undefined) await takeOver(resource, ref, live, signal);
    const next = await resource.apply(desired, { fieldManager: FIELD_MANAGER, force: true }, signal);
    assertStays(entry, next);
    return next;
  });
  if (desired.kind === 'CustomResourceDefinition') await waitEstablished(deps, resource, ref, signal);
  return applied;
}

/** What is being deleted takes an apply, and everything in a namespace goes with it: done would not stay done. */
function assertStays(entry: InventoryEntry, live: KubeObject | undefined): void {
  if (live?.metadata.deletionTimestamp === undefined) return;
  throw new DeployError(
    'BEING_DELETED',
    `${describeEntry(entry)} is being deleted; it is delivered once it is gone (its finalizers: ${live.metadata.finalizers?.join(', ') ?? 'none'})`,
  );
}

/** A status that is written while we look is no reason to give up at once. */
const MAX_LEAVE_TRIES = 5;

/**
 * Deletes an object if it is still ours. Nobody who takes it over meanwhile loses it: what is deleted is what was looked at.
 * @returns whether it was there and ours
 * @throws {ApiError} `CONFLICT` for one that changes all the time
 */
export function deleteObject(
  deps: DeliverDeps,
  entry: InventoryEntry,
  owner: string,
  signal: AbortSignal,
): Promise<boolean> {
  return leaveObject(deps, entry, owner, signal, ({ resource, live: { metadata } }) => {
    const { uid, resourceVersion } = metadata;
    const preconditions = {
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    };
    const options = { propagationPolicy: 'Background', ...preconditions } as const;
    return resource.delete(refOf(entry), options, signal);
  });
}

/**
 * Lets go of an object that is still ours: it stays as it is, and whoever delivers it next may own it.
 * @returns whether it was there and ours
 * @throws {ApiError} `CONFLICT` for one that changes all the time
 */
export function releaseObject(
  deps: DeliverDeps,
  entry: InventoryEntry,
  owner: string,
  signal: AbortSignal,
): Promise<boolean> {
  return leaveObject(deps, entry, owner, signal, ({ resource, live: { metadata } }) => {
    const { uid, resourceVersion } = metadata;
    const annotations = { [ANNOTATIONS.ownedByDescription]: null };
    const body = { metadata: { uid, resourceVersion, annotations } };
    return resource.patch(refOf(entry), 'merge', body, {}, signal);
  });
}

interface OwnedObject {
  readonly resource: ResourceClient;
  readonly live: KubeObject;
}

/** Does something to an object as it was looked at; when it has changed since, it is looked at again. */
async function leaveObject(
  deps: DeliverDeps,
  entry: InventoryEntry,
  owner: string,
  signal: AbortSignal,
  leave: (owned: OwnedObject) => Promise<unknown>,
): Promise<boolean> {
  for (let tries = 1; ; tries += 1) {
    const owned = await findOwned(deps, entry, owner, signal);
    if (owned === undefined) return false;
    try {
      await leave(owned);
      return true;
    } catch (error) {
      if (isApiError(error, 'NOT_FOUND')) return false;
      if (!isApiError(error, 'CONFLICT') || tries === MAX_LEAVE_TRIES) throw error;
    }
  }
}

async function findOwned(
  { child }: DeliverDeps,
  entry: InventoryEntry,
  owner: string,
  signal: AbortSignal,
): Promise<OwnedObject | undefined> {
  let resource: ResourceClient;
  try {
    resource = await child.resourceFor(entry, signal);
  } catch (error) {
    if (isApiError(error, 'UNKNOWN_KIND')) return undefined; // its CRD is gone, and every object with it
    throw error;
  }
  const live = await getLive(resource, refOf(entry), signal);
  if (live?.metadata.annotations?.[ANNOTATIONS.ownedByDescription] !== owner) return undefined;
  return { resource, live };
}

/** Makes the fields ours that a Go component left; somebody else's change in between is a conflict. */
async function takeOver(
  resource: ResourceClient,
  ref: ObjectRef,
  live: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  const managedFields = planTakeover(live, FIELD_MANAGER);
  if (managedFields === undefined) return;
  const { resourceVersion } = live.metadata;
  const body = [
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    { op: 'replace', path: '/metadata/managedFields', value: managedFields },
  ];
  await resource.patch(ref, 'json', body, {}, signal);
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

interface CrdParts {
  readonly spec?: {
    readonly group?: string;
    readonly names?: { readonly kind?: string };
    readonly versions?: readonly { readonly name: string; readonly served?: boolean }[];
  };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** Waits until the objects of a CRD can be sent: it is established, and discovery knows of it. */
async function waitEstablished(
  { child, clock }: DeliverDeps,
  resource: ResourceClient,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<void> {
  const startMs = clock.monotonicMs();
  for (;;) {
    const crd = (await resource.get(ref, signal)) as CrdParts;
    if (findCondition(crd.status?.conditions, 'Established')?.status === 'True') {
      if (await isDiscovered(child, crd, signal)) return;
    }
    if (clock.monotonicMs() - startMs > ESTABLISH_MS) {
      throw new DeployError(
        'NOT_ESTABLISHED',
        `CustomResourceDefinition ${ref.name} was not established in ${ESTABLISH_MS} ms`,
      );
    }
    if (!(await clock.sleep(ESTABLISH_POLL_MS, signal))) signal.throwIfAborted();
  }
}

async function isDiscovered(
  child: KubeClient,
  { spec = {} }: CrdParts,
  signal: AbortSignal,
): Promise<boolean> {
  const served = spec.versions?.find((version) => version.served !== false);
  const kind = spec.names?.kind;
  if (served === undefined || kind === undefined) return true;
  try {
    await child.resourceFor({ apiVersion: `${spec.group ?? ''}/${served.name}`, kind }, signal);
    return true;
  } catch (error) {
    if (isApiError(error, 'UNKNOWN_KIND')) return false;
    throw error;
  }
}

function refOf({ namespace, name }: InventoryEntry): ObjectRef {
  return namespace === '' ? { name } : { namespace, name };
}
