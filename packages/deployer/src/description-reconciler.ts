import { ANNOTATIONS, FINALIZERS } from '@clusternet/api-types';
import type { Description } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import type { KubeClient, ResourceClient } from '@clusternet/client';
import { hasFinalizer, removeFinalizer, TerminalError } from '@clusternet/controller-kit';
import type { EventRecorder, Reconcile, ReconcileResult } from '@clusternet/controller-kit';
import type { Clock, Logger } from '@clusternet/runtime';
import type { DeliverDeps } from './deliver-object.ts';
import { deliveredBy, inventoryOf, recordEnd, recordStart } from './delivery-record.ts';
import { applyPlan, releaseSteps, removeSteps } from './deploy.ts';
import type { DeliveryFailure } from './deploy.ts';
import { failureStatus, isInSync, patchStatus, successStatus, waitingStatus } from './description-status.ts';
import { ownerOf, parseDocument } from './desired-object.ts';
import { isDeployError } from './errors.ts';
import { describeEntry, parseInventory } from './inventory.ts';
import { createKeyedLock } from './keyed-lock.ts';
import type { KeyedLock } from './keyed-lock.ts';
import { planDelivery } from './plan-delivery.ts';
import type { DeliveryPlan } from './plan-delivery.ts';

/** Where a Description goes, and whether that is our job. */
export type DeliveryTarget =
  | {
      readonly kind: 'child';
      readonly child: KubeClient;
      /** Dedicated namespaces that the child had under earlier registrations. @default none */
      readonly formerNamespaces?: readonly string[];
    }
  /** Another component delivers it. */
  | { readonly kind: 'foreign' }
  /** Its cluster has left for good: nothing can or need be cleaned up there. */
  | { readonly kind: 'gone' }
  /** It will be ours or possible later; what changes then enqueues the key. */
  | { readonly kind: 'wait'; readonly reason: string; readonly message: string };

type ChildTarget = Extract<DeliveryTarget, { readonly kind: 'child' }>;

