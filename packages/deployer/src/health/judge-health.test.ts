import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { worstHealth } from './health.ts';
import { judgeHealth } from './judge-health.ts';

interface Given {
  readonly spec?: object;
  readonly status?: object;
  readonly generation?: number;
  readonly rule?: string;
}

function object(apiVersion: string, kind: string, { generation, rule, ...fields }: Given): KubeObject {
  const annotations: Record<string, string> =
    rule === undefined ? {} : { 'apps.clusternet.io/health-rule': rule };
  const metadata = { name: 'it', annotations, ...(generation === undefined ? {} : { generation }) };
  return { apiVersion, kind, metadata, ...fields };
}

const condition = (type: string, status: string, reason = 'Why', message = 'because') => ({
  type,
  status,
  reason,
  message,
});
const conditions = (...list: object[]): Given => ({ status: { conditions: list } });

const full = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };

describe('judgeHealth', () => {
  it.each<[apiVersion: string, kind: string, given: Given, state: string, message?: string]>([
    ['apps/v1', 'Deployment', { spec: { replicas: 2 }, status: full }, 'Healthy'],
    ['apps/v1', 'Deployment', {}, 'Progressing', '0 of 1 replicas are updated'],
    ['apps/v1', 'Deployment', { spec: { replicas: 0 }, status: {} }, 'Healthy'],
    [
      'apps/v1',
      'Deployment',
      { spec: { replicas: 2 }, status: { ...full, availableReplicas: 1 } },
      'Progressing',
      '1 of 2 replicas are available',
    ],
    [
      'apps/v1',
      'Deployment',
      { spec: { replicas: 2 }, status: { ...full, replicas: 3 } },
      'Progressing',
      '1 old replicas are still there',
    ],
    [
      'apps/v1',
      'Deployment',
      { ...conditions(condition('Progressing', 'False', 'ProgressDeadlineExceeded', 'late')) },
      'Unhealthy',
      'Progressing is False: ProgressDeadlineExceeded: late',
    ],
    [
      'apps/v1',
      'Deployment',
      conditions(condition('ReplicaFailure', 'True', 'FailedCreate', 'quota')),
      'Unhealthy',
      'ReplicaFailure is True: FailedCreate: quota',
    ],
    ['apps/v1', 'ReplicaSet', { status: { readyReplicas: 1 } }, 'Healthy'],
    ['v1', 'ReplicationController', { status: {} }, 'Progressing', '0 of 1 replicas are ready'],
    [
      'apps/v1',
      'StatefulSet',
      { spec: { replicas: 1 }, status: { ...full, currentRevision: 'a', updateRevision: 'a' } },
      'Healthy',
    ],
    [
      'apps/v1',
      'StatefulSet',
      { spec: { replicas: 1 }, status: { ...full, currentRevision: 'a', updateRevision: 'b' } },
      'Progressing',
      'not all replicas are updated',
    ],
    [
      'apps/v1',
      'StatefulSet',
      {
        spec: { replicas: 1, updateStrategy: { type: 'OnDelete' } },
        status: { ...full, currentRevision: 'a', updateRevision: 'b' },
      },
      'Healthy',
    ],
    ['apps/v1', 'DaemonSet', {}, 'Progressing', 'it has not started yet'],
    ['apps/v1', 'DaemonSet', { status: { desiredNumberScheduled: 0 } }, 'Healthy'],
    [
      'apps/v1',
      'DaemonSet',
      { status: { desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 1 } },
      'Progressing',
      '1 of 2 replicas are available',
    ],
    ['batch/v1', 'Job', {}, 'Progressing', 'it has not completed yet'],
    ['batch/v1', 'Job', conditions(condition('Complete', 'True')), 'Healthy'],
    ['batch/v1', 'Job', conditions(condition('Failed', 'True')), 'Unhealthy', 'Failed is True: Why: because'],
    ['batch/v1', 'CronJob', { status: {} }, 'Healthy'],
    ['v1', 'Pod', {}, 'Progressing', 'it is not scheduled yet'],
    ['v1', 'Pod', { status: { phase: 'Running' } }, 'Progressing', 'it is not ready'],
    ['v1', 'Pod', { status: { phase: 'Running', conditions: [condition('Ready', 'True')] } }, 'Healthy'],
    ['v1', 'Pod', { status: { phase: 'Succeeded' } }, 'Healthy'],
    ['v1', 'Pod', { status: { phase: 'Failed', reason: 'Evicted' } }, 'Unhealthy', 'Evicted'],
    [
      'v1',
      'Pod',
      {
        status: {
          phase: 'Pending',
          containerStatuses: [{ name: 'main', state: { waiting: { reason: 'ErrImagePull' } } }],
        },
      },
      'Unhealthy',
      'container main: ErrImagePull',
    ],
    ['v1', 'Service', { spec: { type: 'ClusterIP' } }, 'Healthy'],
    [
      'v1',
      'Service',
      { spec: { type: 'LoadBalancer' }, status: { loadBalancer: {} } },
      'Progressing',
      'it has no address from a load balancer yet',
    ],
    [
      'v1',
      'Service',
      { spec: { type: 'LoadBalancer' }, status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } } },
      'Healthy',
    ],
    ['v1', 'PersistentVolumeClaim', { status: { phase: 'Pending' } }, 'Progressing', 'it has no volume yet'],
    ['v1', 'PersistentVolumeClaim', { status: { phase: 'Lost' } }, 'Unhealthy', 'its volume is lost'],
    ['v1', 'PersistentVolumeClaim', { status: { phase: 'Bound' } }, 'Healthy'],
    ['v1', 'PersistentVolume', { status: { phase: 'Failed' } }, 'Unhealthy', 'it failed'],
    ['v1', 'Namespace', { status: { phase: 'Active' } }, 'Healthy'],
    ['v1', 'Namespace', { status: { phase: 'Terminating' } }, 'Unhealthy', 'it is being deleted'],
    ['v1', 'ConfigMap', {}, 'Healthy'],
    [
      'autoscaling/v2',
      'HorizontalPodAutoscaler',
      conditions(condition('ScalingActive', 'False', 'FailedGetScale', 'no metrics')),
      'Unhealthy',
      'ScalingActive is False: FailedGetScale: no metrics',
    ],
    [
      'autoscaling/v2',
      'HorizontalPodAutoscaler',
      conditions(condition('ScalingActive', 'False', 'ScalingDisabled')),
      'Healthy',
    ],
    ['apiextensions.k8s.io/v1', 'CustomResourceDefinition', {}, 'Progressing', 'it is not served yet'],
    [
      'apiextensions.k8s.io/v1',
      'CustomResourceDefinition',
      conditions(condition('NamesAccepted', 'False')),
      'Unhealthy',
      'NamesAccepted is False: Why: because',
    ],
    [
      'apiregistration.k8s.io/v1',
      'APIService',
      conditions(condition('Available', 'False', 'MissingEndpoints', '')),
      'Unhealthy',
      'Available is False: MissingEndpoints',
    ],
    ['example.com/v1', 'Widget', {}, 'Healthy'],
    ['example.com/v1', 'Deployment', { status: { phase: 'Broken' } }, 'Healthy'],
    ['example.com/v1', 'Widget', conditions(condition('Ready', 'True')), 'Healthy'],
    [
      'example.com/v1',
      'Widget',
      conditions(condition('Ready', 'False')),
      'Progressing',
      'Ready is False: Why: because',
    ],
    ['example.com/v1', 'Widget', conditions(condition('Synced', 'False')), 'Healthy'],
    [
      'example.com/v1',
      'Widget',
      conditions(condition('Ready', 'False'), condition('Stalled', 'True')),
      'Unhealthy',
      'Stalled is True: Why: because',
    ],
    [
      'example.com/v1',
      'Widget',
      conditions(condition('Ready', 'True'), condition('Reconciling', 'True')),
      'Progressing',
      'Reconciling is True: Why: because',
    ],
    [
      'example.com/v1',
      'Widget',
      { generation: 3, status: { conditions: [{ ...condition('Ready', 'True'), observedGeneration: 2 }] } },
      'Progressing',
      'its last change is not observed yet',
    ],
    [
      'apps/v1',
      'Deployment',
      { generation: 3, spec: { replicas: 2 }, status: { ...full, observedGeneration: 2 } },
      'Progressing',
      'its last change is not observed yet',
    ],
  ])('%s %s %j: %s', (apiVersion, kind, given, state, message = '') => {
    expect(judgeHealth(object(apiVersion, kind, given))).toEqual({ state, message });
  });

  it.each<[rule: string, given: Given, state: string, message?: string]>([
    ['condition=Synced', conditions(condition('Synced', 'True')), 'Healthy'],
    ['condition=Synced=False', conditions(condition('Synced', 'False')), 'Healthy'],
    ['condition=Synced', conditions(), 'Progressing', 'it has no condition Synced yet'],
    [
      'condition=Synced',
      conditions(condition('Synced', 'False')),
      'Progressing',
      'Synced is False: Why: because, not True',
    ],
    ['jsonpath={.status.phase}=Running', { status: { phase: 'Running' } }, 'Healthy'],
    [
      'jsonpath={.status.phase}=Running',
      { status: { phase: 'Starting' } },
      'Progressing',
      '{.status.phase} is Starting, not Running',
    ],
    ['jsonpath={.status.phase}', {}, 'Progressing', '{.status.phase} is not there yet'],
    ['jsonpath={.status.address}', { status: { address: 'a' } }, 'Healthy'],
    ['jsonpath={.status.parts[*].ok}=true', { status: { parts: [{ ok: true }, { ok: true }] } }, 'Healthy'],
    [
      'jsonpath={.status.parts[*].ok}=true',
      { status: { parts: [{ ok: true }, { ok: false }] } },
      'Progressing',
      '{.status.parts[*].ok} is false, not true',
    ],
    ['whatever', {}, 'Unhealthy', 'its health rule "whatever" cannot be read'],
    ['jsonpath={.a[}', {}, 'Unhealthy', 'its health rule "jsonpath={.a[}" cannot be read'],
  ])('by the rule %s of %j: %s', (rule, given, state, message = '') => {
    expect(judgeHealth(object('example.com/v1', 'Widget', { ...given, rule }))).toEqual({ state, message });
  });

  it('goes by the rule where there is one, whatever the kind', () => {
    expect(judgeHealth(object('apps/v1', 'Deployment', { rule: 'jsonpath={.kind}=Deployment' })).state).toBe(
      'Healthy',
    );
  });
});

describe('worstHealth', () => {
  it('is that of nothing: healthy', () => {
    expect(worstHealth([])).toEqual({ state: 'Healthy', message: '' });
  });

  it('says what those say that are worst, each once', () => {
    const all = [
      { state: 'Progressing', message: 'a' },
      { state: 'Unhealthy', message: 'b' },
      { state: 'Unhealthy', message: 'c' },
      { state: 'Unhealthy', message: 'b' },
      { state: 'Healthy', message: '' },
    ] as const;
    expect(worstHealth(all)).toEqual({ state: 'Unhealthy', message: 'b; c' });
  });
});
