import { formatTimestamp } from '@clusternet/apiserver';
import { cloneJson, equalJson } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { ensureObject, labelsAt, numberAt, objectAt, objectsAt, textAt } from '../built-in/fields.ts';
import { createSystemContext } from '../control-plane/system-context.ts';
import { planRollout } from './deployment-plan.ts';
import type { ReplicaCount } from './deployment-plan.ts';
import { splitKey } from './local-controller.ts';
import type { LocalController, LocalControllerDeps } from './local-controller.ts';
import {
  controllerKeys,
  createOwnerReference,
  hashTemplate,
  listOwned,
  resolveShare,
  withCondition,
} from './pods.ts';
import { readOrUndefined, unlessExists } from './read-or-undefined.ts';
import { deleteQuietly, updateObject, updateStatus } from './update-status.ts';

const HASH = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';

/** Rolls deployments out: one replica set per template, scaled within the limits of the strategy. */
export function createDeploymentController({ api, clock }: LocalControllerDeps): LocalController {
  const deployments = api.of('apps', 'deployments');
  const sets = api.of('apps', 'replicasets');
  const context = createSystemContext('kube-controller-manager');

  const ensureCurrent = async (
    deployment: KubeObject,
    owned: readonly KubeObject[],
  ): Promise<KubeObject | undefined> => {
    const spec = objectAt(deployment, 'spec');
    const template = objectAt(spec, 'template') ?? {};
    const found = owned.find((set) =>
      equalJson(stripHash(objectAt(objectAt(set, 'spec'), 'template')), template),
    );
    const highest = Math.max(0, ...owned.filter((set) => set !== found).map(revisionOf));
    if (found !== undefined) {
      if (revisionOf(found) > highest) return found;
      return updateObject(sets, found, (next) => {
        next.metadata.annotations = { ...next.metadata.annotations, [REVISION]: String(highest + 1) };
      });
    }
    const hash = hashTemplate(template);
    const { name = '', namespace = '' } = deployment.metadata;
    const own = cloneJson(template);
    const labels = { ...labelsAt(objectAt(own, 'metadata'), 'labels'), [HASH]: hash };
    ensureObject(own, 'metadata')['labels'] = labels;
    const selector = objectAt(spec, 'selector');
    const set: KubeObject = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        labels,
        annotations: { ...inherited(deployment), [REVISION]: String(highest + 1) },
        ownerReferences: [createOwnerReference(deployment)],
      },
      spec: {
        replicas: 0,
        ...(spec?.['minReadySeconds'] === undefined ? {} : { minReadySeconds: spec['minReadySeconds'] }),
        selector: { ...selector, matchLabels: { ...labelsAt(selector, 'matchLabels'), [HASH]: hash } },
        template: own,
      },
    };
    const made = await unlessExists(sets.create(namespace, set, context));
    return made ?? (await readOrUndefined(sets, namespace, `${name}-${hash}`));
  };

  const scale = async (set: KubeObject, replicas: number): Promise<void> => {
    if ((numberAt(objectAt(set, 'spec'), 'replicas') ?? 0) === replicas) return;
    await updateObject(sets, set, (next) => {
      ensureObject(next as unknown as JsonObject, 'spec')['replicas'] = replicas;
    });
  };

  const rollOut = async (
    deployment: KubeObject,
    current: KubeObject,
    old: readonly KubeObject[],
  ): Promise<void> => {
    const spec = objectAt(deployment, 'spec');
    const desired = numberAt(spec, 'replicas') ?? 1;
    const strategy = objectAt(spec, 'strategy');
    if (textAt(strategy, 'type') === 'Recreate') {
      for (const set of old) await scale(set, 0);
      if (old.every((set) => (numberAt(objectAt(set, 'status'), 'replicas') ?? 0) === 0))
        await scale(current, desired);
      return;
    }
    const rolling = objectAt(strategy, 'rollingUpdate');
    const maxSurge = resolveShare(rolling?.['maxSurge'] ?? '25%', desired, Math.ceil);
    const unavailable = resolveShare(rolling?.['maxUnavailable'] ?? '25%', desired, Math.floor);
    const maxUnavailable = maxSurge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, desired);
    const steps = planRollout({
      desired,
      maxSurge,
      maxUnavailable,
      current: countOf(current),
      old: old.map(countOf),
    });
    for (const set of [current, ...old]) {
      const replicas = steps.get(set.metadata.name ?? '');
      if (replicas !== undefined) await scale(set, replicas);
    }
  };

  const cleanUp = async (deployment: KubeObject, old: readonly KubeObject[]): Promise<void> => {
    const limit = numberAt(objectAt(deployment, 'spec'), 'revisionHistoryLimit') ?? 10;
    const idle = old.filter(
      (set) => countOf(set).replicas === 0 && (numberAt(objectAt(set, 'status'), 'replicas') ?? 0) === 0,
    );
    for (const set of idle.slice(0, Math.max(0, idle.length - limit))) await deleteQuietly(sets, set);
  };

  return {
    name: 'deployments',
    watches: [
      { resource: 'deployments.apps' },
      { resource: 'replicasets.apps', map: controllerKeys('Deployment') },
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const deployment = await readOrUndefined(deployments, namespace, name);
      if (deployment === undefined) return undefined;
      if (deployment.metadata.deletionTimestamp === undefined) {
        const owned = (await listOwned(api, { group: 'apps', resource: 'replicasets' }, deployment)).toSorted(
          (a, b) => revisionOf(a) - revisionOf(b),
        );
        const isPaused = objectAt(deployment, 'spec')?.['paused'] === true;
        const current = isPaused ? owned.at(-1) : await ensureCurrent(deployment, owned);
        if (current !== undefined) {
          const old = owned.filter((set) => set.metadata.uid !== current.metadata.uid);
          await rollOut(deployment, current, isPaused ? [] : old);
          await cleanUp(deployment, old);
          const revision = String(revisionOf(current));
          if (deployment.metadata.annotations?.[REVISION] !== revision) {
            await updateObject(deployments, deployment, (next) => {
              next.metadata.annotations = { ...next.metadata.annotations, [REVISION]: revision };
            });
          }
        }
      }
      await report(deployment);
      return undefined;
    },
  };

  async function report(deployment: KubeObject): Promise<void> {
    const owned = (await listOwned(api, { group: 'apps', resource: 'replicasets' }, deployment)).toSorted(
      (a, b) => revisionOf(a) - revisionOf(b),
    );
    const template = objectAt(objectAt(deployment, 'spec'), 'template');
    const current = owned.find((set) =>
      equalJson(stripHash(objectAt(objectAt(set, 'spec'), 'template')), template),
    );
    const total = (field: string): number =>
      owned.reduce((sum, set) => sum + (numberAt(objectAt(set, 'status'), field) ?? 0), 0);
    const desired = numberAt(objectAt(deployment, 'spec'), 'replicas') ?? 1;
    const [replicas, available] = [total('replicas'), total('availableReplicas')];
    const updated = numberAt(objectAt(current, 'status'), 'replicas') ?? 0;
    const rolling = objectAt(objectAt(objectAt(deployment, 'spec'), 'strategy'), 'rollingUpdate');
    const maxUnavailable =
      rolling === undefined ? 0 : resolveShare(rolling['maxUnavailable'], desired, Math.floor);
    const isComplete = updated === desired && replicas === desired && available === desired;
    const at = formatTimestamp(clock.nowMs());
    const isAvailable = available >= desired - maxUnavailable;
    const setName = current?.metadata.name ?? '';
    let conditions = objectsAt(objectAt(deployment, 'status'), 'conditions');
    conditions = withUpdate(
      conditions,
      isAvailable
        ? {
            type: 'Available',
            status: 'True',
            reason: 'MinimumReplicasAvailable',
            message: 'Deployment has minimum availability.',
          }
        : {
            type: 'Available',
            status: 'False',
            reason: 'MinimumReplicasUnavailable',
            message: 'Deployment does not have minimum availability.',
          },
      at,
    );
    conditions = withUpdate(
      conditions,
      isComplete
        ? {
            type: 'Progressing',
            status: 'True',
            reason: 'NewReplicaSetAvailable',
            message: `ReplicaSet ${JSON.stringify(setName)} has successfully progressed.`,
          }
        : {
            type: 'Progressing',
            status: 'True',
            reason: 'ReplicaSetUpdated',
            message: `ReplicaSet ${JSON.stringify(setName)} is progressing.`,
          },
      at,
    );
    await updateStatus(deployments, deployment, {
      observedGeneration: deployment.metadata.generation,
      replicas: replicas || undefined,
      updatedReplicas: updated || undefined,
      readyReplicas: total('readyReplicas') || undefined,
      availableReplicas: available || undefined,
      unavailableReplicas: Math.max(0, Math.max(desired, replicas) - available) || undefined,
      conditions,
    });
  }
}

