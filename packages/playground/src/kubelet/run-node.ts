import { isApiError } from '@clusternet/client';
import type { Lease } from '@clusternet/controller-kit';
import { formatTime } from '@clusternet/controller-kit';
import type { KubeObject } from '@clusternet/kube-data';
import { errorText } from '@clusternet/runtime';
import type { KubeletDeps } from './run-kubelet.ts';

/** How often a node says that it is alive, ms; controllers give up on it after 40 s. */
const HEARTBEAT_MS = 10_000;

export interface NodeOptions {
  readonly nodeName: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the endpoint for logs and streams. */
  readonly port: number;
}

/** Registers a Node and keeps its Lease renewed until `signal` aborts. */
export async function runNode(
  { client, clock, log }: KubeletDeps,
  options: NodeOptions,
  signal: AbortSignal,
): Promise<void> {
  const nodes = client.resource({
    group: '',
    version: 'v1',
    plural: 'nodes',
    kind: 'Node',
    namespaced: false,
  });
  const leases = client.resource<Lease>({
    group: 'coordination.k8s.io',
    version: 'v1',
    plural: 'leases',
    kind: 'Lease',
    namespaced: true,
  });
  const { nodeName: name } = options;
  const beat = async (): Promise<void> => {
    const now = clock.nowMs();
    const node = createNode(options, formatTime(now));
    try {
      await nodes.create(node, {}, signal);
    } catch (error) {
      if (!isApiError(error, 'ALREADY_EXISTS')) throw error;
    }
    await nodes.patch({ name }, 'merge', { status: node['status'] }, { subresource: 'status' }, signal);
    const renewTime = new Date(now).toISOString().replace('Z', '000Z');
    const lease: Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace: 'kube-node-lease' },
      spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime },
    };
    await leases.apply(lease, { fieldManager: 'playground-kubelet', force: true }, signal);
  };
  while (!signal.aborted) {
    let waitMs = HEARTBEAT_MS;
    try {
      await beat();
    } catch (error) {
      log.debug('node heartbeat failed', { node: name, error: errorText(error) });
      waitMs = 500;
    }
    await clock.sleep(waitMs, signal);
  }
}

function createNode({ nodeName, labels, port }: NodeOptions, now: string): KubeObject {
  const resources = { cpu: '8', memory: '16Gi', pods: '110', 'ephemeral-storage': '64Gi' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName,
      labels: {
        'kubernetes.io/hostname': nodeName,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        ...labels,
      },
    },
    spec: {},
    status: {
      capacity: resources,
      allocatable: resources,
      addresses: [
        { type: 'InternalIP', address: '127.0.0.1' },
        { type: 'Hostname', address: nodeName },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
      // API servers then leave websockets as they are, in place of turning them into SPDY.
      declaredFeatures: ['ExtendWebSocketsToKubelet'],
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          message: 'simulated kubelet is posting ready status',
          lastHeartbeatTime: now,
          lastTransitionTime: now,
        },
      ],
      nodeInfo: {
        architecture: 'amd64',
        bootID: 'simulated',
        containerRuntimeVersion: 'simulated://1.0.0',
        kernelVersion: 'simulated',
        kubeProxyVersion: 'v1.36.3',
        kubeletVersion: 'v1.36.3',
        machineID: 'simulated',
        operatingSystem: 'linux',
        osImage: 'simulated',
        systemUUID: 'simulated',
      },
    },
  };
}
