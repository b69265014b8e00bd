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
      if (job === undefined || job.metadata.deletionTimestamp !== undefined || isFinished(job)) return undefined;
      const spec = objectAt(job, 'spec');
      const own = await listOwned(api, { group: '', resource: 'pods' }, job);
      const phase = (pod: KubeObject): string => textAt(objectAt(pod, 'status'), 'phase');
      const succeeded = own.filter((pod) => phase(pod) === 'Succeeded').length;
      const failed = own.filter((pod) => phase(pod) === 'Failed').length;
      const active = own.filter(isPodActive);
      const parallelism = numberAt(spec, 'parallelism') ?? 1;
      const completions = numberAt(spec, 'completions') ?? (succeeded > 0 ? succeeded : parallelism);
      const at = formatTimestamp(clock.nowMs());
      const isComplete = succeeded >= completions && (spec?.['completions'] !== undefined || active.length === 0);
      const hasFailed = failed > (numberAt(spec, 'backoffLimit') ?? 6);
      const isSuspended = spec?.['suspend'] === true;
      let running = active.length;
      if (isComplete || hasFailed || isSuspended) {
        for (const pod of active) await deleteQuietly(pods, pod);
        running = 0;
      } else {
        const wanted = Math.min(parallelism, completions - succeeded);
        for (; running < wanted; running += 1) await createPod(api, job, objectAt(spec, 'template'));
      }
      await updateStatus(jobs, job, {
        active: running || undefined,
        ready: active.filter(isPodReady).length,
        succeeded: succeeded || undefined,
        failed: failed || undefined,
        terminating: 0,
        uncountedTerminatedPods: {},
        startTime: isSuspended ? undefined : textAt(objectAt(job, 'status'), 'startTime') || at,
        ...(isComplete ? { completionTime: at } : {}),
        ...describe(job, { isComplete, hasFailed, isSuspended }, at),
      });
      return undefined;
    },
  };
}

function isFinished(job: KubeObject): boolean {
  return objectsAt(objectAt(job, 'status'), 'conditions').some(
    (item) => (item['type'] === 'Complete' || item['type'] === 'Failed') && item['status'] === 'True',
  );
}

function describe(
  job: KubeObject,
  { isComplete, hasFailed, isSuspended }: { isComplete: boolean; hasFailed: boolean; isSuspended: boolean },
  at: string,
): JsonObject {
  const known = objectsAt(objectAt(job, 'status'), 'conditions');
  const add = (conditions: JsonObject[], type: string, reason: string, message: string): JsonObject[] =>
    withCondition(conditions, { type, status: 'True', reason, message, lastProbeTime: at }, at);
  if (isComplete) {
    const text = 'Reached expected number of succeeded pods';
    return { conditions: add(add(known, 'SuccessCriteriaMet', 'CompletionsReached', text), 'Complete', 'CompletionsReached', text) };
  }
  if (hasFailed) {
    const text = 'Job has reached the specified backoff limit';
    return { conditions: add(add(known, 'FailureTarget', 'BackoffLimitExceeded', text), 'Failed', 'BackoffLimitExceeded', text) };
  }
  const wasSuspended = known.some((item) => item['type'] === 'Suspended');
  if (isSuspended) return { conditions: add(known, 'Suspended', 'JobSuspended', 'Job suspended') };
  if (!wasSuspended) return {};
  return {
    conditions: withCondition(known, { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed', lastProbeTime: at }, at),
  };
}
