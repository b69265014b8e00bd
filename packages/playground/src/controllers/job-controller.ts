import { formatTimestamp } from '@clusternet/apiserver';
import type { JsonObject, KubeObject } from '@clusternet/kube-data';
import { numberAt, objectAt, objectsAt, textAt } from '../built-in/fields.ts';
import { splitKey } from './local-controller.ts';
import type { LocalController, LocalControllerDeps } from './local-controller.ts';
import { controllerKeys, createPod, isPodActive, isPodReady, listOwned, withCondition } from './pods.ts';
import { readOrUndefined } from './read-or-undefined.ts';
import { deleteQuietly, updateStatus } from './update-status.ts';

/** Runs a job's pods until enough of them have succeeded or too many have failed. */
export function createJobController({ api, clock }: LocalControllerDeps): LocalController {
  const jobs = api.of('batch', 'jobs');
  const pods = api.of('', 'pods');

  return {
    name: 'jobs',
    watches: [{ resource: 'jobs.batch' }, { resource: 'pods', map: controllerKeys('Job') }],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const job = await readOrUndefined(jobs, namespace, name);
      if (job === undefined || job.metadata.deletionTimestamp !== undefined || isFinished(job))
        return undefined;
      const own = await listOwned(api, { group: '', resource: 'pods' }, job);
      const at = formatTimestamp(clock.nowMs());
      const state = planJob(job, own);
      const active = own.filter(isPodActive);
      const template = objectAt(objectAt(job, 'spec'), 'template');
      for (const pod of active.slice(state.wanted)) await deleteQuietly(pods, pod);
      for (let count = active.length; count < state.wanted; count += 1) await createPod(api, job, template);
      const started = textAt(objectAt(job, 'status'), 'startTime') || at;
      await updateStatus(jobs, job, {
        active: state.wanted || undefined,
        ready: active.filter(isPodReady).length,
        succeeded: state.succeeded || undefined,
        failed: state.failed || undefined,
        terminating: 0,
        uncountedTerminatedPods: {},
        startTime: state.isSuspended ? undefined : started,
        ...(state.isComplete ? { completionTime: at } : {}),
        ...describe(job, state, at),
      });
      return undefined;
    },
  };
}

/** Where a job stands, and how many pods it should have at work. */
interface JobState {
  readonly succeeded: number;
  readonly failed: number;
  readonly isComplete: boolean;
  readonly hasFailed: boolean;
  readonly isSuspended: boolean;
  readonly wanted: number;
}

function planJob(job: KubeObject, pods: readonly KubeObject[]): JobState {
  const spec = objectAt(job, 'spec');
  const count = (phase: string): number =>
    pods.filter((pod) => textAt(objectAt(pod, 'status'), 'phase') === phase).length;
  const [succeeded, failed] = [count('Succeeded'), count('Failed')];
  const active = pods.filter(isPodActive).length;
  const parallelism = numberAt(spec, 'parallelism') ?? 1;
  const fixed = numberAt(spec, 'completions');
  // Without a number of completions, the first success ends the job once all pods are done.
  const completions = fixed ?? (succeeded > 0 ? succeeded : parallelism);
  const isComplete = succeeded >= completions && (fixed !== undefined || active === 0);
  const hasFailed = failed > (numberAt(spec, 'backoffLimit') ?? 6);
  const isSuspended = spec?.['suspend'] === true;
  const left = fixed === undefined && succeeded > 0 ? active : completions - succeeded;
  const wanted = isComplete || hasFailed || isSuspended ? 0 : Math.min(parallelism, left);
  return { succeeded, failed, isComplete, hasFailed, isSuspended, wanted };
}

function isFinished(job: KubeObject): boolean {
  return objectsAt(objectAt(job, 'status'), 'conditions').some(
    (item) => (item['type'] === 'Complete' || item['type'] === 'Failed') && item['status'] === 'True',
  );
}

function describe(job: KubeObject, { isComplete, hasFailed, isSuspended }: JobState, at: string): JsonObject {
  const known = objectsAt(objectAt(job, 'status'), 'conditions');
  const add = (conditions: JsonObject[], type: string, reason: string, message: string): JsonObject[] =>
    withCondition(conditions, { type, status: 'True', reason, message, lastProbeTime: at }, at);
  if (isComplete) {
    const text = 'Reached expected number of succeeded pods';
    return {
      conditions: add(
        add(known, 'SuccessCriteriaMet', 'CompletionsReached', text),
        'Complete',
        'CompletionsReached',
        text,
      ),
    };
  }
  if (hasFailed) {
    const text = 'Job has reached the specified backoff limit';
    return {
      conditions: add(
        add(known, 'FailureTarget', 'BackoffLimitExceeded', text),
        'Failed',
        'BackoffLimitExceeded',
        text,
      ),
    };
  }
  const wasSuspended = known.some((item) => item['type'] === 'Suspended');
  if (isSuspended) return { conditions: add(known, 'Suspended', 'JobSuspended', 'Job suspended') };
  if (!wasSuspended) return {};
  return {
    conditions: withCondition(
      known,
      { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed', lastProbeTime: at },
      at,
    ),
  };
}
