import { numberAt, objectAt, objectsAt, textAt } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { HEALTHY, progressing, unhealthy } from './health.ts';
import type { Health } from './health.ts';
import { conditionOf, describeCondition } from './judge-conditions.ts';

type Judge = (object: KubeObject) => Health;

const countIn = (object: KubeObject, part: 'spec' | 'status', field: string): number | undefined =>
  numberAt(objectAt(object, part), field);
const statusText = (object: KubeObject, field: string): string => textAt(objectAt(object, 'status'), field);

/** What a condition says when it is not as it should be. */
function conditionFault(object: KubeObject, type: string, status: 'False' | 'True'): string | undefined {
  const condition = conditionOf(object, type);
  return condition?.['status'] === status ? describeCondition(condition) : undefined;
}

/** The first of the counts that falls short. */
function judgeCounts(
  object: KubeObject,
  desired: number,
  counts: readonly (readonly [field: string, word: string])[],
): Health {
  for (const [field, word] of counts) {
    const count = countIn(object, 'status', field) ?? 0;
    if (count < desired) return progressing(`${count} of ${desired} replicas are ${word}`);
  }
  return HEALTHY;
}

const judgeDeployment: Judge = (object) => {
  const late = conditionOf(object, 'Progressing');
  if (late?.['reason'] === 'ProgressDeadlineExceeded') return unhealthy(describeCondition(late));
  const failure = conditionFault(object, 'ReplicaFailure', 'True');
  if (failure !== undefined) return unhealthy(failure);
  const desired = countIn(object, 'spec', 'replicas') ?? 1;
  const health = judgeCounts(object, desired, [
    ['updatedReplicas', 'updated'],
    ['availableReplicas', 'available'],
  ]);
  const old =
    (countIn(object, 'status', 'replicas') ?? 0) - (countIn(object, 'status', 'updatedReplicas') ?? 0);
  return health.state === 'Healthy' && old > 0 ? progressing(`${old} old replicas are still there`) : health;
};

const judgeReplicaSet: Judge = (object) => {
  const failure = conditionFault(object, 'ReplicaFailure', 'True');
  if (failure !== undefined) return unhealthy(failure);
  return judgeCounts(object, countIn(object, 'spec', 'replicas') ?? 1, [['readyReplicas', 'ready']]);
};

const judgeStatefulSet: Judge = (object) => {
  const desired = countIn(object, 'spec', 'replicas') ?? 1;
  const health = judgeCounts(object, desired, [['readyReplicas', 'ready']]);
  if (health.state !== 'Healthy') return health;
  const strategy = objectAt(objectAt(object, 'spec'), 'updateStrategy');
  const partition = numberAt(objectAt(strategy, 'rollingUpdate'), 'partition') ?? 0;
  if (textAt(strategy, 'type') === 'OnDelete' || partition > 0) return HEALTHY;
  const isOld = statusText(object, 'currentRevision') !== statusText(object, 'updateRevision');
  return isOld ? progressing('not all replicas are updated') : HEALTHY;
};

const judgeDaemonSet: Judge = (object) => {
  const desired = countIn(object, 'status', 'desiredNumberScheduled');
  if (desired === undefined) return progressing('it has not started yet');
  const isOnDelete = textAt(objectAt(objectAt(object, 'spec'), 'updateStrategy'), 'type') === 'OnDelete';
  return judgeCounts(object, desired, [
    ...(isOnDelete ? [] : [['updatedNumberScheduled', 'updated'] as const]),
    ['numberAvailable', 'available'],
  ]);
};

const judgeJob: Judge = (object) => {
  const failure = conditionFault(object, 'Failed', 'True');
  if (failure !== undefined) return unhealthy(failure);
  const isDone = ['Complete', 'Suspended'].some((type) => conditionOf(object, type)?.['status'] === 'True');
  return isDone ? HEALTHY : progressing('it has not completed yet');
};

