import { ANNOTATIONS } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import type { ResourceClient } from '@clusternet/client';
import type { KubeObject } from '@clusternet/kube-data';
import type { DeliverDeps } from './deliver-object.ts';
import type { InventoryEntry } from './inventory.ts';
import { getLive, refOf } from './live-object.ts';

/** A status that is written while we look is no reason to give up at once. */
const MAX_LEAVE_TRIES = 5;

/**
 * Deletes an object if it is still ours, or lets go of one that is to stay. Nobody who takes it over meanwhile loses it: what is deleted is what was looked at.
 * @returns whether it was there and ours
 * @throws {ApiError} `CONFLICT` for one that changes all the time
 */
export function deleteObject(
  deps: DeliverDeps,
  entry: InventoryEntry,
  owner: string,
  signal: AbortSignal,
): Promise<boolean> {
  return leaveObject(deps, entry, owner, signal, ({ resource, live }) => {
    if (isOrphaned(live)) return letGo(resource, entry, live, signal);
    const { uid, resourceVersion } = live.metadata;
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
  return leaveObject(deps, entry, owner, signal, ({ resource, live }) =>
    letGo(resource, entry, live, signal),
  );
}

/** Whether an object asks to stay in the child when it is delivered no more. */
function isOrphaned({ metadata: { annotations = {} } }: KubeObject): boolean {
  return annotations[ANNOTATIONS.deletionPolicy] === 'Orphan';
}

function letGo(
  resource: ResourceClient,
  entry: InventoryEntry,
  { metadata: { uid, resourceVersion } }: KubeObject,
  signal: AbortSignal,
): Promise<KubeObject> {
  const annotations = { [ANNOTATIONS.ownedByDescription]: null };
  const body = { metadata: { uid, resourceVersion, annotations } };
  return resource.patch(refOf(entry), 'merge', body, {}, signal);
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
