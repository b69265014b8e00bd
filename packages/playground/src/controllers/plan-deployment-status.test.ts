import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { objectsAt } from '../built-in/fields.ts';
import { planDeploymentStatus } from './plan-deployment-status.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString().replace('.000', '');

function deployment(spec: JsonObject, status: JsonObject = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', generation: 2 },
    spec: { replicas: 2, progressDeadlineSeconds: 60, ...spec },
    status,
  };
}

function replicaSet(replicas: number, ready: number, name = 'web-1'): KubeObject {
  const status = { replicas, readyReplicas: ready, availableReplicas: ready };
  return { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name }, status };
}

function progressing(reason: string, set = 'web-1', seconds = 0): JsonObject {
  const text: Record<string, string> = {
    NewReplicaSetAvailable: `ReplicaSet "${set}" has successfully progressed.`,
    ReplicaSetUpdated: `ReplicaSet "${set}" is progressing.`,
    ProgressDeadlineExceeded: `ReplicaSet "${set}" has timed out progressing.`,
  };
  const status = reason === 'ProgressDeadlineExceeded' ? 'False' : 'True';
  const times = { lastUpdateTime: at(seconds), lastTransitionTime: at(seconds) };
  return { type: 'Progressing', status, reason, message: text[reason] ?? '', ...times };
}

/** What the condition says, at some second. */
function progressAt(seconds: number, given: KubeObject, set: KubeObject): unknown {
  const { status } = planDeploymentStatus(given, [set], set, START + seconds * 1000);
  return objectsAt(status, 'conditions').find((item) => item['type'] === 'Progressing')?.['reason'];
}

describe('the progress of a deployment', () => {
  const counts = { replicas: 1, updatedReplicas: 1 };
  const under = { ...counts, conditions: [progressing('ReplicaSetUpdated')] };
  it.each([
    {
      why: 'a new one gets on',
      given: deployment({}),
      set: replicaSet(0, 0),
      seconds: 0,
      want: 'ReplicaSetUpdated',
    },
    {
      why: 'all there',
      given: deployment({}, under),
      set: replicaSet(2, 2),
      seconds: 1,
      want: 'NewReplicaSetAvailable',
    },
    {
      why: 'nothing moves, in time',
      given: deployment({}, under),
      set: replicaSet(1, 0),
      seconds: 60,
      want: 'ReplicaSetUpdated',
    },
    {
      why: 'nothing moves, too long',
      given: deployment({}, under),
      set: replicaSet(1, 0),
      seconds: 61,
      want: 'ProgressDeadlineExceeded',
    },
    {
      why: 'something moves, late',
      given: deployment({}, under),
      set: replicaSet(1, 1),
      seconds: 61,
      want: 'ReplicaSetUpdated',
    },
    {
      why: 'another template starts the clock anew',
      given: deployment({}, { ...counts, conditions: [progressing('NewReplicaSetAvailable', 'web-0')] }),
      set: replicaSet(1, 0),
      seconds: 1000,
      want: 'ReplicaSetUpdated',
    },
    {
      why: 'over stays over when a pod is lost',
      given: deployment(
        {},
        { replicas: 2, updatedReplicas: 2, conditions: [progressing('NewReplicaSetAvailable')] },
      ),
      set: replicaSet(2, 1),
      seconds: 1000,
      want: 'NewReplicaSetAvailable',
    },
    {
      why: 'late stays late',
      given: deployment(
        {},
        { ...counts, conditions: [progressing('ProgressDeadlineExceeded', 'web-1', 61)] },
      ),
      set: replicaSet(1, 0),
      seconds: 62,
      want: 'ProgressDeadlineExceeded',
    },
    {
      why: 'late and then done after all',
      given: deployment({}, { ...counts, conditions: [progressing('ProgressDeadlineExceeded')] }),
      set: replicaSet(2, 2),
      seconds: 100,
      want: 'NewReplicaSetAvailable',
    },
    {
      why: 'paused',
      given: deployment({ paused: true }, under),
      set: replicaSet(1, 0),
      seconds: 61,
      want: 'DeploymentPaused',
    },
    {
      why: 'going on',
      given: deployment({}, { ...counts, conditions: [progressing('DeploymentPaused')] }),
      set: replicaSet(1, 0),
      seconds: 1000,
      want: 'DeploymentResumed',
    },
    {
      why: 'not asked for',
      given: { ...deployment({}), spec: { replicas: 2 } },
      set: replicaSet(1, 0),
      seconds: 0,
      want: undefined,
    },
  ])('$why: $want', ({ given, set, seconds, want }) => {
    expect(progressAt(seconds, given, set)).toBe(want);
  });

  it('is looked at again when its time is up', () => {
    const set = replicaSet(1, 0);
    const { requeueAfterMs } = planDeploymentStatus(deployment({}, under), [set], set, START + 10_000);
    expect(requeueAfterMs).toBe(51_000);
  });

  it('counts what is ready, and what is missing', () => {
    const { status } = planDeploymentStatus(
      deployment({}),
      [replicaSet(1, 1), replicaSet(1, 0, 'web-2')],
      replicaSet(1, 1),
      START,
    );
    expect(status).toMatchObject({
      observedGeneration: 2,
      replicas: 2,
      updatedReplicas: 1,
      readyReplicas: 1,
      availableReplicas: 1,
      unavailableReplicas: 1,
    });
  });
});
