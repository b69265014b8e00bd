import type { KubeObject } from '@clusternet/kube-data';
import { labelsAt, numberAt, objectAt, textAt } from '../built-in/fields.ts';
import { splitKey } from './local-controller.ts';
import type { LocalController, LocalControllerDeps } from './local-controller.ts';
import {
  controllerKeys,
  createOwnerReference,
  createPod,
  getController,
  isPodActive,
  isPodReady,
  selects,
} from './pods.ts';
import { readOrUndefined } from './read-or-undefined.ts';
import { deleteQuietly, updateObject, updateStatus } from './update-status.ts';

/** Keeps as many pods as a ReplicaSet or a ReplicationController asks for. */
export function createReplicaSetController(
  { api }: LocalControllerDeps,
  kind: { readonly group: string; readonly resource: string; readonly kind: string },
): LocalController {
  const sets = api.of(kind.group, kind.resource);
  const pods = api.of('', 'pods');

  const gatherPods = async (set: KubeObject): Promise<KubeObject[]> => {
    const selector = objectAt(objectAt(set, 'spec'), 'selector') ?? {};
    const given = kind.group === '' ? { matchLabels: selector } : selector;
    const { items } = await pods.list(set.metadata.namespace ?? '');
    const own: KubeObject[] = [];
    for (const pod of items) {
      const owner = getController(pod);
      if (owner?.uid === set.metadata.uid) own.push(pod);
      else if (
        owner === undefined &&
        isPodActive(pod) &&
        set.metadata.deletionTimestamp === undefined &&
        selects(given, pod)
      ) {
        const adopted = await updateObject(pods, pod, (next) => {
          next.metadata.ownerReferences = [
            ...(next.metadata.ownerReferences ?? []),
            createOwnerReference(set),
          ];
        });
        if (adopted !== undefined) own.push(adopted);
      }
    }
    return own;
  };

  return {
    name: kind.resource,
    watches: [
      { resource: sets.definition.storageResource },
      { resource: 'pods', map: controllerKeys(kind.kind) },
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const set = await readOrUndefined(sets, namespace, name);
      if (set === undefined) return undefined;
      const spec = objectAt(set, 'spec');
      let active = (await gatherPods(set)).filter(isPodActive);
      if (set.metadata.deletionTimestamp === undefined) {
        const wanted = numberAt(spec, 'replicas') ?? 1;
        for (let missing = wanted - active.length; missing > 0; missing -= 1) {
          await createPod(api, set, objectAt(spec, 'template'));
        }
        for (const pod of pickSurplus(active, active.length - wanted)) await deleteQuietly(pods, pod);
        active = (await gatherPods(set)).filter(isPodActive);
      }
      const labels = labelsAt(objectAt(objectAt(spec, 'template'), 'metadata'), 'labels');
      const isLabelled = (pod: KubeObject): boolean =>
        Object.entries(labels).every(([label, value]) => pod.metadata.labels?.[label] === value);
      const ready = active.filter(isPodReady).length;
      await updateStatus(sets, set, {
        replicas: active.length,
        fullyLabeledReplicas: active.filter(isLabelled).length || undefined,
        readyReplicas: ready || undefined,
        availableReplicas: ready || undefined,
        observedGeneration: set.metadata.generation,
      });
      return undefined;
    },
  };
}

/** Pods that are nowhere go first, then those that are not ready, then the newest. */
function pickSurplus(pods: readonly KubeObject[], count: number): KubeObject[] {
  if (count <= 0) return [];
  const rank = (pod: KubeObject): number =>
    textAt(objectAt(pod, 'spec'), 'nodeName') === '' ? 0 : isPodReady(pod) ? 2 : 1;
  const age = (pod: KubeObject): number => Number(pod.metadata.resourceVersion);
  return pods.toSorted((a, b) => rank(a) - rank(b) || age(b) - age(a)).slice(0, count);
}
