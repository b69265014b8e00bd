import { ANNOTATIONS, FINALIZERS, LABELS } from '@clusternet/api-types';
import type { Base, Description } from '@clusternet/api-types';
import { isApiError, isNamespaceTerminating } from '@clusternet/client';
import { addFinalizer, hasFinalizer, keyOf, removeFinalizer } from '@clusternet/controller-kit';
import type { EventRecorder, Reconcile } from '@clusternet/controller-kit';
import type { KubeObject } from '@clusternet/kube-data';
import type { Logger } from '@clusternet/runtime';
import { planDetachPolicy } from '../lifecycle/plan-detach.ts';
import { clusterOfNamespace, INDEX } from '../parent/caches.ts';
import type { ParentCaches } from '../parent/caches.ts';
import { isManifestOf, manifestKey } from '../parent/feed-keys.ts';
import type { ParentResources } from '../parent/resources.ts';
import type { FeedProblems } from './feed-problems.ts';
import { gatherOverrides } from './gather-overrides.ts';
import { planDescription } from './plan-description.ts';
import type { GatheredFeed } from './plan-description.ts';
import { findMissingShare } from './plan-share.ts';

export interface BaseReconcilerDeps {
  readonly caches: ParentCaches;
  readonly resources: ParentResources;
  readonly problems: FeedProblems;
  /** Told when the problems of a Base changed. */
  readonly onProblems: (base: Base) => void;
  /** Whether this hub counts replicas itself (feature gate FeedInventory). */
  readonly isCounting: boolean;
  readonly events: EventRecorder;
  readonly log: Logger;
}

/** Keeps the Description of one Base equal to what its feeds and overrides ask for. */
export function createBaseReconciler(deps: BaseReconcilerDeps): Reconcile {
  const { caches, resources, problems, events, log } = deps;
  return async (key, signal) => {
    const base = caches.bases.store.get(key);
    if (base === undefined) {
      problems.set(key, []);
      return {}; // gone: owner references remove the Descriptions
    }
    const current = descriptionOf(caches, base);
    if (base.metadata.deletionTimestamp !== undefined) {
      await removeBase(deps, base, signal);
      return {};
    }
    await addFinalizer(resources.bases, base, FINALIZERS.app, signal);
    const plan = planDescription(base, gatherFeeds(deps, base), current);

    switch (plan.change.kind) {
      case 'none':
        break;
      case 'create':
        await createOnce(resources, plan.change.description, signal);
        break;
      case 'update':
        await updateDescription(resources, current, plan.change, signal);
        break;
      case 'delete':
        if (current !== undefined) await deleteDescription(resources, current, signal);
        break;
    }
    if (plan.change.kind !== 'none') log.info('description changed', { base: key, change: plan.change.kind });
    if (problems.set(key, plan.problems)) {
      for (const { reason, message } of plan.problems) {
        // A share is on its way: no cause for alarm.
        if (reason !== 'ReplicasNotDivided') events.record(base, 'Warning', reason, message);
      }
      deps.onProblems(base);
    }
    return {};
  };
}

function gatherFeeds({ caches, isCounting }: BaseReconcilerDeps, base: Base): GatheredFeed[] {
  const { namespace = '', labels = {} } = base.metadata;
  const cluster = clusterOfNamespace(caches, namespace);
  const uid = labels[LABELS.subscriptionUid] ?? '';
  const [subscription] = caches.subscriptions.store.byIndex(INDEX.uid, uid);
  return base.spec.feeds.map((feed) => {
    const objects = caches.manifests.store
      .byIndex(INDEX.feed, manifestKey(feed))
      .filter((manifest) => manifest.metadata.deletionTimestamp === undefined && isManifestOf(manifest, feed))
      .map((manifest) => ({
        template: manifest.template as unknown as KubeObject,
        overrides: gatherOverrides(caches, manifest, namespace, cluster),
      }));
    if (subscription?.spec.schedulingStrategy !== 'Dividing' || cluster === undefined)
      return { feed, objects };
    const missingShare = findMissingShare({
      subscription,
      inventory: caches.inventories.store.get(keyOf(subscription)),
      binding: keyOf(cluster),
      base,
      feed,
      templates: objects.map(({ template }) => template),
      localizations: objects.flatMap(({ overrides }) => overrides.localizations),
      isCounting,
    });
    return { feed, objects, missingShare };
  });
}