/** Deployments also say when a condition was last written. */
function withUpdate(conditions: readonly JsonObject[], condition: JsonObject, at: string): JsonObject[] {
  const known = conditions.find((item) => item['type'] === condition['type']);
  const isSame = ['status', 'reason', 'message'].every((key) => known?.[key] === condition[key]);
  if (isSame) return [...conditions];
  return withCondition(conditions, { ...condition, lastUpdateTime: at }, at);
}

function countOf(set: KubeObject): ReplicaCount {
  return {
    name: set.metadata.name ?? '',
    replicas: numberAt(objectAt(set, 'spec'), 'replicas') ?? 0,
    available: numberAt(objectAt(set, 'status'), 'availableReplicas') ?? 0,
  };
}

function revisionOf(set: KubeObject): number {
  return Number(set.metadata.annotations?.[REVISION] ?? '0');
}

function inherited({ metadata }: KubeObject): Record<string, string> {
  const all = Object.entries(metadata.annotations ?? {});
  return Object.fromEntries(
    all.filter(([key]) => key !== REVISION && key !== 'kubectl.kubernetes.io/last-applied-configuration'),
  );
}

function stripHash(template: JsonObject | undefined): JsonObject {
  const { [HASH]: _, ...labels } = labelsAt(objectAt(template, 'metadata'), 'labels');
  return { ...template, metadata: { ...objectAt(template, 'metadata'), labels } };
}
