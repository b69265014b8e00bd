import { formatTimestamp } from '@clusternet/apiserver';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { numberAt, objectAt, objectsAt, textAt } from '../built-in/fields.ts';
import { resolveShare, withCondition } from './pods.ts';

/** A status, and when it changes by the passing of time alone. */
export interface DeploymentStatusPlan {
  readonly status: JsonObject;
  readonly requeueAfterMs?: number;
}

interface Counts {
  readonly desired: number;
  readonly replicas: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
}

/**
 * The status of a deployment, as the deployment controller of Kubernetes reports it.
 *
 * @param owned - all its replica sets
 * @param current - the one of the template of now, once it is there
 * @param nowMs - since the epoch
 */
export function planDeploymentStatus(
  deployment: KubeObject,
  owned: readonly KubeObject[],
  current: KubeObject | undefined,
  nowMs: number,
): DeploymentStatusPlan {
  const total = (field: string): number =>
    owned.reduce((sum, set) => sum + (numberAt(objectAt(set, 'status'), field) ?? 0), 0);
  const counts: Counts = {
    desired: numberAt(objectAt(deployment, 'spec'), 'replicas') ?? 1,
    replicas: total('replicas'),
    updated: numberAt(objectAt(current, 'status'), 'replicas') ?? 0,
    ready: total('readyReplicas'),
    available: total('availableReplicas'),
  };
  const known = objectsAt(objectAt(deployment, 'status'), 'conditions');
  const at = formatTimestamp(nowMs);
  const progress = planProgress(deployment, counts, current?.metadata.name ?? '', nowMs);
  const available = withUpdate(known, describeAvailability(deployment, counts), at);
  return {
    status: {
      observedGeneration: deployment.metadata.generation,
      replicas: counts.replicas || undefined,
      updatedReplicas: counts.updated || undefined,
      readyReplicas: counts.ready || undefined,
      availableReplicas: counts.available || undefined,
      unavailableReplicas:
        Math.max(0, Math.max(counts.desired, counts.replicas) - counts.available) || undefined,
      conditions: progress === undefined ? available : withUpdate(available, progress, at),
    },
    ...planDeadline(deployment, progress, nowMs),
  };
}

function describeAvailability(deployment: KubeObject, { desired, available }: Counts): JsonObject {
  const rolling = objectAt(objectAt(objectAt(deployment, 'spec'), 'strategy'), 'rollingUpdate');
  const maxUnavailable =
    rolling === undefined ? 0 : resolveShare(rolling['maxUnavailable'], desired, Math.floor);
  return available >= desired - maxUnavailable
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
      };
}

function progressOf(deployment: KubeObject): JsonObject | undefined {
  const conditions = objectsAt(objectAt(deployment, 'status'), 'conditions');
  return conditions.find((item) => item['type'] === 'Progressing');
}

/** What a rollout has come to; undefined where nobody wants to know. */
function planProgress(
  deployment: KubeObject,
  counts: Counts,
  setName: string,
  nowMs: number,
): JsonObject | undefined {
  const spec = objectAt(deployment, 'spec');
  const last = progressOf(deployment);
  const reason = textAt(last, 'reason');
  const set = JSON.stringify(setName);
  const say = (status: string, why: string, message: string): JsonObject => ({
    type: 'Progressing',
    status,
    reason: why,
    message,
  });
  if (numberAt(spec, 'progressDeadlineSeconds') === undefined) return undefined;
  if (spec?.['paused'] === true && reason !== 'ProgressDeadlineExceeded')
    return say('Unknown', 'DeploymentPaused', 'Deployment is paused');
  const { desired, replicas, updated, available } = counts;
  if (updated === desired && replicas === desired && available === desired)
    return say('True', 'NewReplicaSetAvailable', `ReplicaSet ${set} has successfully progressed.`);
  if (reason === 'DeploymentPaused') return say('Unknown', 'DeploymentResumed', 'Deployment is resumed');
  // A rollout that is over stays so when pods come and go.
  if (reason === 'NewReplicaSetAvailable' && replicas === updated && textAt(last, 'message').includes(set))
    return last;
  const isNew = last === undefined || !textAt(last, 'message').includes(set);
  if (!isNew && !hasProgressed(deployment, counts) && isLate(deployment, last, nowMs))
    return say('False', 'ProgressDeadlineExceeded', `ReplicaSet ${set} has timed out progressing.`);
  if (isNew || hasProgressed(deployment, counts) || reason !== 'ReplicaSetUpdated')
    return {
      ...say('True', 'ReplicaSetUpdated', `ReplicaSet ${set} is progressing.`),
      lastUpdateTime: formatTimestamp(nowMs),
    };
  return last;
}

function hasProgressed(deployment: KubeObject, { replicas, updated, ready, available }: Counts): boolean {
  const status = objectAt(deployment, 'status');
  const was = (field: string): number => numberAt(status, field) ?? 0;
  return (
    updated > was('updatedReplicas') ||
    replicas - updated < was('replicas') - was('updatedReplicas') ||
    ready > was('readyReplicas') ||
    available > was('availableReplicas')
  );
}

function deadlineMs(deployment: KubeObject, progress: JsonObject | undefined): number {
  const seconds = numberAt(objectAt(deployment, 'spec'), 'progressDeadlineSeconds') ?? 600;
  return Date.parse(textAt(progress, 'lastUpdateTime')) + seconds * 1000;
}

function isLate(deployment: KubeObject, progress: JsonObject | undefined, nowMs: number): boolean {
  if (textAt(progress, 'reason') === 'ProgressDeadlineExceeded') return true;
  return nowMs > deadlineMs(deployment, progress);
}

/** While a rollout is under way somebody has to look when its time is up. */
function planDeadline(
  deployment: KubeObject,
  progress: JsonObject | undefined,
  nowMs: number,
): { readonly requeueAfterMs?: number } {
  const reason = textAt(progress, 'reason');
  if (reason !== 'ReplicaSetUpdated' && reason !== 'DeploymentResumed') return {};
  const from =
    progress?.['lastUpdateTime'] === undefined ? { lastUpdateTime: formatTimestamp(nowMs) } : progress;
  // Times are kept in whole seconds.
  return { requeueAfterMs: Math.max(0, deadlineMs(deployment, from) - nowMs) + 1000 };
}

/** Deployments also say when a condition was last written. */
function withUpdate(conditions: readonly JsonObject[], condition: JsonObject, at: string): JsonObject[] {
  const known = conditions.find((item) => item['type'] === condition['type']);
  const isSame = ['status', 'reason', 'message'].every((key) => known?.[key] === condition[key]);
  if (isSame && (condition['lastUpdateTime'] ?? known?.['lastUpdateTime']) === known?.['lastUpdateTime'])
    return [...conditions];
  return withCondition(conditions, { lastUpdateTime: at, ...condition }, at);
}