function descriptionOf(caches: ParentCaches, { metadata: { uid = '' } }: Base): Description | undefined {
  return caches.descriptions.store
    .byIndex(INDEX.baseUid, uid)
    .find(({ spec, metadata }) => spec.deployer === 'Generic' && metadata.deletionTimestamp === undefined);
}

async function createOnce(
  { descriptions }: ParentResources,
  description: Description,
  signal: AbortSignal,
): Promise<void> {
  try {
    await descriptions.create(description, {}, signal);
  } catch (error) {
    // Exists: the cache lags, its event brings us back. Terminating: the Base goes with its namespace.
    if (!isApiError(error, 'ALREADY_EXISTS') && !isNamespaceTerminating(error)) throw error;
  }
}

async function updateDescription(
  { descriptions }: ParentResources,
  current: Description | undefined,
  { spec, labels }: { readonly spec: Description['spec']; readonly labels: Record<string, string> },
  signal: AbortSignal,
): Promise<void> {
  const { name = '', namespace = '', resourceVersion } = current?.metadata ?? {};
  await descriptions.patch(
    { name, namespace },
    'merge',
    { metadata: { resourceVersion, labels }, spec },
    {},
    signal,
  );
}

async function deleteDescription(
  { descriptions }: ParentResources,
  { metadata: { name = '', namespace = '' } }: Description,
  signal: AbortSignal,
): Promise<void> {
  try {
    await descriptions.delete({ name, namespace }, { propagationPolicy: 'Background' }, signal);
  } catch (error) {
    if (!isApiError(error, 'NOT_FOUND')) throw error;
  }
}

/** Whether the cluster leaves and what was delivered to it stays there. */
function isKeeping(caches: ParentCaches, { metadata: { namespace = '' } }: Base): boolean {
  const cluster = clusterOfNamespace(caches, namespace);
  const intent = cluster === undefined ? undefined : planDetachPolicy(cluster);
  return intent?.kind === 'detach' && intent.policy === 'Keep';
}

/** Before it is deleted: whoever deploys it, hub or agent, then lets go of its objects and deletes none. */
async function orphanDescription(
  { descriptions }: ParentResources,
  { metadata: { name = '', namespace = '', annotations = {} } }: Description,
  signal: AbortSignal,
): Promise<void> {
  if (annotations[ANNOTATIONS.deletionPolicy] === 'Orphan') return;
  const body = { metadata: { annotations: { [ANNOTATIONS.deletionPolicy]: 'Orphan' } } };
  await descriptions.patch({ name, namespace }, 'merge', body, {}, signal);
}

/** The Base stays until its Descriptions are gone, a Go peer's too, which stay until the child is clean. */
async function removeBase(
  { caches, resources, problems }: BaseReconcilerDeps,
  base: Base,
  signal: AbortSignal,
): Promise<void> {
  if (!hasFinalizer(base, FINALIZERS.app)) return;
  const descriptions = caches.descriptions.store.byIndex(INDEX.baseUid, base.metadata.uid ?? '');
  const isKept = isKeeping(caches, base);
  for (const description of descriptions) {
    if (description.metadata.deletionTimestamp !== undefined) continue;
    if (isKept) await orphanDescription(resources, description, signal);
    await deleteDescription(resources, description, signal);
  }
  if (descriptions.length > 0) return;
  problems.set(`${base.metadata.namespace ?? ''}/${base.metadata.name ?? ''}`, []);
  await removeFinalizer(resources.bases, base, FINALIZERS.app, signal);
}
