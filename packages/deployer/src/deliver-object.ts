import { ANNOTATIONS } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import type { KubeClient, ObjectRef, ResourceClient } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import type { Clock } from '@clusternet/runtime';
import { DeployError } from './errors.ts';
import { FIELD_MANAGER } from './field-sets.ts';
import { omitIgnoredFields } from './ignored-fields.ts';
import { describeEntry, entryKey, entryOf } from './inventory.ts';
import type { InventoryEntry } from './inventory.ts';
import type { KeyedLock } from './keyed-lock.ts';
import { getLive, refOf } from './live-object.ts';
import { parsePolicies } from './object-policies.ts';
import type { ObjectPolicies } from './object-policies.ts';
import { formatBytes, MAX_OBJECT_BYTES, sizeBytesOf } from './object-size.ts';
import { createImmutableError, deleteForReplacement, isImmutableError } from './replace-object.ts';
import { settleManagers } from './take-over.ts';
import { waitEstablished } from './wait-established.ts';

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
 * Brings one object to the child by server-side apply. The first owner keeps an object; annotations of the template say
 * what else is to be minded.
 * @returns the object as it then is
 * @throws {DeployError} `OWNED_BY_ANOTHER`, `NOT_ADOPTED`; `BEING_DELETED` for one that is on its way out, with what it is
 *   applied to; `INVALID_DOCUMENT` without a needed namespace; `INVALID_ANNOTATION`; `IMMUTABLE_FIELD`; `TOO_LARGE`;
 *   `NOT_ESTABLISHED` for a CRD that is not served in time
 */
export async function applyObject(
  deps: DeliverDeps,
  desired: KubeObject,
  owner: string,
  signal: AbortSignal,
): Promise<KubeObject> {
  const entry = entryOf(desired);
  const policies = parsePolicies(desired);
  assertFits(entry, desired);
  const resource = await deps.child.resourceFor(desired, signal);
  if (resource.ref.namespaced && entry.namespace === '')
    throw new DeployError('INVALID_DOCUMENT', `${describeEntry(entry)} has no namespace`);
  const ref = refOf(entry);
  const place = { resource, ref, clock: deps.clock };
  const applied = await deps.lock.run(`${deps.childName} ${entryKey(entry)}`, async () => {
    const live = await getLive(resource, ref, signal);
    if (live !== undefined) {
      assertStays(entry, live);
      assertOurs(deps, entry, { live, owner, policies });
    }
    const next = await inNamespace(deps, entry, signal, () =>
      send(place, { desired, live, policies }, signal),
    );
    assertStays(entry, next);
    return next;
  });
  if (desired.kind === 'CustomResourceDefinition') await waitEstablished(deps, resource, ref, signal);
  return applied;
}

/** A namespace that nobody delivers is made, and stays: others may use it by the time we leave. */
async function inNamespace(
  { child }: DeliverDeps,
  { namespace }: InventoryEntry,
  signal: AbortSignal,
  work: () => Promise<KubeObject>,
): Promise<KubeObject> {
  try {
    return await work();
  } catch (error) {
    const isMissing =
      namespace !== '' &&
      isApiError(error, 'NOT_FOUND') &&
      error.message.includes(`namespaces "${namespace}"`);
    if (!isMissing) throw error;
  }
  const made: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  try {
    await (await child.resourceFor(made, signal)).create(made, {}, signal);
  } catch (error) {
    if (!isApiError(error, 'ALREADY_EXISTS')) throw error;
  }
  return work();
}

interface Place {
  readonly resource: ResourceClient;
  readonly ref: ObjectRef;
  readonly clock: Clock;
}

interface Delivery {
  readonly desired: KubeObject;
  readonly live: KubeObject | undefined;
  readonly policies: ObjectPolicies;
}

/** What is there keeps the fields that are left to others; what is not is made with all of them. */
async function send(
  place: Place,
  { desired, live, policies }: Delivery,
  signal: AbortSignal,
): Promise<KubeObject> {
  const { resource, ref } = place;
  const apply = (object: KubeObject): Promise<KubeObject> =>
    resource.apply(object, { fieldManager: FIELD_MANAGER, force: true }, signal);
  if (live === undefined) {
    const made = await apply(desired);
    if (policies.ignoredFields.length > 0)
      await settleManagers(resource, ref, { desired, live: made }, signal);
    return made;
  }
  await settleManagers(resource, ref, { desired, live }, signal);
  try {
    return await apply(omitIgnoredFields(desired));
  } catch (error) {
    if (!isImmutableError(error)) throw error;
    if (!policies.isReplaced) throw createImmutableError(desired, error);
    await deleteForReplacement(place, live, signal);
    return send(place, { desired, live: undefined, policies }, signal);
  }
}

/** Refused here, with its size: API servers say something different each, or nothing that helps. */
function assertFits(entry: InventoryEntry, desired: KubeObject): void {
  const bytes = sizeBytesOf(desired);
  if (bytes <= MAX_OBJECT_BYTES) return;
  throw new DeployError(
    'TOO_LARGE',
    `${describeEntry(entry)} has ${formatBytes(bytes)}; an API server stores objects of at most ${formatBytes(MAX_OBJECT_BYTES)}`,
  );
}

function assertOurs(
  { isFormerOwner }: DeliverDeps,
  entry: InventoryEntry,
  { live, owner, policies }: { live: KubeObject; owner: string; policies: ObjectPolicies },
): void {
  const liveOwner = live.metadata.annotations?.[ANNOTATIONS.ownedByDescription];
  if (liveOwner === undefined) {
    if (policies.isAdopted) return;
    throw new DeployError(
      'NOT_ADOPTED',
      `${describeEntry(entry)} is there already, and its annotation ${ANNOTATIONS.adoption} is Refuse; delete it in the child, or allow its adoption`,
    );
  }
  if (liveOwner === owner || isFormerOwner(liveOwner)) return;
  throw new DeployError(
    'OWNED_BY_ANOTHER',
    `${describeEntry(entry)} belongs to the Description ${liveOwner} already; remove it from one of the two, or take the annotation ${ANNOTATIONS.ownedByDescription} off it if that Description is gone`,
  );
}

/** What is being deleted takes an apply, and everything in a namespace goes with it: done would not stay done. */
function assertStays(entry: InventoryEntry, live: KubeObject): void {
  if (live.metadata.deletionTimestamp === undefined) return;
  throw new DeployError(
    'BEING_DELETED',
    `${describeEntry(entry)} is being deleted; it is delivered once it is gone (its finalizers: ${live.metadata.finalizers?.join(', ') ?? 'none'})`,
  );
}
