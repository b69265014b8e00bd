import { clusternetRef, isApiError } from '@clusternet/client';
import type { Description } from '@clusternet/api-types';
import type { KubeClient } from '@clusternet/client';
import { keyOf } from '@clusternet/controller-kit';
import type { EventRecorder } from '@clusternet/controller-kit';
import {
  applyObject,
  createDesiredObject,
  createKeyedLock,
  describeEntry,
  entryKey,
  entryOf,
  isInSync,
  omitIgnoredFields,
  ownerOf,
  parseDocument,
  planDelivery,
} from '@clusternet/deployer';
import type { InventoryEntry } from '@clusternet/deployer';
import type { KubeObject } from '@clusternet/kube-data';
import { backoffMs, errorText } from '@clusternet/runtime';
import type { Clock, Logger, Metrics } from '@clusternet/runtime';
import type { Parent } from '../registration/register.ts';
import type { Observation } from './object-watches.ts';
import { findDrift } from './plan-drift.ts';

export interface RecoverDeps {
  readonly parent: Pick<Parent, 'client'>;
  /** The child as its deployer service account. */
  readonly deployer: KubeClient;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** An object that was delivered, and what became of it. */
export interface Observed {
  readonly entry: InventoryEntry;
  readonly seen: Observation;
}

/** Brings what was changed or deleted back to what was delivered. */
export type Recover = (
  description: Description,
  observed: readonly Observed[],
  signal: AbortSignal,
) => Promise<{ readonly requeueAfterMs?: number }>;

/** What we did about one object for one generation of its Description. */
interface Repairs {
  readonly generation: number | undefined;
  /** What is lost right after our apply: API servers keep it from being owned. */
  accepted: string | undefined;
  count: number;
  lastMs: number;
  /** The version that was looked at last. */
  lookedAt: string | undefined;
}

/** Who keeps changing an object back makes us wait ever longer, at most this, ms. */
const MAX_WAIT_MS = 300_000;
const BASE_WAIT_MS = 1000;
/** Objects remembered; who is forgotten may be applied once more for nothing. */
const MAX_REMEMBERED = 4096;
/** After so long without a repair the waiting begins anew, ms. */
const QUIET_MS = 600_000;

/**
 * @returns for Descriptions that are delivered and unchanged: others are the deployer's to bring in order
 */
export function createRecovery(deps: RecoverDeps): Recover {
  const { clock, deployer, metrics } = deps;
  const lock = createKeyedLock();
  const repairs = new Map<string, Repairs>();
  const repaired = metrics.counter({
    name: 'clusternet_objects_recovered_total',
    help: 'Delivered objects that were changed or deleted by others, and brought back.',
  });

  const repairOne = async (
    description: Description,
    { document, state }: Candidate,
    signal: AbortSignal,
  ): Promise<'changed' | 'done'> => {
    const desired = omitIgnoredFields(createDesiredObject(document, ownerOf(description)));
    // What was seen may be over by now, or never have been more than a kind that cannot be watched.
    const what = describeDrift(desired, await readLive(deployer, document, signal), state);
    if (what === undefined) return 'done';
    const after = await repair({ ...deps, lock }, description, document, signal);
    if (after === undefined) return 'changed';
    state.accepted = findDrift(desired, after).paths.join();
    state.lookedAt = after.metadata.resourceVersion;
    state.count += 1;
    state.lastMs = clock.nowMs();
    repaired.add();
    const object = describeEntry(entryOf(document));
    deps.log.info('object brought back', { object, why: what });
    deps.events.record(
      description,
      'Normal',
      'ObjectRecovered',
      `${object} ${what}, and is as delivered again`,
    );
    return 'done';
  };

  return async (description, observed, signal) => {
    if (!isInSync(description)) return {};
    const seenOf = new Map(observed.map(({ entry, seen }) => [entryKey(entry), seen]));
    const documents = (description.spec.raw ?? []).map((raw, index) => parseDocument(raw, index));
    const failures: unknown[] = [];
    let requeueAfterMs = Infinity;
    // Namespaces first: the rest may have gone with theirs.
    for (const document of planDelivery(documents, []).applySteps.flat()) {
      const key = entryKey(entryOf(document));
      const seen = seenOf.get(key);
      const state = stateOf(repairs, `${ownerOf(description)} ${key}`, description);
      if (seen === undefined || !isNews(state, seen)) continue;
      const desired = omitIgnoredFields(createDesiredObject(document, ownerOf(description)));
      if (describeDrift(desired, seen, state) === undefined) continue;
      const waitMs = dueInMs(state, clock.nowMs());
      if (waitMs > 0) {
        state.lookedAt = undefined;
        requeueAfterMs = Math.min(requeueAfterMs, waitMs);
        continue;
      }
      try {
        // The Description has changed: it will be delivered.
        if ((await repairOne(description, { document, state }, signal)) === 'changed') return {};
      } catch (error) {
        signal.throwIfAborted();
        state.lookedAt = undefined;
        failures.push(error);
      }
    }
    if (failures.length > 0)
      throw new AggregateError(
        failures,
        `${failures.length} objects are not brought back: ${errorText(failures[0])}`,
      );
    return requeueAfterMs === Infinity ? {} : { requeueAfterMs };
  };
}

interface Candidate {
  readonly document: KubeObject;
  readonly state: Repairs;
}

/** Whether an object is not as it was when it was last looked at. */
function isNews(state: Repairs, seen: Observation): boolean {
  const version = seen.kind === 'present' ? (seen.object.metadata.resourceVersion ?? '') : seen.kind;
  const isSame = state.lookedAt === version;
  state.lookedAt = version;
  return !isSame;
}

function stateOf(repairs: Map<string, Repairs>, key: string, { metadata }: Description): Repairs {
  const { generation } = metadata;
  const known = repairs.get(key);
  if (known?.generation === generation && known !== undefined) return known;
  const fresh: Repairs = { generation, accepted: undefined, count: 0, lastMs: 0, lookedAt: undefined };
  repairs.set(key, fresh);
  const [oldest] = repairs.keys();
  if (repairs.size > MAX_REMEMBERED && oldest !== undefined) repairs.delete(oldest);
  return fresh;
}

function dueInMs(state: Repairs, nowMs: number): number {
  if (nowMs - state.lastMs > QUIET_MS) state.count = 0;
  if (state.count === 0) return 0;
  // Without chance: one agent looks after an object.
  return state.lastMs + backoffMs(state.count, 1, { baseMs: BASE_WAIT_MS, maxMs: MAX_WAIT_MS }) - nowMs;
}

/** Why an object has to be brought back; undefined when it has not. */
function describeDrift(desired: KubeObject, seen: Observation, { accepted }: Repairs): string | undefined {
  if (seen.kind === 'pending' || seen.kind === 'unwatched') return undefined;
  if (seen.kind === 'absent') return 'was deleted';
  if (seen.object.metadata.deletionTimestamp !== undefined) return undefined; // it comes back once it is gone
  const { paths, managers } = findDrift(desired, seen.object);
  if (paths.length === 0 || paths.join() === accepted) return undefined;
  const by = managers.length === 0 ? '' : ` by ${managers.join(' and ')}`;
  return `was changed${by} (${paths.slice(0, 3).join(', ')}${paths.length > 3 ? ' and more' : ''})`;
}

async function readLive(
  deployer: KubeClient,
  document: KubeObject,
  signal: AbortSignal,
): Promise<Observation> {
  const { namespace, name = '' } = document.metadata;
  try {
    const resource = await deployer.resourceFor(document, signal);
    const ref = resource.ref.namespaced && namespace !== undefined ? { namespace, name } : { name };
    return { kind: 'present', object: await resource.get(ref, signal) };
  } catch (error) {
    if (isApiError(error, 'NOT_FOUND', 'UNKNOWN_KIND')) return { kind: 'absent' };
    throw error;
  }
}

/**
 * Applies an object as delivered. Whoever else delivers may be ahead of what we know: the Description is read before, and
 * again after, so that no older state stays.
 * @returns the object as it then is; undefined when the Description is no longer the one that was delivered
 */
async function repair(
  deps: RecoverDeps & { readonly lock: ReturnType<typeof createKeyedLock> },
  description: Description,
  document: KubeObject,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  const { deployer, clock, lock } = deps;
  if (!(await isCurrent(deps, description, signal))) return undefined;
  const owner = ownerOf(description);
  const childName = description.metadata.namespace ?? '';
  const deliver = { child: deployer, clock, lock, childName, isFormerOwner: () => false };
  const live = await applyObject(deliver, createDesiredObject(document, owner), owner, signal);
  if (await isCurrent(deps, description, signal)) return live;
  // It was delivered anew in between, and ours may have been the later write.
  const fresh = await readFresh(deps, description, signal);
  const key = entryKey(entryOf(document));
  const newer = (fresh?.spec.raw ?? [])
    .map((raw, index) => parseDocument(raw, index))
    .find((candidate) => entryKey(entryOf(candidate)) === key);
  if (newer !== undefined) await applyObject(deliver, createDesiredObject(newer, owner), owner, signal);
  return undefined;
}

async function isCurrent(deps: RecoverDeps, description: Description, signal: AbortSignal): Promise<boolean> {
  const fresh = await readFresh(deps, description, signal);
  return (
    fresh !== undefined &&
    fresh.metadata.uid === description.metadata.uid &&
    fresh.metadata.deletionTimestamp === undefined &&
    fresh.metadata.generation === description.metadata.generation &&
    isInSync(fresh)
  );
}

async function readFresh(
  { parent, log }: RecoverDeps,
  description: Description,
  signal: AbortSignal,
): Promise<Description | undefined> {
  const { name = '', namespace = '' } = description.metadata;
  try {
    return await parent.client
      .resource<Description>(clusternetRef('Description'))
      .get({ name, namespace }, signal);
  } catch (error) {
    if (!isApiError(error, 'NOT_FOUND')) throw error;
    log.debug('description gone', { description: keyOf(description) });
    return undefined;
  }
}