export interface DescriptionReconcilerDeps {
  readonly descriptions: ResourceClient<Description>;
  readonly getDescription: (key: string) => Description | undefined;
  readonly getTarget: (description: Description, signal: AbortSignal) => Promise<DeliveryTarget>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A child that cannot be reached is looked at again after this, ms; its reconnect comes first. */
const UNREACHABLE_RETRY_MS = 15_000;

interface DeliveryDeps extends DescriptionReconcilerDeps {
  readonly lock: KeyedLock;
}

/** Keeps the objects of generic Descriptions in a child equal to what the Descriptions say. */
export function createDescriptionReconciler(deps: DescriptionReconcilerDeps): Reconcile {
  const delivery: DeliveryDeps = { ...deps, lock: createKeyedLock() };
  return async (key, signal) => {
    const cached = deps.getDescription(key);
    if (cached === undefined || !isWork(cached)) return {};
    const target = await deps.getTarget(cached, signal);
    switch (target.kind) {
      case 'foreign':
        return {};
      case 'gone':
        if (cached.metadata.deletionTimestamp !== undefined)
          await removeFinalizer(deps.descriptions, cached, FINALIZERS.app, signal);
        return {};
      case 'wait':
        return wait(deps, cached, target, signal);
      case 'child': {
        // The cache may be behind our own last writes, and the inventory decides what is deleted.
        const description = await getFresh(deps, cached, signal);
        if (description === undefined || !isWork(description)) return {};
        return description.metadata.deletionTimestamp === undefined
          ? deliver(delivery, description, target, signal)
          : remove(delivery, description, target, signal);
      }
    }
  };
}

/** Whether there is anything to do: what is in sync costs nothing. */
function isWork(description: Description): boolean {
  if (description.spec.deployer !== 'Generic') return false;
  return description.metadata.deletionTimestamp === undefined
    ? !isInSync(description)
    : hasFinalizer(description, FINALIZERS.app);
}

async function getFresh(
  { descriptions }: DescriptionReconcilerDeps,
  { metadata: { name = '', namespace = '' } }: Description,
  signal: AbortSignal,
): Promise<Description | undefined> {
  try {
    return await descriptions.get({ name, namespace }, signal);
  } catch (error) {
    if (isApiError(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

async function wait(
  deps: DescriptionReconcilerDeps,
  description: Description,
  why: { readonly reason: string; readonly message: string },
  signal: AbortSignal,
): Promise<ReconcileResult> {
  await patchStatus(deps, description, waitingStatus(description, why), signal);
  return { requeueAfterMs: UNREACHABLE_RETRY_MS };
}

async function deliver(
  deps: DeliveryDeps,
  description: Description,
  target: ChildTarget,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const { events, log } = deps;
  const { namespace = '', name = '' } = description.metadata;
  const plan = await planOrReport(deps, description, signal);
  const recorded = await recordStart(deps, description, plan.inventoryBefore, signal);

  const report = await applyPlan(childDeps(deps, description, target), plan, ownerOf(description), signal);
  if (report.failures.length > 0) {
    const broken = findBrokenWay(report.failures);
    if (broken !== undefined) return wait(deps, description, broken, signal);
    return reportFailures(deps, description, report.failures, 'UnSuccessfullyDeployed', signal);
  }
  for (const entry of report.pruned) {
    events.record(description, 'Normal', 'SuccessfullyPruningFeed', `${describeEntry(entry)} is deleted`);
  }
  await recordEnd(deps, recorded, plan.inventoryAfter, signal);
  // The generation that was read, whatever it is by now: a newer one is not delivered yet.
  await patchStatus(deps, description, successStatus(description), signal);
  const message = `Description ${namespace}/${name} is deployed successfully`;
  events.record(description, 'Normal', 'SuccessfullyDeployed', message);
  log.info('description deployed', { description: `${namespace}/${name}`, applied: report.applied });
  return {};
}

async function remove(
  deps: DeliveryDeps,
  description: Description,
  target: ChildTarget,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const { pruneSteps } = await reportInvalid(deps, description, signal, () =>
    planDelivery([], deliveredBy(description)),
  );
  const owner = ownerOf(description);
  const isOrphaning = description.metadata.annotations?.[ANNOTATIONS.deletionPolicy] === 'Orphan';
  const leave = isOrphaning ? releaseSteps : removeSteps;
  const report = await leave(childDeps(deps, description, target), pruneSteps, owner, signal);
  if (report.failures.length > 0) {
    const broken = findBrokenWay(report.failures);
    if (broken !== undefined) return wait(deps, description, broken, signal);
    return reportFailures(deps, description, report.failures, 'FailedDeletingDescription', signal);
  }
  await removeFinalizer(deps.descriptions, description, FINALIZERS.app, signal);
  const { namespace = '', name = '' } = description.metadata;
  deps.log.info(isOrphaning ? 'description removed, its objects kept' : 'description removed', {
    description: `${namespace}/${name}`,
    objects: report.pruned.length,
  });
  return {};
}

function childDeps(
  { clock, lock }: DeliveryDeps,
  { metadata }: Description,
  { child, formerNamespaces = [] }: ChildTarget,
): DeliverDeps {
  const childName = metadata.namespace ?? ''; // one dedicated namespace for each child
  const isFormerOwner = (owner: string): boolean =>
    formerNamespaces.some((namespace) => owner.startsWith(`${namespace}.`));
  return { child, clock, lock, childName, isFormerOwner };
}

function planOrReport(
  deps: DescriptionReconcilerDeps,
  description: Description,
  signal: AbortSignal,
): Promise<DeliveryPlan> {
  return reportInvalid(deps, description, signal, () => {
    const documents = (description.spec.raw ?? []).map((raw, index) => parseDocument(raw, index));
    return planDelivery(documents, parseInventory(inventoryOf(description)));
  });
}

/** Puts what cannot be understood on the Description, where somebody sees it. */
async function reportInvalid<T>(
  deps: DescriptionReconcilerDeps,
  description: Description,
  signal: AbortSignal,
  plan: () => T,
): Promise<T> {
  try {
    return plan();
  } catch (error) {
    if (!isDeployError(error)) throw error;
    const hasChanged = await patchStatus(
      deps,
      description,
      failureStatus(description, [error.message]),
      signal,
    );
    if (hasChanged) deps.events.record(description, 'Warning', 'FailedMarshalingResource', error.message);
    throw error.code === 'INVALID_DOCUMENT' ? new TerminalError(error.message, { cause: error }) : error;
  }
}

async function reportFailures(
  deps: DescriptionReconcilerDeps,
  description: Description,
  failures: readonly DeliveryFailure[],
  eventReason: string,
  signal: AbortSignal,
): Promise<never> {
  const status = failureStatus(
    description,
    failures.map(({ message }) => message),
  );
  const hasChanged = await patchStatus(deps, description, status, signal);
  if (hasChanged) deps.events.record(description, 'Warning', eventReason, status.reason);
  throw new AggregateError(
    failures.map(({ error }) => error),
    status.reason,
  );
}

/** When the way to the child is broken, that is what to report, not each object. */
function findBrokenWay(
  failures: readonly DeliveryFailure[],
): { readonly reason: string; readonly message: string } | undefined {
  for (const { error } of failures) {
    if (isApiError(error, 'UNREACHABLE', 'UNAVAILABLE', 'TIMEOUT'))
      return { reason: 'ClusterUnreachable', message: error.message };
  }
  return undefined;
}
