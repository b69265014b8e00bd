import type { Condition, KubeObject } from '@clusternet/kube-data';
import { objectAt, objectsAt, textAt } from '../built-in/fields.ts';
import { fitsNode } from './fits-node.ts';

/** On a pod: its containers fail with this as their reason, in place of becoming ready. */
export const FAIL_ANNOTATION: string = 'playground.clusternet.io/fail';
/** On a running pod: its containers end and start again whenever the value becomes another. */
export const RESTART_ANNOTATION: string = 'playground.clusternet.io/restart';

export interface PodSpec {
  readonly nodeName?: string;
  readonly restartPolicy?: string;
  readonly schedulerName?: string;
  readonly containers?: readonly { readonly name: string; readonly image?: string }[];
}

/** What a simulated kubelet does with a pod next. */
export type PodPlan =
  | { readonly kind: 'bind' }
  | { readonly kind: 'delete' }
  | { readonly kind: 'none' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'status'; readonly phase: 'Failed' | 'Running' | 'Succeeded' };

/**
 * Decides the next step of a pod: bound to a node, then running, then (unless it restarts for ever) done. What
 * is being deleted goes at once.
 *
 * @param node - the Node as it is now; nothing is bound before it is there
 */
export function planPod(pod: KubeObject, nodeName: string, node: KubeObject | undefined): PodPlan {
  const spec = (pod['spec'] ?? {}) as PodSpec;
  const phase = textAt(objectAt(pod, 'status'), 'phase') || 'Pending';
  const isOurs = spec.nodeName === nodeName;
  if (pod.metadata.deletionTimestamp !== undefined) return isOurs ? { kind: 'delete' } : { kind: 'none' };
  if (spec.nodeName === undefined || spec.nodeName === '')
    return node !== undefined && isForUs(pod) && fitsNode(pod, node) ? { kind: 'bind' } : { kind: 'none' };
  if (!isOurs) return { kind: 'none' };
  const isFailing = pod.metadata.annotations?.[FAIL_ANNOTATION] !== undefined;
  if (phase === 'Pending') return { kind: 'status', phase: isFailing ? 'Failed' : 'Running' };
  if (phase !== 'Running') return { kind: 'none' };
  if ((spec.restartPolicy ?? 'Always') !== 'Always') return { kind: 'status', phase: 'Succeeded' };
  return hasRestarted(pod) ? { kind: 'none' } : { kind: 'restart' };
}

/** Pods of other schedulers, and those held back, are not bound. */
function isForUs(pod: KubeObject): boolean {
  const spec = objectAt(pod, 'spec');
  const scheduler = textAt(spec, 'schedulerName') || 'default-scheduler';
  return scheduler === 'default-scheduler' && objectsAt(spec, 'schedulingGates').length === 0;
}

/** Which run of its containers a pod wants. */
function wantedRun({ metadata }: KubeObject): string {
  return metadata.annotations?.[RESTART_ANNOTATION] ?? '';
}

/** The runs are told apart by the ids of the containers, which is where a kubelet looks too. */
function containerId({ metadata }: KubeObject, name: string, run: string): string {
  return `simulated://${metadata.uid ?? ''}/${name}${run === '' ? '' : `/${encodeURIComponent(run)}`}`;
}

function hasRestarted(pod: KubeObject): boolean {
  return objectsAt(objectAt(pod, 'status'), 'containerStatuses').every(
    (status) => textAt(status, 'containerID') === containerId(pod, textAt(status, 'name'), wantedRun(pod)),
  );
}

/** The status of a pod in a phase, as a kubelet reports it. */
export function createPodStatus(
  pod: KubeObject,
  phase: 'Failed' | 'Running' | 'Succeeded',
  podIp: string,
  now: string,
): Record<string, unknown> {
  const { containers = [] } = (pod['spec'] ?? {}) as PodSpec;
  const isReady = phase === 'Running';
  const reason = pod.metadata.annotations?.[FAIL_ANNOTATION] ?? 'Completed';
  const condition = (type: string, isTrue: boolean): Condition => ({
    type,
    status: isTrue ? 'True' : 'False',
    lastTransitionTime: now,
    ...(isTrue ? {} : { reason: phase === 'Succeeded' ? 'PodCompleted' : reason }),
  });
  const terminated = { exitCode: phase === 'Failed' ? 1 : 0, reason, startedAt: now, finishedAt: now };
  return {
    phase,
    hostIP: '127.0.0.1',
    podIP: podIp,
    podIPs: [{ ip: podIp }],
    startTime: now,
    conditions: [
      condition('PodScheduled', true),
      condition('Initialized', true),
      condition('ContainersReady', isReady),
      condition('Ready', isReady),
    ],
    containerStatuses: containers.map(({ name, image = '' }) => ({
      name,
      image,
      imageID: `simulated://${image}`,
      containerID: containerId(pod, name, wantedRun(pod)),
      ready: isReady,
      started: isReady,
      restartCount: 0,
      state: isReady ? { running: { startedAt: now } } : { terminated },
    })),
  };
}

/** The status of the containers of a running pod after all of them were started anew. */
export function createRestartStatus(pod: KubeObject, now: string): Record<string, unknown> {
  const status = objectAt(pod, 'status');
  return {
    containerStatuses: objectsAt(status, 'containerStatuses').map((item) => {
      const name = textAt(item, 'name');
      const startedAt = textAt(objectAt(objectAt(item, 'state'), 'running'), 'startedAt');
      const last = { exitCode: 1, reason: 'Error', startedAt, finishedAt: now };
      return {
        ...item,
        containerID: containerId(pod, name, wantedRun(pod)),
        restartCount: Number(item['restartCount'] ?? 0) + 1,
        state: { running: { startedAt: now } },
        lastState: { terminated: { ...last, containerID: item['containerID'] } },
      };
    }),
  };
}
