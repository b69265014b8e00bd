import { FINALIZERS } from '@clusternet/api-types';
import type { Description } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import type { KubeClient, ResourceClient } from '@clusternet/client';
import { addFinalizer, hasFinalizer, removeFinalizer } from '@clusternet/controller-kit';
import type { EventRecorder, Reconcile, ReconcileResult } from '@clusternet/controller-kit';
import type { Clock, Logger } from '@clusternet/runtime';
import { applyPlan, removeSteps } from './deploy.ts';
import type { DeliveryReport } from './deploy.ts';
import { ownerOf, parseDocument } from './desired-object.ts';
import { describeEntry, formatInventory, INVENTORY_ANNOTATION, parseInventory } from './inventory.ts';
import { planDelivery } from './plan-delivery.ts';
import { failureStatus, isInSync, patchStatus, successStatus, waitingStatus } from './description-status.ts';

/** Where a Description goes, and whether that is our job. */
export type DeliveryTarget =
  | { readonly kind: 'child'; readonly child: KubeClient }
  /** Another component delivers it. */
  | { readonly kind: 'foreign' }
  /** Its cluster has left for good: nothing can or need be cleaned up there. */
  | { readonly kind: 'gone' }
  /** It will be ours or possible later; what changes then enqueues the key. */
  | { readonly kind: 'wait'; readonly reason: string; readonly message: string };

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

/** Keeps the objects of generic Descriptions in a child equal to what the Descriptions say. */
export function createDescriptionReconciler(deps: DescriptionReconcilerDeps): Reconcile {
  return async (key, signal) => {
    const description = deps.getDescription(key);
    if (description === undefined || description.spec.deployer !== 'Generic') return {};
    const isDeleting = description.metadata.deletionTimestamp !== undefined;
    if (isDeleting && !hasFinalizer(description, FINALIZERS.app)) return {};
    if (!isDeleting && isInSync(description)) return {};

    const target = await deps.getTarget(description, signal);
    switch (target.kind) {
      case 'foreign':
        return {};
      case 'gone':
        if (isDeleting) await removeFinalizer(deps.descriptions, description, FINALIZERS.app, signal);
        return {};
      case 'wait':
        await patchStatus(deps, description, waitingStatus(description, target), signal);
        return { requeueAfterMs: UNREACHABLE_RETRY_MS };
      case 'child':
        break;
    }
    try {
      return isDeleting
        ? await remove(deps, description, target.child, signal)
        : await deliver(deps, description, target.child, signal);
    } catch (error) {
      if (!isApiError(error, 'UNREACHABLE', 'UNAVAILABLE')) throw error;
      const waiting = { reason: 'ClusterUnreachable', message: error.message };
      await patchStatus(deps, description, waitingStatus(description, waiting), signal);
      return { requeueAfterMs: UNREACHABLE_RETRY_MS };
    }
  };
}

async function deliver(
  deps: DescriptionReconcilerDeps,
  original: Description,
  child: KubeClient,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const { descriptions, clock, events, log } = deps;
  let description = await addFinalizer(descriptions, original, FINALIZERS.app, signal);
  const owner = ownerOf(description);
  const documents = (description.spec.raw ?? []).map((raw, index) => parseDocument(raw, index));
  const plan = planDelivery(documents, parseInventory(inventoryOf(description)));
  description = await recordInventory(deps, description, formatInventory(plan.inventoryBefore), signal);

  const report = await applyPlan({ child, clock }, plan, owner, signal);
  if (report.failures.length > 0) {
    throwIfUnreachable(report);
    const status = failureStatus(
      description,
      report.failures.map(({ message }) => message),
    );
    const hasChanged = await patchStatus(deps, description, status, signal);
    if (hasChanged) events.record(description, 'Warning', 'UnSuccessfullyDeployed', status.reason);
    throw new AggregateError(
      report.failures.map(({ error }) => error),
      status.reason,
    );
  }
  await recordInventory(deps, description, formatInventory(plan.inventoryAfter), signal);
  for (const entry of report.pruned) {
    events.record(description, 'Normal', 'SuccessfullyPruningFeed', `${describeEntry(entry)} is deleted`);
  }
  await patchStatus(deps, description, successStatus(description), signal);
  const { namespace = '', name = '' } = description.metadata;
  const message = `Description ${namespace}/${name} is deployed successfully`;
  events.record(description, 'Normal', 'SuccessfullyDeployed', message);
  log.info('description deployed', { description: `${namespace}/${name}`, applied: report.applied });
  return {};
}

async function remove(
  deps: DescriptionReconcilerDeps,
  description: Description,
  child: KubeClient,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const { pruneSteps } = planDelivery([], deliveredBy(description));
  const report = await removeSteps({ child, clock: deps.clock }, pruneSteps, ownerOf(description), signal);
  if (report.failures.length > 0) {
    throwIfUnreachable({ ...report, applied: 0 });
    const message = report.failures.map((failure) => failure.message).join('; ');
    deps.events.record(description, 'Warning', 'FailedDeletingDescription', message);
    throw new AggregateError(
      report.failures.map(({ error }) => error),
      message,
    );
  }
  await removeFinalizer(deps.descriptions, description, FINALIZERS.app, signal);
  deps.log.info('description removed', {
    description: description.metadata.name,
    pruned: report.pruned.length,
  });
  return {};
}

/** A Description that a Go deployer delivered has no inventory; then it is what its spec says. */
function deliveredBy(description: Description): ReturnType<typeof parseInventory> {
  const recorded = parseInventory(inventoryOf(description));
  if (recorded.length > 0) return recorded;
  return planDelivery(
    (description.spec.raw ?? []).map((raw, index) => parseDocument(raw, index)),
    [],
  ).inventoryAfter.slice();
}

function inventoryOf(description: Description): string | undefined {
  return description.metadata.annotations?.[INVENTORY_ANNOTATION];
}

async function recordInventory(
  { descriptions }: DescriptionReconcilerDeps,
  description: Description,
  inventory: string,
  signal: AbortSignal,
): Promise<Description> {
  if (inventoryOf(description) === inventory) return description;
  const { name = '', namespace = '' } = description.metadata;
  const body = { metadata: { annotations: { [INVENTORY_ANNOTATION]: inventory } } };
  return descriptions.patch({ name, namespace }, 'merge', body, {}, signal);
}

/** When the way to the child is broken, that is what to report, not each object. */
function throwIfUnreachable({ failures }: DeliveryReport): void {
  const broken = failures.find(({ error }) => isApiError(error, 'UNREACHABLE', 'UNAVAILABLE'));
  if (broken !== undefined) throw broken.error;
}
