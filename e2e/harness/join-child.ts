import { join, resolve } from 'node:path';
import type { ManagedCluster } from '@clusternet/api-types';
import { clusternetRef } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import { agentObjects, applyObjects } from './apply-files.ts';
import { startProcess } from './child-process.ts';
import type { RunningProcess } from './child-process.ts';
import { eventually } from './eventually.ts';
import { formatKubeconfig } from './plane.ts';
import type { Plane } from './plane.ts';
import { writeSecretFile } from './secret-file.ts';
import { requestToken } from './service-account-token.ts';

const PROGRAM = resolve(import.meta.dirname, '../../apps/agent/dist/clusternet-agent.js');
const SYSTEM = 'clusternet-system';

export interface ChildSpec {
  readonly name: string;
  readonly syncMode: 'Dual' | 'Pull' | 'Push';
  readonly isAppPusherEnabled: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  /** @default "bootstrap" */
  readonly registersWith?: 'bootstrap' | 'serviceaccount';
  /** More flags of its agent. */
  readonly flags?: readonly string[];
}

export interface FleetChild {
  readonly spec: ChildSpec;
  readonly plane: Plane;
  readonly clusterId: string;
  /** Namespace in the parent. */
  readonly namespace: string;
  readonly agent: RunningProcess;
  /** Starts the agent anew after its process ended, with what is to differ. */
  startAgent(change?: Partial<ChildSpec>): Promise<RunningProcess>;
}

/** The ManagedClusters of a parent. */
export function clustersOf(client: KubeClient) {
  return client.resource<ManagedCluster>(clusternetRef('ManagedCluster'));
}

/** Starts an agent in a child and waits until the child is ready at the parent. */
export async function joinChild(
  parent: Plane,
  plane: Plane,
  spec: ChildSpec,
  folder: string,
): Promise<{ readonly fleetChild: FleetChild; stop(): Promise<void> }> {
  await applyObjects(plane.client, agentObjects());
  const kubeconfig = writeSecretFile(
    folder,
    `${spec.name}.kubeconfig`,
    formatKubeconfig({
      name: spec.name,
      server: plane.server,
      caPem: plane.caPem,
      user: { token: await requestToken(plane.client, SYSTEM, 'clusternet-agent') },
    }),
  );
  const caFile = writeSecretFile(folder, `${spec.name}.parent-ca.crt`, parent.caPem);
  const tokenFile = writeSecretFile(folder, `${spec.name}.token`, await registrationToken(parent, spec));
  const startAgent = (change: Partial<ChildSpec> = {}): Promise<RunningProcess> =>
    startProcess({
      name: `agent of ${spec.name}`,
      command: process.execPath,
      args: [
        PROGRAM,
        `--kubeconfig=${kubeconfig}`,
        `--cluster-reg-parent-url=${parent.server}`,
        `--cluster-reg-parent-ca-file=${caFile}`,
        `--cluster-reg-token-file=${tokenFile}`,
        '--cluster-status-collect-frequency=2s',
        '--secure-port=0',
        '--v=4',
        ...flagsOf({ ...spec, ...change }),
      ],
      logFile: join(folder, `agent-${spec.name}.log`),
    });
  let agent = await startAgent();
  try {
    const clusters = clustersOf(parent.client);
    const cluster = await eventually(`${spec.name} to be ready`, async () => {
      if (agent.exitCode() !== undefined) throw new Error(`its agent ended: ${agent.tail()}`);
      const { items } = await clusters.list();
      const found = items.find(
        ({ metadata, status }) => metadata.name === spec.name && isReady(status?.conditions),
      );
      if (found === undefined) throw new Error(`its agent said: ${agent.tail().slice(-1500)}`);
      return found;
    });
    await eventually(`${spec.name} to be reachable through the hub`, () =>
      parent.client.rawJson({
        method: 'GET',
        path: `/apis/proxies.clusternet.io/v1alpha1/sockets/${cluster.spec?.clusterId ?? ''}/proxy/direct/version`,
        what: `get the version of ${spec.name}`,
      }),
    );
    return {
      stop: async () => {
        await agent.stop();
      },
      fleetChild: {
        spec,
        plane,
        clusterId: cluster.spec?.clusterId ?? '',
        namespace: cluster.metadata.namespace ?? '',
        get agent() {
          return agent;
        },
        startAgent: async (change) => {
          agent = await startAgent(change);
          return agent;
        },
      },
    };
  } catch (error) {
    await agent.stop();
    throw error;
  }
}

function flagsOf({ name, syncMode, isAppPusherEnabled, labels = {}, flags = [] }: ChildSpec): string[] {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return [
    `--cluster-reg-name=${name}`,
    `--cluster-sync-mode=${syncMode}`,
    `--feature-gates=AppPusher=${isAppPusherEnabled}`,
    `--cluster-labels=${pairs.join(',')}`,
    ...flags,
  ];
}

function isReady(conditions: readonly { type: string; status: string }[] = []): boolean {
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

async function registrationToken(parent: Plane, spec: ChildSpec): Promise<string> {
  if (spec.registersWith !== 'serviceaccount') return '07401b.f395accd246ae52d'; // of manifests/samples
  return requestToken(parent.client, SYSTEM, 'cluster-bootstrap-use');
}
