import { FINALIZERS } from '@clusternet/api-types';
import type { Base, Subscription } from '@clusternet/api-types';
import { isApiError, isNamespaceTerminating } from '@clusternet/client';
import { addFinalizer, hasFinalizer, keyOf, removeFinalizer } from '@clusternet/controller-kit';
import type { EventRecorder, Reconcile } from '@clusternet/controller-kit';
import type { Logger } from '@clusternet/runtime';
import { isDetaching } from '../lifecycle/plan-detach.ts';
import { clusterOfNamespace, INDEX } from '../parent/caches.ts';
import type { ParentCaches } from '../parent/caches.ts';
import type { ParentResources } from '../parent/resources.ts';
import { planBases } from './plan-bases.ts';
import type { BasesPlan } from './plan-bases.ts';
import { planLocalizations } from './plan-localizations.ts';

export interface SubscriptionReconcilerDeps {
  readonly caches: ParentCaches;
  readonly resources: ParentResources;
  readonly events: EventRecorder;
  readonly log: Logger;
}

/** Keeps one Base in the namespace of each cluster that a Subscription is bound to. */
export function createSubscriptionReconciler(deps: SubscriptionReconcilerDeps): Reconcile {
  const { caches, resources, events, log } = deps;
  return async (key, signal) => {
    const subscription = caches.subscriptions.store.get(key);
    if (subscription === undefined) return {};
    const { uid = '' } = subscription.metadata;
    const bases = caches.bases.store.byIndex(INDEX.subscriptionUid, uid);
    if (subscription.metadata.deletionTimestamp !== undefined) {
      await removeSubscription(deps, subscription, signal);
      return {};
    }
    await addFinalizer(resources.subscriptions, subscription, FINALIZERS.app, signal);
    const plan = planBases(subscription, bases, (binding) => {
      const cluster = caches.clusters.store.get(binding);
      return cluster === undefined || isDetaching(cluster) ? undefined : cluster;
    });

    const created: Base[] = [];
    for (const base of plan.create) {
      try {
        created.push(await resources.bases.create(base, {}, signal));
        const { namespace = '', name = '' } = base.metadata;
        events.record(subscription, 'Normal', 'BaseCreated', `Base ${namespace}/${name} is created`);
      } catch (error) {
        // Exists: ours, and the cache lags, its event comes. Terminating: its cluster goes, which unbinds it.
        if (!isApiError(error, 'ALREADY_EXISTS') && !isNamespaceTerminating(error)) throw error;
      }
    }
    for (const { base, labels, feeds } of plan.update) {
      const { name = '', namespace = '', resourceVersion } = base.metadata;
      const body = { metadata: { resourceVersion, labels }, spec: { feeds } };
      await resources.bases.patch({ name, namespace }, 'merge', body, {}, signal);
      events.record(subscription, 'Normal', 'BaseUpdated', `Base ${namespace}/${name} is updated`);
    }
    for (const base of plan.remove) await deleteBase(resources, base.metadata, signal);
    await divideReplicas(deps, subscription, [...plan.keep, ...created], signal);
    const changes = plan.create.length + plan.update.length + plan.remove.length;
    if (changes > 0) log.info('bases changed', { subscription: key, changes });
    if (plan.unknownClusters.length > 0) {
      log.debug('bound to unknown clusters', { subscription: key, clusters: plan.unknownClusters });
    }
    return {};
  };
}

/** Gives each cluster its share. A Base that was made meanwhile and is not in `bases` yet brings us back when it is. */
async function divideReplicas(
  { caches, resources, log }: SubscriptionReconcilerDeps,
  subscription: Subscription,
  bases: BasesPlan['keep'],
  signal: AbortSignal,
): Promise<void> {
  const bindings = bases.flatMap((base): [string, Base][] => {
    const cluster = clusterOfNamespace(caches, base.metadata.namespace ?? '');
    return cluster === undefined ? [] : [[keyOf(cluster), base]];
  });
  const plan = planLocalizations({
    subscription,
    inventory: caches.inventories.store.get(keyOf(subscription)),
    bases: new Map(bindings),
    existing: caches.localizations.store.byIndex(INDEX.subscriptionUid, subscription.metadata.uid ?? ''),
  });
  for (const localization of plan.create) {
    try {
      await resources.localizations.create(localization, {}, signal);
    } catch (error) {
      if (!isApiError(error, 'ALREADY_EXISTS') && !isNamespaceTerminating(error)) throw error;
    }
  }
  for (const { localization, spec } of plan.update) {
    const { name = '', namespace = '', resourceVersion } = localization.metadata;
    const body = { metadata: { resourceVersion }, spec };
    await resources.localizations.patch({ name, namespace }, 'merge', body, {}, signal);
  }
  for (const { metadata } of plan.remove) {
    const { name = '', namespace = '', uid } = metadata;
    try {
      await resources.localizations.delete({ name, namespace }, uid === undefined ? {} : { uid }, signal);
    } catch (error) {
      if (!isApiError(error, 'NOT_FOUND', 'CONFLICT')) throw error;
    }
  }
  const changes = plan.create.length + plan.update.length + plan.remove.length;
  if (changes > 0) log.info('replicas divided', { subscription: keyOf(subscription), changes });
}

/** Bases first; their disappearance enqueues the Subscription again, until none is left. */
async function removeSubscription(
  { caches, resources }: SubscriptionReconcilerDeps,
  subscription: Subscription,
  signal: AbortSignal,
): Promise<void> {
  if (!hasFinalizer(subscription, FINALIZERS.app)) return;
  const bases = caches.bases.store.byIndex(INDEX.subscriptionUid, subscription.metadata.uid ?? '');
  for (const { metadata } of bases) {
    if (metadata.deletionTimestamp === undefined) await deleteBase(resources, metadata, signal);
  }
  if (bases.length > 0) return;
  await removeFinalizer(resources.subscriptions, subscription, FINALIZERS.app, signal);
}

async function deleteBase(
  { bases }: ParentResources,
  { name = '', namespace = '', uid }: { name?: string; namespace?: string; uid?: string },
  signal: AbortSignal,
): Promise<void> {
  try {
    const precondition = uid === undefined ? {} : { uid };
    await bases.delete({ name, namespace }, { propagationPolicy: 'Background', ...precondition }, signal);
  } catch (error) {
    if (!isApiError(error, 'NOT_FOUND', 'CONFLICT')) throw error;
  }
}
