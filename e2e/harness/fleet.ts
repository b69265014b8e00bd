import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { API_VERSIONS } from '@clusternet/api-types';
import type { ManagedCluster } from '@clusternet/api-types';
import { clusternetRef } from '@clusternet/client';
import type { KubeClient } from '@clusternet/client';
import { createCa, issueCertificate } from '@clusternet/pki';
import type { KubeObject } from '@clusternet/kube-data';
import { applyObjects, readObjects } from './apply-files.ts';
import { startProcess } from './child-process.ts';
import type { RunningProcess } from './child-process.ts';
import { eventually } from './eventually.ts';
import { startNode } from './node.ts';
import { formatKubeconfig } from './plane.ts';
import type { Plane } from './plane.ts';
import { freePorts } from './ports.ts';
import { startPlane } from './start-plane.ts';
import type { PlaneKind } from './start-plane.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const SYSTEM = 'clusternet-system';
const HUB_HOST = 'clusternet-hub.clusternet-system.svc';

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

export interface FleetOptions {
  readonly on: PlaneKind;
  readonly children: readonly ChildSpec[];
  readonly onProgress?: (text: string) => void;
}

export interface FleetChild {
  readonly spec: ChildSpec;
  readonly plane: Plane;
  readonly clusterId: string;
  /** Namespace in the parent. */
  readonly namespace: string;
  readonly agent: RunningProcess;
  /** Starts the agent anew after its process ended. */
  startAgent(): Promise<RunningProcess>;
}

/** A parent with a hub, and joined children with agents and a simulated node each. */
export interface Fleet extends AsyncDisposable {
  readonly parent: Plane;
  readonly hub: RunningProcess;
  readonly folder: string;
  readonly children: readonly FleetChild[];
  readonly clusters: ReturnType<typeof clustersOf>;
  child(name: string): FleetChild;
}

export function clustersOf(client: KubeClient) {
  return client.resource<ManagedCluster>(clusternetRef('ManagedCluster'));
}

