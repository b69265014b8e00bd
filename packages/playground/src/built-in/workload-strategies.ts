import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import type { ResourceStrategy, StatusCause } from '@clusternet/apiserver';
import { forbiddenValue } from '@clusternet/apiserver';
import { equalJson } from '@clusternet/kube-data';
import { ensureObject, labelsAt, numberAt, objectAt, objectsAt, setDefaults, textAt } from './fields.ts';
import {
  applyPodSpecDefaults,
  applyRequestDefaults,
  applyTemplateDefaults,
  getQosClass,
} from './pod-defaults.ts';
import { notSupported, validatePodSpec, validatePodUpdate, validateWorkload } from './pod-validation.ts';

function specOf(object: KubeObject): JsonObject {
  return ensureObject(object as unknown as JsonObject, 'spec');
}

const TOLERATION = { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 };

/** Pods: made pending, deleted after their grace period once a node has them. */
export const podStrategy: ResourceStrategy = {
  applyDefaults(pod) {
    const spec = specOf(pod);
    applyPodSpecDefaults(spec);
    applyRequestDefaults(spec);
    spec['enableServiceLinks'] ??= true;
  },
  prepareCreate(pod) {
    const spec = specOf(pod);
    setDefaults(spec, {
      serviceAccountName: 'default',
      serviceAccount: 'default',
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
    });
    const tolerations = objectsAt(spec, 'tolerations');
    for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
      const isThere = tolerations.some(
        (item) => (item['key'] === key || item['key'] === undefined) && item['effect'] !== 'NoSchedule',
      );
      if (!isThere) tolerations.push({ key, ...TOLERATION });
    }
    spec['tolerations'] = tolerations;
    pod['status'] = { phase: 'Pending', qosClass: getQosClass(spec) };
  },
  prepareUpdate(next, live, subresource) {
    // Only the binding sets the node, unless the pod was made with one.
    if (subresource !== 'binding') {
      const node = textAt(objectAt(live, 'spec'), 'nodeName');
      if (node !== '') specOf(next)['nodeName'] ??= node;
    }
  },
  validate(next, live) {
    const causes = validatePodSpec(specOf(next), 'spec');
    return live === undefined ? causes : [...causes, ...validatePodUpdate(next, live)];
  },
  getGraceSeconds(pod, asked) {
    const phase = textAt(objectAt(pod, 'status'), 'phase');
    const spec = objectAt(pod, 'spec');
    if (textAt(spec, 'nodeName') === '' || phase === 'Failed' || phase === 'Succeeded') return 0;
    const grace = asked ?? numberAt(spec, 'terminationGracePeriodSeconds') ?? 30;
    const current =
      pod.metadata.deletionTimestamp === undefined ? undefined : pod.metadata.deletionGracePeriodSeconds;
    return Math.max(0, current === undefined ? grace : Math.min(grace, current));
  },
};

