import { compareText, parseApiVersion } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { entryKey, entryOf } from './inventory.ts';
import type { InventoryEntry } from './inventory.ts';

/** What to do in which order. Objects of one step do not depend on each other. */
export interface DeliveryPlan {
  readonly applySteps: readonly (readonly KubeObject[])[];
  readonly pruneSteps: readonly (readonly InventoryEntry[])[];
  /** To be on record before the first write: everything that may exist from then on. */
  readonly inventoryBefore: readonly InventoryEntry[];
  /** To be on record when all is done. */
  readonly inventoryAfter: readonly InventoryEntry[];
}

/**
 * Kinds that others need first, and webhooks last: one that fails closed would refuse everything until the service
 * behind it runs. Everything else is in between.
 */
const RANKS = new Map([
  ['/Namespace', 0],
  ['apiextensions.k8s.io/CustomResourceDefinition', 1],
  ['/ServiceAccount', 2],
  ['/Secret', 2],
  ['/ConfigMap', 2],
  ['/PersistentVolume', 2],
  ['/PersistentVolumeClaim', 2],
  ['/LimitRange', 2],
  ['/ResourceQuota', 2],
  ['networking.k8s.io/NetworkPolicy', 2],
  ['storage.k8s.io/StorageClass', 2],
  ['scheduling.k8s.io/PriorityClass', 2],
  ['rbac.authorization.k8s.io/ClusterRole', 2],
  ['rbac.authorization.k8s.io/Role', 2],
  ['rbac.authorization.k8s.io/ClusterRoleBinding', 3],
  ['rbac.authorization.k8s.io/RoleBinding', 3],
  ['apiregistration.k8s.io/APIService', 5],
  ['admissionregistration.k8s.io/MutatingWebhookConfiguration', 5],
  ['admissionregistration.k8s.io/ValidatingWebhookConfiguration', 5],
]);
const USUAL_RANK = 4;
const LAST_RANK = 5;

function rankOf({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): number {
  return RANKS.get(`${parseApiVersion(apiVersion).group}/${kind}`) ?? USUAL_RANK;
}

/**
 * Plans the way from what was delivered to what is wanted.
 *
 * @param objects - Shape `[n]`, what is wanted; a later entry for the same object wins
 * @param previous - Shape `[m]`, what may have been delivered
 * @returns Namespaces first, then CRDs, then what is referred to, then the rest, then webhooks; pruning in reverse,
 *   after it. Steps are never empty, and sorted within.
 */
export function planDelivery(
  objects: readonly KubeObject[],
  previous: readonly InventoryEntry[],
): DeliveryPlan {
  const wanted = new Map(objects.map((object) => [entryKey(entryOf(object)), object]));
  const stale = previous.filter((entry) => !wanted.has(entryKey(entry)));
  const inventoryAfter = [...wanted.values()].map(entryOf);
  return {
    applySteps: inSteps([...wanted.values()], (object) => entryKey(entryOf(object))),
    pruneSteps: inSteps(stale, entryKey).reverse(),
    inventoryBefore: [...inventoryAfter, ...stale],
    inventoryAfter,
  };
}

function inSteps<T extends { readonly apiVersion: string; readonly kind: string }>(
  items: readonly T[],
  keyOf: (item: T) => string,
): T[][] {
  const steps = Array.from({ length: LAST_RANK + 1 }, (): T[] => []);
  for (const item of items) steps[rankOf(item)]?.push(item);
  for (const step of steps) step.sort((a, b) => compareText(keyOf(a), keyOf(b)));
  return steps.filter((step) => step.length > 0);
}
