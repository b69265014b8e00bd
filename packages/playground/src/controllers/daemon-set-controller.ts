import type { KubeObject } from '@clusternet/kube-data';
import { labelsAt, objectAt, textAt } from '../built-in/fields.ts';
import { keyOfObject, splitKey } from './local-controller.ts';
import type { LocalController, LocalControllerDeps } from './local-controller.ts';
import { controllerKeys, createPod, hashTemplate, isPodActive, isPodReady, listOwned } from './pods.ts';
import { readOrUndefined } from './read-or-undefined.ts';
import { createRevisionHistory } from './revision-history.ts';
import { deleteQuietly, updateStatus } from './update-status.ts';

const REVISION = 'controller-revision-hash';

/** Keeps one pod on every node that a DaemonSet selects. */
export function createDaemonSetController({ api }: LocalControllerDeps): LocalController {
  const sets = api.of('apps', 'daemonsets');
  const pods = api.of('', 'pods');
  const known = new Set<string>();
  const history = createRevisionHistory(api, REVISION);

  return {
    name: 'daemonsets',
    watches: [
      {
        resource: 'daemonsets.apps',
        map: (set) => {
          known.add(keyOfObject(set));
          return [keyOfObject(set)];
        },
      },
      { resource: 'pods', map: controllerKeys('DaemonSet') },
      // Heartbeats do not matter: only nodes that come, go or change their labels.
      {
        resource: 'nodes',
        map: (node, previous) =>
          previous === undefined ||
          JSON.stringify(previous.metadata.labels) !== JSON.stringify(node.metadata.labels)
            ? [...known]
            : [],
      },
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const set = await readOrUndefined(sets, namespace, name);
      if (set === undefined) {
        known.delete(key);
        return undefined;
      }
      const template = objectAt(objectAt(set, 'spec'), 'template');
      const revision = hashTemplate(template);
      const nodes = await listNodes(template);
      if (set.metadata.deletionTimestamp === undefined) {
        await history.ensure(set);
        await place(set, nodes, revision);
      }
      const active = (await listOwned(api, { group: '', resource: 'pods' }, set)).filter(isPodActive);
      const ready = active.filter(isPodReady).length;
      await updateStatus(sets, set, {
        observedGeneration: set.metadata.generation,
        currentNumberScheduled: active.length,
        desiredNumberScheduled: nodes.length,
        numberMisscheduled: 0,
        numberReady: ready,
        numberAvailable: ready || undefined,
        numberUnavailable: Math.max(0, nodes.length - ready) || undefined,
        updatedNumberScheduled:
          active.filter((pod) => pod.metadata.labels?.[REVISION] === revision).length || undefined,
      });
      const hashes = [revision, ...active.map((pod) => pod.metadata.labels?.[REVISION] ?? '')];
      await history.trim(set, new Set(hashes.map((hash) => `${name}-${hash}`)));
      return undefined;
    },
  };

  async function listNodes(template: unknown): Promise<KubeObject[]> {
    const wanted = Object.entries(labelsAt(objectAt(template, 'spec'), 'nodeSelector'));
    const { items } = await api.of('', 'nodes').list('');
    return items.filter((node) => wanted.every(([label, value]) => node.metadata.labels?.[label] === value));
  }

  async function place(set: KubeObject, nodes: readonly KubeObject[], revision: string): Promise<void> {
    const own = await listOwned(api, { group: '', resource: 'pods' }, set);
    const byNode = new Map(
      own.filter(isPodActive).map((pod) => [textAt(objectAt(pod, 'spec'), 'nodeName'), pod]),
    );
    const names = new Set(nodes.map(({ metadata }) => metadata.name ?? ''));
    const isOnDelete = textAt(objectAt(objectAt(set, 'spec'), 'updateStrategy'), 'type') === 'OnDelete';
    for (const [node, pod] of byNode) {
      const isOutdated = pod.metadata.labels?.[REVISION] !== revision && !isOnDelete;
      if (!names.has(node) || isOutdated) await deleteQuietly(pods, pod);
    }
    for (const node of names) {
      const isTaken = own.some((pod) => textAt(objectAt(pod, 'spec'), 'nodeName') === node);
      if (isTaken) continue;
      const template = objectAt(objectAt(set, 'spec'), 'template');
      await createPod(api, set, template, { labels: { [REVISION]: revision }, spec: { nodeName: node } });
    }
  }
}
