import { cloneJson, equalJson } from '@clusternet/kube-data';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { ensureObject, labelsAt, numberAt, objectAt, textAt } from '../built-in/fields.ts';
import { createSystemContext } from '../control-plane/system-context.ts';
import { planRollout } from './deployment-plan.ts';
import type { ReplicaCount } from './deployment-plan.ts';
import { planDeploymentStatus } from './plan-deployment-status.ts';
import { splitKey } from './local-controller.ts';
import type { LocalController, LocalControllerDeps } from './local-controller.ts';
import { controllerKeys, createOwnerReference, hashTemplate, listOwned, resolveShare } from './pods.ts';
import { readOrUndefined, unlessExists } from './read-or-undefined.ts';
import { deleteQuietly, updateObject, updateStatus } from './update-status.ts';

const HASH = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';
/** Revisions that a replica set had before. */
const HISTORY = 'deployment.kubernetes.io/revision-history';

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
      const annotations = planSetAnnotations(deployment, found, Math.max(highest + 1, revisionOf(found)));
      if (equalJson(annotations, found.metadata.annotations ?? {})) return found;
      return updateObject(sets, found, (next) => {
        next.metadata.annotations = annotations;
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
        annotations: planSetAnnotations(deployment, undefined, highest + 1),
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
      return report(deployment);
    },
  };

  async function report(deployment: KubeObject): Promise<{ requeueAfterMs?: number }> {
    const owned = (await listOwned(api, { group: 'apps', resource: 'replicasets' }, deployment)).toSorted(
      (a, b) => revisionOf(a) - revisionOf(b),
    );
    const template = objectAt(objectAt(deployment, 'spec'), 'template');
    const current = owned.find((set) =>
      equalJson(stripHash(objectAt(objectAt(set, 'spec'), 'template')), template),
    );
    const { status, ...next } = planDeploymentStatus(deployment, owned, current, clock.nowMs());
    await updateStatus(deployments, deployment, status);
    return next;
  }
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

/** Annotations of a deployment that its replica sets do not take over. */
const OWN_ANNOTATIONS: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  HISTORY,
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
]);

/** What a replica set says of its place in the history, and what it takes over from the deployment. */
function planSetAnnotations(
  deployment: KubeObject,
  set: KubeObject | undefined,
  revision: number,
): Record<string, string> {
  const own = set?.metadata.annotations ?? {};
  const old = own[REVISION];
  const history = [...(own[HISTORY]?.split(',') ?? []), ...(old === undefined ? [] : [old])];
  const inherited = Object.entries(deployment.metadata.annotations ?? {}).filter(
    ([key]) => !OWN_ANNOTATIONS.has(key),
  );
  return {
    ...own,
    ...Object.fromEntries(inherited),
    [REVISION]: String(revision),
    ...(old === undefined || old === String(revision) ? {} : { [HISTORY]: history.join(',') }),
  };
}

function stripHash(template: JsonObject | undefined): JsonObject {
  const { [HASH]: _, ...labels } = labelsAt(objectAt(template, 'metadata'), 'labels');
  return { ...template, metadata: { ...objectAt(template, 'metadata'), labels } };
}