/** Why a container waits that will not start by waiting. */
const HOPELESS = new Set([
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
]);

const judgePod: Judge = (object) => {
  const phase = statusText(object, 'phase');
  const status = objectAt(object, 'status');
  if (phase === 'Failed')
    return unhealthy([textAt(status, 'reason') || 'it failed', textAt(status, 'message')].join(' ').trim());
  if (phase === 'Succeeded') return HEALTHY;
  for (const container of [
    ...objectsAt(status, 'initContainerStatuses'),
    ...objectsAt(status, 'containerStatuses'),
  ]) {
    const reason = textAt(objectAt(objectAt(container, 'state'), 'waiting'), 'reason');
    if (HOPELESS.has(reason)) return unhealthy(`container ${textAt(container, 'name')}: ${reason}`);
  }
  if (conditionOf(object, 'Ready')?.['status'] === 'True') return HEALTHY;
  return progressing(
    phase === 'Running' ? 'it is not ready' : `it is ${phase === '' ? 'not scheduled yet' : phase}`,
  );
};

const judgeService: Judge = (object) => {
  if (textAt(objectAt(object, 'spec'), 'type') !== 'LoadBalancer') return HEALTHY;
  const ingress = objectsAt(objectAt(objectAt(object, 'status'), 'loadBalancer'), 'ingress');
  return ingress.length > 0 ? HEALTHY : progressing('it has no address from a load balancer yet');
};

const judgeVolumeClaim: Judge = (object) => {
  const phase = statusText(object, 'phase');
  if (phase === 'Lost') return unhealthy('its volume is lost');
  return phase === 'Bound' ? HEALTHY : progressing('it has no volume yet');
};

const judgeAutoscaler: Judge = (object) => {
  const fault =
    conditionFault(object, 'AbleToScale', 'False') ?? conditionFault(object, 'ScalingActive', 'False');
  const isOff = conditionOf(object, 'ScalingActive')?.['reason'] === 'ScalingDisabled';
  return fault === undefined || isOff ? HEALTHY : unhealthy(fault);
};

const judgeDefinition: Judge = (object) => {
  const refused = conditionFault(object, 'NamesAccepted', 'False');
  if (refused !== undefined) return unhealthy(refused);
  return conditionOf(object, 'Established')?.['status'] === 'True'
    ? HEALTHY
    : progressing('it is not served yet');
};

const judgeApiService: Judge = (object) => {
  const fault = conditionFault(object, 'Available', 'False');
  if (fault !== undefined) return unhealthy(fault);
  return conditionOf(object, 'Available') === undefined ? progressing('it is not available yet') : HEALTHY;
};

const judgeNamespace: Judge = (object) =>
  statusText(object, 'phase') === 'Terminating' ? unhealthy('it is being deleted') : HEALTHY;

const judgeVolume: Judge = (object) =>
  statusText(object, 'phase') === 'Failed'
    ? unhealthy(statusText(object, 'message') || 'it failed')
    : HEALTHY;

/** By `group/Kind`. Kinds that come with Kubernetes and are not here say nothing about themselves, or by conditions. */
export const builtInHealth: ReadonlyMap<string, Judge> = new Map([
  ['/Namespace', judgeNamespace],
  ['/PersistentVolume', judgeVolume],
  ['/PersistentVolumeClaim', judgeVolumeClaim],
  ['/Pod', judgePod],
  ['/ReplicationController', judgeReplicaSet],
  ['/Service', judgeService],
  ['apiextensions.k8s.io/CustomResourceDefinition', judgeDefinition],
  ['apiregistration.k8s.io/APIService', judgeApiService],
  ['apps/DaemonSet', judgeDaemonSet],
  ['apps/Deployment', judgeDeployment],
  ['apps/ReplicaSet', judgeReplicaSet],
  ['apps/StatefulSet', judgeStatefulSet],
  ['autoscaling/HorizontalPodAutoscaler', judgeAutoscaler],
  ['batch/Job', judgeJob],
]);