function rolloutDefaults(spec: JsonObject): void {
  setDefaults(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
  const strategy = ensureObject(spec, 'strategy');
  strategy['type'] ??= 'RollingUpdate';
  if (strategy['type'] === 'RollingUpdate') {
    setDefaults(ensureObject(strategy, 'rollingUpdate'), { maxSurge: '25%', maxUnavailable: '25%' });
  }
}

/** A deployment that is recreated has no numbers for rolling. */
function validateRollout(deployment: KubeObject): StatusCause[] {
  const strategy = objectAt(objectAt(deployment, 'spec'), 'strategy');
  const type = textAt(strategy, 'type');
  const path = 'spec.strategy';
  if (type !== 'Recreate' && type !== 'RollingUpdate')
    return [notSupported(`${path}.type`, type, ['Recreate', 'RollingUpdate'])];
  if (type === 'RollingUpdate' || objectAt(strategy, 'rollingUpdate') === undefined) return [];
  return [forbiddenValue(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")];
}

export const deploymentStrategy: ResourceStrategy = {
  applyDefaults(object) {
    const spec = specOf(object);
    rolloutDefaults(spec);
    applyTemplateDefaults(spec);
  },
  validate: (next, live) => [...validateWorkload(next, live, ['Always']), ...validateRollout(next)],
};

export const replicaSetStrategy: ResourceStrategy = {
  applyDefaults(object) {
    const spec = specOf(object);
    setDefaults(spec, { replicas: 1 });
    applyTemplateDefaults(spec);
  },
  prepareCreate(object) {
    object['status'] = { replicas: 0 };
  },
  validate: (next, live) => validateWorkload(next, live, ['Always']),
};

export const replicationControllerStrategy: ResourceStrategy = {
  applyDefaults(object) {
    const spec = specOf(object);
    setDefaults(spec, { replicas: 1 });
    applyTemplateDefaults(spec);
    const labels = labelsAt(objectAt(objectAt(spec, 'template'), 'metadata'), 'labels');
    if (objectAt(spec, 'selector') === undefined && Object.keys(labels).length > 0) spec['selector'] = labels;
  },
  prepareCreate(object) {
    object['status'] = { replicas: 0 };
  },
};

export const statefulSetStrategy: ResourceStrategy = {
  applyDefaults(object) {
    const spec = specOf(object);
    setDefaults(spec, { replicas: 1, revisionHistoryLimit: 10, podManagementPolicy: 'OrderedReady' });
    const update = ensureObject(spec, 'updateStrategy');
    update['type'] ??= 'RollingUpdate';
    if (update['type'] === 'RollingUpdate') ensureObject(update, 'rollingUpdate')['partition'] ??= 0;
    setDefaults(ensureObject(spec, 'persistentVolumeClaimRetentionPolicy'), {
      whenDeleted: 'Retain',
      whenScaled: 'Retain',
    });
    applyTemplateDefaults(spec);
    for (const claim of objectsAt(spec, 'volumeClaimTemplates')) {
      setDefaults(claim, { apiVersion: 'v1', kind: 'PersistentVolumeClaim' });
      ensureObject(claim, 'spec')['volumeMode'] ??= 'Filesystem';
      ensureObject(claim, 'status')['phase'] ??= 'Pending';
    }
  },
  prepareCreate(object) {
    object['status'] = { replicas: 0, availableReplicas: 0 };
  },
  validate: (next, live) => validateWorkload(next, live, ['Always']),
};

export const daemonSetStrategy: ResourceStrategy = {
  applyDefaults(object) {
    const spec = specOf(object);
    setDefaults(spec, { revisionHistoryLimit: 10 });
    const update = ensureObject(spec, 'updateStrategy');
    update['type'] ??= 'RollingUpdate';
    if (update['type'] === 'RollingUpdate')
      setDefaults(ensureObject(update, 'rollingUpdate'), { maxUnavailable: 1, maxSurge: 0 });
    applyTemplateDefaults(spec);
  },
  prepareCreate(object) {
    object['status'] = {
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: 0,
      numberReady: 0,
    };
  },
  validate: (next, live) => validateWorkload(next, live, ['Always']),
};

function applyJobDefaults(spec: JsonObject): void {
  if (spec['completions'] === undefined && spec['parallelism'] === undefined) spec['completions'] = 1;
  setDefaults(spec, {
    parallelism: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    manualSelector: false,
    podReplacementPolicy: 'TerminatingOrFailed',
  });
  applyTemplateDefaults(spec);
}

export const jobStrategy: ResourceStrategy = {
  applyDefaults: (object) => applyJobDefaults(specOf(object)),
  prepareCreate(job) {
    const spec = specOf(job);
    if (spec['manualSelector'] === true) return;
    const uid = job.metadata.uid ?? '';
    const labels = ensureObject(ensureObject(ensureObject(spec, 'template'), 'metadata'), 'labels');
    const own = {
      'batch.kubernetes.io/controller-uid': uid,
      'batch.kubernetes.io/job-name': job.metadata.name ?? '',
    };
    Object.assign(labels, own, { 'controller-uid': uid, 'job-name': job.metadata.name ?? '' });
    spec['selector'] = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
  },
  validate(next, live) {
    const causes = validateWorkload(next, live, ['OnFailure', 'Never']);
    const [before, after] = [
      objectAt(objectAt(live, 'spec'), 'template'),
      objectAt(objectAt(next, 'spec'), 'template'),
    ];
    const isSuspended = objectAt(live, 'spec')?.['suspend'] === true;
    if (live !== undefined && !isSuspended && !equalJson(before, after)) {
      causes.push({
        ...forbiddenValue('spec.template', ''),
        reason: 'FieldValueInvalid',
        message: 'Invalid value: field is immutable',
      });
    }
    return causes;
  },
  defaultPropagation: 'Orphan', // what jobs did before there was a garbage collector
};

export const cronJobStrategy: ResourceStrategy = {
  applyDefaults(object) {
    const spec = specOf(object);
    setDefaults(spec, {
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
    const template = ensureObject(spec, 'jobTemplate');
    ensureObject(template, 'metadata');
    const job = ensureObject(template, 'spec');
    applyTemplateDefaults(job);
  },
};
