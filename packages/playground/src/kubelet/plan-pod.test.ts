import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { objectAt, objectsAt } from '../built-in/fields.ts';
import {
  createPodStatus,
  createRestartStatus,
  FAIL_ANNOTATION,
  planPod,
  RESTART_ANNOTATION,
} from './plan-pod.ts';

const node: KubeObject = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, spec: {} };

function pod(spec: object, status: object = {}, metadata: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', uid: 'u', ...metadata },
    spec: { containers: [{ name: 'main', image: 'i' }], ...spec },
    status,
  };
}

const ours = { nodeName: 'n1' };
const at = '2026-01-01T00:00:00Z';

function running(annotations: Record<string, string> = {}): KubeObject {
  const made = pod(ours, {}, { annotations });
  return { ...made, status: createPodStatus(made, 'Running', '10.0.0.1', at) };
}

function withAnnotation(before: KubeObject, value: string): KubeObject {
  return { ...before, metadata: { ...before.metadata, annotations: { [RESTART_ANNOTATION]: value } } };
}

describe('planPod', () => {
  it.each([
    { why: 'a pod without a node is bound', given: pod({}), want: { kind: 'bind' } },
    {
      why: 'a pod that is held back is not',
      given: pod({ schedulingGates: [{ name: 'x' }] }),
      want: { kind: 'none' },
    },
    {
      why: 'a pod of another scheduler is not',
      given: pod({ schedulerName: 'other' }),
      want: { kind: 'none' },
    },
    {
      why: 'a pod that wants another node is not',
      given: pod({ nodeSelector: { a: 'b' } }),
      want: { kind: 'none' },
    },
    { why: 'a pod of another node is left alone', given: pod({ nodeName: 'n2' }), want: { kind: 'none' } },
    { why: 'a bound pod runs', given: pod(ours), want: { kind: 'status', phase: 'Running' } },
    {
      why: 'a pod that is to fail does',
      given: pod(ours, {}, { annotations: { [FAIL_ANNOTATION]: 'Broken' } }),
      want: { kind: 'status', phase: 'Failed' },
    },
    {
      why: 'a pod that does not restart is done',
      given: pod({ ...ours, restartPolicy: 'Never' }, { phase: 'Running' }),
      want: { kind: 'status', phase: 'Succeeded' },
    },
    { why: 'a running pod stays so', given: running(), want: { kind: 'none' } },
    {
      why: 'a pod made with a restart stays so',
      given: running({ [RESTART_ANNOTATION]: '1' }),
      want: { kind: 'none' },
    },
    {
      why: 'a running pod is told to restart',
      given: withAnnotation(running(), '1'),
      want: { kind: 'restart' },
    },
    {
      why: 'a pod that is deleted goes',
      given: pod(ours, {}, { deletionTimestamp: at }),
      want: { kind: 'delete' },
    },
  ])('$why', ({ given, want }) => {
    expect(planPod(given, 'n1', node)).toEqual(want);
  });

  it('binds nothing before its node is there', () => {
    expect(planPod(pod({}), 'n1', undefined)).toEqual({ kind: 'none' });
  });

  it('restarts once for each value', () => {
    const told = withAnnotation(running(), 'a/b');
    const status = createRestartStatus(told, '2026-01-01T00:00:05Z');
    expect(objectsAt(status, 'containerStatuses')[0]).toMatchObject({
      restartCount: 1,
      ready: true,
      state: { running: { startedAt: '2026-01-01T00:00:05Z' } },
      lastState: { terminated: { exitCode: 1, startedAt: at, finishedAt: '2026-01-01T00:00:05Z' } },
    });
    const after = { ...told, status: { ...objectAt(told, 'status'), ...status } };
    expect(planPod(after, 'n1', node)).toEqual({ kind: 'none' });
    expect(planPod(withAnnotation(after, '2'), 'n1', node)).toEqual({ kind: 'restart' });
  });
});
