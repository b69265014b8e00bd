import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { numberAt, objectAt, objectsAt, textAt } from '../built-in/fields.ts';
import { createSystemContext } from '../control-plane/system-context.ts';
import { splitKey } from './local-controller.ts';
import type { LocalController, LocalControllerDeps } from './local-controller.ts';
import { getRevisionTemplate } from './plan-revision.ts';
import { controllerKeys, createPod, isPodActive, isPodReady, listOwned } from './pods.ts';
import { readOrUndefined, unlessExists } from './read-or-undefined.ts';
import { createRevisionHistory } from './revision-history.ts';
import { deleteQuietly, updateStatus } from './update-status.ts';

const REVISION = 'controller-revision-hash';

/** A template, and the name of the revision that keeps it. */
interface Version {
  readonly name: string;
  readonly template: JsonObject;
}

/** What pods are made of: below the partition of a rolling update, of what was current before. */
interface Versions {
  readonly current: Version;
  readonly update: Version;
}

/** Keeps the numbered pods of a StatefulSet: in order, one at a time unless told otherwise. */
export function createStatefulSetController({ api }: LocalControllerDeps): LocalController {
  const sets = api.of('apps', 'statefulsets');
  const pods = api.of('', 'pods');
  const context = createSystemContext('kube-controller-manager');

  const history = createRevisionHistory(api, 'controller.kubernetes.io/hash');

  const getVersions = async (set: KubeObject): Promise<Versions> => {
    const newest = await history.ensure(set);
    const update = { name: newest.metadata.name ?? '', template: getRevisionTemplate(newest) };
    const known = textAt(objectAt(set, 'status'), 'currentRevision');
    const old = known === update.name ? undefined : await history.find(set, known);
    return {
      update,
      current: old === undefined ? update : { name: known, template: getRevisionTemplate(old) },
    };
  };

  const createMember = async (
    set: KubeObject,
    ordinal: number,
    { current, update }: Versions,
  ): Promise<void> => {
    const { name: revision, template } = ordinal < getPartition(set) ? current : update;
    const spec = objectAt(set, 'spec');
    const { name = '', namespace = '' } = set.metadata;
    const podName = `${name}-${ordinal}`;
    const claims = objectsAt(spec, 'volumeClaimTemplates');
    const volumes = [...objectsAt(objectAt(template, 'spec'), 'volumes')];
    for (const claim of claims) {
      const claimName = `${textAt(objectAt(claim, 'metadata'), 'name')}-${podName}`;
      const object: KubeObject = {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: claimName, namespace, labels: { ...set.metadata.labels } },
        spec: structuredClone(objectAt(claim, 'spec') ?? {}),
      };
      await unlessExists(api.of('', 'persistentvolumeclaims').create(namespace, object, context));
      volumes.push({
        name: textAt(objectAt(claim, 'metadata'), 'name'),
        persistentVolumeClaim: { claimName },
      });
    }
    const extra: JsonObject = { hostname: podName, subdomain: textAt(spec, 'serviceName') || undefined };
    if (volumes.length > 0) extra['volumes'] = volumes;
    await unlessExists(
      createPod(api, set, template, {
        name: podName,
        labels: {
          [REVISION]: revision,
          'statefulset.kubernetes.io/pod-name': podName,
          'apps.kubernetes.io/pod-index': String(ordinal),
        },
        spec: extra,
      }),
    );
  };

  /** Does one thing; the change that it makes wakes this up for the next. */
  const step = async (
    set: KubeObject,
    members: ReadonlyMap<number, KubeObject>,
    versions: Versions,
  ): Promise<void> => {
    const spec = objectAt(set, 'spec');
    const wanted = numberAt(spec, 'replicas') ?? 1;
    const isParallel = textAt(spec, 'podManagementPolicy') === 'Parallel';
    for (let ordinal = 0; ordinal < wanted; ordinal += 1) {
      const pod = members.get(ordinal);
      if (pod === undefined) await createMember(set, ordinal, versions);
      else if (textAt(objectAt(pod, 'status'), 'phase') === 'Failed') await deleteQuietly(pods, pod);
      if (!isParallel && (pod === undefined || !isPodActive(pod) || !isPodReady(pod))) return;
    }
    const surplus = [...members].filter(([ordinal]) => ordinal >= wanted).sort(([a], [b]) => b - a);
    for (const [, pod] of surplus) {
      if (isPodActive(pod)) await deleteQuietly(pods, pod);
      if (!isParallel) return;
    }
    await replaceOutdated(set, members, versions.update.name);
  };

  const replaceOutdated = async (
    set: KubeObject,
    members: ReadonlyMap<number, KubeObject>,
    revision: string,
  ): Promise<void> => {
    const update = objectAt(objectAt(set, 'spec'), 'updateStrategy');
    if (textAt(update, 'type') === 'OnDelete') return;
    const partition = getPartition(set);
    if ([...members.values()].some((pod) => !isPodActive(pod) || !isPodReady(pod))) return;
    for (const [ordinal, pod] of [...members].sort(([a], [b]) => b - a)) {
      if (ordinal < partition || pod.metadata.labels?.[REVISION] === revision) continue;
      await deleteQuietly(pods, pod);
      return;
    }
  };

  const gather = async (set: KubeObject): Promise<Map<number, KubeObject>> => {
    const members = new Map<number, KubeObject>();
    for (const pod of await listOwned(api, { group: '', resource: 'pods' }, set)) {
      const ordinal = /-(\d+)$/.exec(pod.metadata.name ?? '')?.[1];
      if (ordinal !== undefined) members.set(Number(ordinal), pod);
    }
    return members;
  };

  return {
    name: 'statefulsets',
    watches: [{ resource: 'statefulsets.apps' }, { resource: 'pods', map: controllerKeys('StatefulSet') }],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const set = await readOrUndefined(sets, namespace, name);
      if (set === undefined) return undefined;
      if (set.metadata.deletionTimestamp !== undefined) return undefined;
      const versions = await getVersions(set);
      const revision = versions.update.name;
      await step(set, await gather(set), versions);
      const members = [...(await gather(set)).values()].filter(isPodActive);
      const updated = members.filter((pod) => pod.metadata.labels?.[REVISION] === revision).length;
      const ready = members.filter(isPodReady).length;
      const wanted = numberAt(objectAt(set, 'spec'), 'replicas') ?? 1;
      const isDone = updated === wanted && ready === wanted && members.length === wanted;
      const known = textAt(objectAt(set, 'status'), 'currentRevision');
      await updateStatus(sets, set, {
        observedGeneration: set.metadata.generation,
        replicas: members.length,
        readyReplicas: ready || undefined,
        availableReplicas: ready,
        updatedReplicas: updated || undefined,
        currentReplicas: (isDone ? updated : members.length - updated) || undefined,
        currentRevision: isDone || known === '' ? revision : known,
        updateRevision: revision,
        collisionCount: 0,
      });
      const inUse = [revision, known, ...members.map((pod) => pod.metadata.labels?.[REVISION] ?? '')];
      await history.trim(set, new Set(inUse));
      return undefined;
    },
  };
}

/** Members from this one on are brought up to date. */
function getPartition(set: KubeObject): number {
  const update = objectAt(objectAt(set, 'spec'), 'updateStrategy');
  return numberAt(objectAt(update, 'rollingUpdate'), 'partition') ?? 0;
}
