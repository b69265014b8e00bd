import type { Condition, KubeObject } from '@clusternet/kube-data';

/** On a pod: its containers fail with this as their reason, in place of becoming ready. */
export const FAIL_ANNOTATION: string = 'playground.clusternet.io/fail';

export interface PodSpec {
  readonly nodeName?: string;
  readonly restartPolicy?: string;
  readonly containers?: readonly { readonly name: string; readonly image?: string }[];
}

interface PodStatus {
  readonly phase?: string;
}

/** What a simulated kubelet does with a pod next. */
export type PodPlan =
  | { readonly kind: 'bind' }
  | { readonly kind: 'delete' }
  | { readonly kind: 'none' }
  | { readonly kind: 'status'; readonly phase: 'Failed' | 'Running' | 'Succeeded' };

/**
 * Decides the next step of a pod: bound to a node, then running, then (unless it restarts for ever) done. What
 * is being deleted goes at once.
 */
export function planPod(pod: KubeObject, nodeName: string): PodPlan {
  const spec = (pod['spec'] ?? {}) as PodSpec;
  const { phase = 'Pending' } = (pod['status'] ?? {}) as PodStatus;
  const isOurs = spec.nodeName === nodeName;
  if (pod.metadata.deletionTimestamp !== undefined) return isOurs ? { kind: 'delete' } : { kind: 'none' };
  if (spec.nodeName === undefined || spec.nodeName === '') return { kind: 'bind' };
  if (!isOurs) return { kind: 'none' };
  const isFailing = pod.metadata.annotations?.[FAIL_ANNOTATION] !== undefined;
  if (phase === 'Pending') return { kind: 'status', phase: isFailing ? 'Failed' : 'Running' };
  const isDone = (spec.restartPolicy ?? 'Always') !== 'Always';
  return phase === 'Running' && isDone ? { kind: 'status', phase: 'Succeeded' } : { kind: 'none' };
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
      containerID: `simulated://${pod.metadata.uid ?? ''}/${name}`,
      ready: isReady,
      started: isReady,
      restartCount: 0,
      state: isReady ? { running: { startedAt: now } } : { terminated },
    })),
  };
}
