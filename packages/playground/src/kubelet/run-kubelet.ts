import { isApiError } from '@clusternet/client';
import type { KubeClient, ResourceClient } from '@clusternet/client';
import { createController, createInformer, createWorkQueue, formatTime } from '@clusternet/controller-kit';
import type { Reconcile } from '@clusternet/controller-kit';
import { equalJson, objectKey } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { noMetrics, runAll } from '@clusternet/runtime';
import type { Clock, Logger, Random } from '@clusternet/runtime';
import { startEndpoint } from './endpoint/start-endpoint.ts';
import { runNode } from './run-node.ts';
import { createPodStatus, createRestartStatus, planPod } from './plan-pod.ts';
import type { PodPlan, PodSpec } from './plan-pod.ts';

export interface KubeletDeps {
  /** Of an administrator of the cluster. */
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface KubeletOptions {
  /** @default "node-1" */
  readonly nodeName?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Time a pod takes to become ready, ms. @default 200 */
  readonly readyDelayMs?: number;
  /** Time between two lines that a container logs, ms. @default 1000 */
  readonly logIntervalMs?: number;
}

/**
 * Simulates a scheduler and the kubelet of one node until `signal` aborts: binds every pod to the node and
 * reports it as running; serves logs, exec, attach and port-forward on loopback, to the API server alone. Works
 * against any Kubernetes API; runs no container, but what is sent to `exec` runs on this machine.
 */
export async function runKubelet(
  deps: KubeletDeps,
  options: KubeletOptions,
  signal: AbortSignal,
): Promise<void> {
  const { client, clock, random, log } = deps;
  const { nodeName = 'node-1', readyDelayMs = 200, logIntervalMs = 1000 } = options;
  const pods = client.resource({ group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true });
  const nodes = client.resource({
    group: '',
    version: 'v1',
    plural: 'nodes',
    kind: 'Node',
    namespaced: false,
  });
  const informer = createInformer({ resource: pods, clock, random, log });
  const ownNode = createInformer(
    { resource: nodes, clock, random, log },
    { fieldSelector: `metadata.name=${nodeName}` },
  );
  const plan = (pod: KubeObject): PodPlan => planPod(pod, nodeName, ownNode.store.get(nodeName));
  const queue = createWorkQueue(clock);
  await using endpoint = await startEndpoint(
    {
      getPod: (key) => {
        const pod = informer.store.get(key);
        return (pod?.['spec'] as PodSpec | undefined)?.nodeName === nodeName ? pod : undefined;
      },
      getClientCa: () => getClientCa(client),
      clock,
      log,
    },
    { logIntervalMs },
  );
  const endPods = informer.store.subscribe(({ key, before, after }) => {
    if (before !== undefined && before.metadata.uid !== after?.metadata.uid)
      endpoint.removePod(before.metadata.uid ?? '');
    if (after === undefined) return;
    const { kind } = plan(after);
    if (kind === 'none') return;
    if (before !== undefined && plan(before).kind === kind && kind !== 'status') return;
    queue.addAfter(key, kind === 'status' ? readyDelayMs : 0);
  });
  // A node that is new, uncordoned or rid of a taint may take pods that wait.
  const endNode = ownNode.store.subscribe(({ before, after }) => {
    if (
      equalJson(before?.['spec'], after?.['spec']) &&
      equalJson(before?.metadata.labels, after?.metadata.labels)
    )
      return;
    for (const pod of informer.store.list()) {
      if (plan(pod).kind === 'bind') queue.add(objectKey(pod.metadata.namespace, pod.metadata.name ?? ''));
    }
  });
  const reconcile = createPodReconciler({
    pods,
    clock,
    nodeName,
    plan,
    get: (key) => informer.store.get(key),
    endContainers: (pod) => endpoint.removePod(pod.metadata.uid ?? ''),
  });
  const run = createController(
    { queue, reconcile, clock, log, metrics: noMetrics },
    { name: 'kubelet', workers: 8 },
  );
  await runAll(
    [
      informer.run,
      ownNode.run,
      run,
      (inner) => runNode(deps, { nodeName, labels: options.labels ?? {}, port: endpoint.port }, inner),
    ],
    signal,
  );
  endPods();
  endNode();
}

/** The CAs of client certificates, where every API server publishes them. */
async function getClientCa(client: KubeClient): Promise<string> {
  const ref = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true };
  const published = await client
    .resource(ref)
    .get({ namespace: 'kube-system', name: 'extension-apiserver-authentication' });
  const { data } = published as { data?: Readonly<Record<string, string>> };
  return data?.['client-ca-file'] ?? '';
}

interface PodDeps {
  readonly pods: ResourceClient;
  readonly clock: Clock;
  readonly nodeName: string;
  readonly plan: (pod: KubeObject) => PodPlan;
  readonly get: (key: string) => KubeObject | undefined;
  /** Ends the processes and streams of a pod and takes its files away. */
  readonly endContainers: (pod: KubeObject) => void;
}

function createPodReconciler({ pods, clock, nodeName, plan, get, endContainers }: PodDeps): Reconcile {
  let lastIp = 0;
  return async (key, signal) => {
    const pod = get(key);
    if (pod === undefined) return {};
    const { name = '', namespace = '' } = pod.metadata;
    const next = plan(pod);
    try {
      switch (next.kind) {
        case 'none':
          break;
        case 'delete':
          await pods.delete({ name, namespace }, { gracePeriodSeconds: 0 }, signal);
          break;
        case 'bind': {
          const target = { apiVersion: 'v1', kind: 'Node', name: nodeName };
          const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace }, target };
          await pods.create(binding, { subresource: 'binding' }, signal);
          break;
        }
        case 'restart': {
          const status = createRestartStatus(pod, formatTime(clock.nowMs()));
          await pods.patch({ name, namespace }, 'merge', { status }, { subresource: 'status' }, signal);
          endContainers(pod);
          break;
        }
        case 'status': {
          lastIp = (lastIp + 1) % 65_000;
          const ip = `10.200.${lastIp >> 8}.${(lastIp & 255) + 1}`;
          const status = createPodStatus(pod, next.phase, ip, formatTime(clock.nowMs()));
          await pods.patch({ name, namespace }, 'merge', { status }, { subresource: 'status' }, signal);
          break;
        }
      }
    } catch (error) {
      if (!isApiError(error, 'NOT_FOUND', 'CONFLICT', 'ALREADY_EXISTS')) throw error; // somebody was faster
    }
    return {};
  };
}

/** Starts {@link runKubelet}; disposing stops it. */
export function startKubelet(deps: KubeletDeps, options: KubeletOptions = {}): AsyncDisposable {
  const controller = new AbortController();
  const done = runKubelet(deps, options, controller.signal);
  done.catch(() => undefined); // reported when disposed of
  return {
    [Symbol.asyncDispose]: async () => {
      controller.abort();
      await done;
    },
  };
}