/** Starts everything and waits until every child is ready. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { on, onProgress = () => undefined } = options;
  const folder = mkdtempSync(join(tmpdir(), 'clusternet-fleet-'));
  const stack = new AsyncDisposableStack();
  stack.defer(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  try {
    onProgress(`starting ${options.children.length + 1} ${on} control planes`);
    const [parent, ...planes] = await Promise.all(
      ['parent', ...options.children.map(({ name }) => name)].map(async (name) => {
        const plane = await startPlane(on, name);
        stack.use(plane);
        return plane;
      }),
    );
    if (parent === undefined) throw new Error('no parent was started');
    for (const plane of planes) stack.use(startNode(plane));
    onProgress('installing Clusternet in the parent');
    const hub = await startHub(parent, folder);
    stack.use(hub);
    onProgress(`joining ${options.children.map(({ name }) => name).join(' and ')}`);
    const children = await Promise.all(
      options.children.map(async (spec, index) => {
        const plane = planes[index];
        if (plane === undefined) throw new Error(`no plane for ${spec.name}`);
        const child = await joinChild(parent, plane, spec, folder);
        stack.defer(() => child.stop());
        return child.fleetChild;
      }),
    );
    const owned = stack.move();
    return {
      parent,
      hub,
      folder,
      children,
      clusters: clustersOf(parent.client),
      child: (name) => {
        const found = children.find(({ spec }) => spec.name === name);
        if (found === undefined) throw new Error(`there is no child ${name}`);
        return found;
      },
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Installs CRDs, roles and the APIService, and starts the hub as its own service account. */
export async function startHub(
  parent: Plane,
  folder: string,
  flags: readonly string[] = [],
): Promise<RunningProcess> {
  const { client } = parent;
  const [port = 0] = await freePorts(1);
  const ca = await createCa({ commonName: 'clusternet-hub-ca' });
  const serving = await issueCertificate(ca, {
    commonName: HUB_HOST,
    usage: 'server',
    dnsNames: [HUB_HOST, 'localhost'],
    ipAddresses: ['127.0.0.1'],
  });
  await applyObjects(client, [
    ...readObjects('manifests/crds'),
    ...readObjects('deploy/hub'),
    ...readObjects('manifests/samples'),
    ...hubService(port, ca.certPem),
  ]);
  const kubeconfig = write(
    folder,
    'hub.kubeconfig',
    formatKubeconfig({
      name: 'parent',
      server: parent.server,
      caPem: parent.caPem,
      user: { token: await requestToken(client, SYSTEM, 'clusternet-hub') },
    }),
  );
  const hub = await startProcess({
    name: 'hub',
    command: process.execPath,
    args: [
      join(ROOT, 'apps/hub/dist/clusternet-hub.js'),
      `--kubeconfig=${kubeconfig}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      `--tls-cert-file=${write(folder, 'hub.crt', serving.certPem)}`,
      `--tls-private-key-file=${write(folder, 'hub.key', serving.keyPem)}`,
      '--health-port=0',
      '--v=4',
      ...flags,
    ],
    logFile: join(folder, 'hub.log'),
  });
  await eventually('the hub to serve proxies.clusternet.io through the parent', async () => {
    if (hub.exitCode() !== undefined) throw new Error(`the hub ended: ${hub.tail()}`);
    return client.rawJson({ method: 'GET', path: `/apis/${API_VERSIONS.proxies}`, what: 'discover proxies' });
  });
  return hub;
}

function hubService(port: number, caPem: string): KubeObject[] {
  const apiService = (group: string): KubeObject => ({
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: `v1alpha1.${group}` },
    spec: {
      group,
      version: 'v1alpha1',
      groupPriorityMinimum: 1000,
      versionPriority: 100,
      caBundle: Buffer.from(caPem).toString('base64'),
      service: { namespace: SYSTEM, name: 'clusternet-hub', port },
    },
  });
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: SYSTEM, name: 'clusternet-hub' },
      spec: {
        type: 'ExternalName',
        externalName: 'localhost',
        ports: [{ name: 'https', port, protocol: 'TCP' }],
      },
    },
    apiService('proxies.clusternet.io'),
  ];
}

/** A short-lived token of a service account. */
export async function requestToken(client: KubeClient, namespace: string, name: string): Promise<string> {
  const answer = (await client.rawJson({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 7200 } },
    what: `request a token of ${name}`,
  })) as { status?: { token?: string } };
  return answer.status?.token ?? '';
}

async function joinChild(
  parent: Plane,
  plane: Plane,
  spec: ChildSpec,
  folder: string,
): Promise<{ readonly fleetChild: FleetChild; stop(): Promise<void> }> {
  await applyObjects(plane.client, readObjects('deploy/agent'));
  const kubeconfig = write(
    folder,
    `${spec.name}.kubeconfig`,
    formatKubeconfig({
      name: spec.name,
      server: plane.server,
      caPem: plane.caPem,
      user: { token: await requestToken(plane.client, SYSTEM, 'clusternet-agent') },
    }),
  );
  const caFile = write(folder, `${spec.name}.parent-ca.crt`, parent.caPem);
  const tokenFile = write(folder, `${spec.name}.token`, await registrationToken(parent, spec));
  const labels = Object.entries(spec.labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const startAgent = (): Promise<RunningProcess> =>
    startProcess({
      name: `agent of ${spec.name}`,
      command: process.execPath,
      args: [
        join(ROOT, 'apps/agent/dist/clusternet-agent.js'),
        `--kubeconfig=${kubeconfig}`,
        `--cluster-reg-parent-url=${parent.server}`,
        `--cluster-reg-parent-ca-file=${caFile}`,
        `--cluster-reg-token-file=${tokenFile}`,
        `--cluster-reg-name=${spec.name}`,
        `--cluster-sync-mode=${spec.syncMode}`,
        `--feature-gates=AppPusher=${spec.isAppPusherEnabled}`,
        `--cluster-labels=${labels}`,
        '--cluster-status-collect-frequency=2s',
        '--secure-port=0',
        '--v=4',
        ...(spec.flags ?? []),
      ],
      logFile: join(folder, `agent-${spec.name}.log`),
    });
  let agent = await startAgent();
  try {
    const clusters = clustersOf(parent.client);
    const cluster = await eventually(`${spec.name} to be ready`, async () => {
      if (agent.exitCode() !== undefined) throw new Error(`its agent ended: ${agent.tail()}`);
      const { items } = await clusters.list();
      return items.find(({ metadata, status }) => metadata.name === spec.name && isReady(status?.conditions));
    });
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
        startAgent: async () => {
          agent = await startAgent();
          return agent;
        },
      },
    };
  } catch (error) {
    await agent.stop();
    throw error;
  }
}

function isReady(conditions: readonly { type: string; status: string }[] = []): boolean {
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

async function registrationToken(parent: Plane, spec: ChildSpec): Promise<string> {
  if (spec.registersWith !== 'serviceaccount') return '07401b.f395accd246ae52d'; // of manifests/samples
  return requestToken(parent.client, SYSTEM, 'cluster-bootstrap-use');
}

function write(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
