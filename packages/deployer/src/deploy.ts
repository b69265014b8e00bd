import { errorText } from '@clusternet/runtime';
import type { KubeObject } from '@clusternet/kube-data';
import { applyObject } from './deliver-object.ts';
import type { DeliverDeps } from './deliver-object.ts';
import { createDesiredObject } from './desired-object.ts';
import { describeEntry, entryOf } from './inventory.ts';
import type { InventoryEntry } from './inventory.ts';
import { deleteObject, releaseObject } from './leave-object.ts';
import type { DeliveryPlan } from './plan-delivery.ts';

/** Requests under way to one child for one Description. */
const PARALLEL = 8;

export interface DeliveryFailure {
  readonly entry: InventoryEntry;
  readonly error: unknown;
  /** One sentence naming the object. */
  readonly message: string;
}

export interface DeliveryReport {
  readonly applied: number;
  readonly pruned: readonly InventoryEntry[];
  readonly failures: readonly DeliveryFailure[];
}

/**
 * Carries out a plan. A failed object does not keep others of its step from being tried; later steps and
 * pruning wait until it works, since they may depend on it.
 */
export async function applyPlan(
  deps: DeliverDeps,
  plan: DeliveryPlan,
  owner: string,
  signal: AbortSignal,
): Promise<DeliveryReport> {
  let applied = 0;
  const failures: DeliveryFailure[] = [];
  for (const step of plan.applySteps) {
    await forEachParallel(step, async (document: KubeObject) => {
      const entry = entryOf(document);
      await attempt(entry, failures, signal, async () => {
        await applyObject(deps, createDesiredObject(document, owner), owner, signal);
        applied += 1;
      });
    });
    if (failures.length > 0) return { applied, pruned: [], failures };
  }
  const { pruned, failures: pruneFailures } = await removeSteps(deps, plan.pruneSteps, owner, signal);
  return { applied, pruned, failures: pruneFailures };
}

/** Deletes what is ours, step by step. */
export function removeSteps(
  deps: DeliverDeps,
  steps: DeliveryPlan['pruneSteps'],
  owner: string,
  signal: AbortSignal,
): Promise<Omit<DeliveryReport, 'applied'>> {
  return leaveSteps(steps, signal, (entry) => deleteObject(deps, entry, owner, signal));
}

/** Lets go of what is ours, which stays in the child. */
export function releaseSteps(
  deps: DeliverDeps,
  steps: DeliveryPlan['pruneSteps'],
  owner: string,
  signal: AbortSignal,
): Promise<Omit<DeliveryReport, 'applied'>> {
  return leaveSteps(steps, signal, (entry) => releaseObject(deps, entry, owner, signal));
}

async function leaveSteps(
  steps: DeliveryPlan['pruneSteps'],
  signal: AbortSignal,
  leave: (entry: InventoryEntry) => Promise<boolean>,
): Promise<Omit<DeliveryReport, 'applied'>> {
  const pruned: InventoryEntry[] = [];
  const failures: DeliveryFailure[] = [];
  for (const step of steps) {
    await forEachParallel(step, async (entry) => {
      await attempt(entry, failures, signal, async () => {
        if (await leave(entry)) pruned.push(entry);
      });
    });
    if (failures.length > 0) break;
  }
  return { pruned, failures };
}

async function attempt(
  entry: InventoryEntry,
  failures: DeliveryFailure[],
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  signal.throwIfAborted();
  try {
    await work();
  } catch (error) {
    signal.throwIfAborted(); // being stopped says nothing about the object
    const text = errorText(error);
    const name = describeEntry(entry);
    failures.push({ entry, error, message: text.includes(entry.name) ? text : `${name}: ${text}` });
  }
}

async function forEachParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, worker));
}
