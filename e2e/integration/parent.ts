import { API_VERSIONS } from '@clusternet/api-types';
import type {
  Base,
  ClusterRegistrationRequest,
  Description,
  ManagedCluster,
  Subscription,
} from '@clusternet/api-types';
import { clusternetRef, createKubeClient } from '@clusternet/client';
import type { KubeClient, ResourceClient } from '@clusternet/client';
import { createTransport } from '@clusternet/client/undici';
import { runHub } from '@clusternet/hub';
import type { HubRole } from '@clusternet/hub';
import type { KubeObject } from '@clusternet/kube-data';
import { startControlPlane } from '@clusternet/playground';
import type { ControlPlane } from '@clusternet/playground';
import { noMetrics, silentLogger, systemClock, systemRandom } from '@clusternet/runtime';
import type { Metrics } from '@clusternet/runtime';
import { applyObjects, readObjects } from '../harness/apply-files.ts';
import { eventually } from '../harness/eventually.ts';
import { startGateway } from './gateway.ts';
import type { Gateway } from './gateway.ts';

/** An embedded control plane behind a gateway. */
export interface TestPlane extends AsyncDisposable {
  readonly plane: ControlPlane;
  readonly gateway: Gateway;
  /** Goes straight to the plane, past the gateway. */
  readonly client: KubeClient;
}

export async function startTestPlane(name: string): Promise<TestPlane> {
  const plane = await startControlPlane({ name });
  const gateway = await startGateway(plane);
  const { certPem, keyPem } = await plane.issueClientCertificate({
    name: 'tests',
    groups: ['system:masters'],
  });
  const transport = createTransport({ server: plane.url, name, caPem: plane.caPem, certPem, keyPem });
  return {
    plane,
    gateway,
    client: createKubeClient(transport),
    [Symbol.asyncDispose]: async () => {
      await transport[Symbol.asyncDispose]();
      await gateway[Symbol.asyncDispose]();
      await plane[Symbol.asyncDispose]();
    },
  };
}

/** A parent with our CRDs and namespaces. */
export async function startParent(): Promise<TestPlane> {
  const parent = await startTestPlane('parent');
  const namespace = (name: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  });
  await applyObjects(parent.client, [
    ...readObjects('manifests/crds'),
    namespace('clusternet-system'),
    namespace('clusternet-reserved'),
  ]);
  return parent;
}

/** The kinds of the parent that tests look at. */
export interface ParentKinds {
  readonly requests: ResourceClient<ClusterRegistrationRequest>;
  readonly clusters: ResourceClient<ManagedCluster>;
  readonly subscriptions: ResourceClient<Subscription>;
  readonly bases: ResourceClient<Base>;
  readonly descriptions: ResourceClient<Description>;
  readonly namespaces: ResourceClient;
  readonly serviceAccounts: ResourceClient;
  readonly secrets: ResourceClient;
}

export function kindsOf(client: KubeClient): ParentKinds {
  const core = (kind: string, plural: string, namespaced = true): ResourceClient =>
    client.resource({ group: '', version: 'v1', plural, kind, namespaced });
  return {
    requests: client.resource<ClusterRegistrationRequest>(clusternetRef('ClusterRegistrationRequest')),
    clusters: client.resource<ManagedCluster>(clusternetRef('ManagedCluster')),
    subscriptions: client.resource<Subscription>(clusternetRef('Subscription')),
    bases: client.resource<Base>(clusternetRef('Base')),
    descriptions: client.resource<Description>(clusternetRef('Description')),
    namespaces: core('Namespace', 'namespaces', false),
    serviceAccounts: core('ServiceAccount', 'serviceaccounts'),
    secrets: core('Secret', 'secrets'),
  };
}

export interface RunningHub extends AsyncDisposable {
  /** Reconciles that ended, by controller. */
  readonly reconciled: ReadonlyMap<string, number>;
}

/** Runs the controllers and the scheduler in this process, through the gateway, until disposed. */
export async function startControllers({ gateway }: TestPlane): Promise<RunningHub> {
  const controller = new AbortController();
  const active = new Set<HubRole>();
  const reconciled = new Map<string, number>();
  const metrics: Metrics = {
    ...noMetrics,
    counter: ({ name }) => ({
      add: (by = 1, labels = {}) => {
        const key = labels['controller'] ?? '';
        if (name === 'clusternet_reconcile_total') reconciled.set(key, (reconciled.get(key) ?? 0) + by);
      },
    }),
  };
  const done = runHub(
    {
      connection: { server: gateway.url, name: 'parent' },
      clock: systemClock,
      random: systemRandom,
      log: silentLogger,
      metrics,
      gatherMetrics: () => Promise.resolve(''),
      version: { gitVersion: 'v0.0.0', platform: 'test' },
    },
    {
      roles: new Set<HubRole>(['controllers', 'scheduler']),
      systemNamespace: 'clusternet-system',
      reservedNamespace: 'clusternet-reserved',
      isDeployerEnabled: true,
      isLeaderElected: false,
      election: { identity: 'test', leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000 },
      onRole: (role, isActive) => {
        if (isActive) active.add(role);
      },
    },
    controller.signal,
  );
  const stop = async (): Promise<void> => {
    controller.abort();
    await done;
  };
  await eventually('the roles to start', () => active.size === 2).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { reconciled, [Symbol.asyncDispose]: stop };
}

export interface ClusterSpec {
  readonly name: string;
  readonly syncMode?: 'Dual' | 'Pull' | 'Push';
  readonly appPusher?: boolean;
  readonly useSocket?: boolean;
  /** Where its API is. */
  readonly url?: string;
}

/** A cluster as approval and its agent leave it, without an agent. @returns its namespace */
export async function addCluster(client: KubeClient, spec: ClusterSpec): Promise<string> {
  const { name, syncMode = 'Push', appPusher = true, useSocket = false, url } = spec;
  const { namespaces, clusters, secrets } = kindsOf(client);
  const namespace = `clusternet-${name}`;
  const clusterId = crypto.randomUUID();
  const labels = {
    'clusternet.io/created-by': 'clusternet-agent',
    'clusters.clusternet.io/cluster-id': clusterId,
    'clusters.clusternet.io/cluster-name': name,
  };
  await namespaces.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } });
  await clusters.create({
    apiVersion: API_VERSIONS.clusters,
    kind: 'ManagedCluster',
    metadata: { name, namespace, labels: { ...labels, cluster: name } },
    spec: { clusterId, syncMode },
  });
  const status = { appPusher, useSocket, lastObservedTime: new Date().toISOString(), healthz: true };
  await clusters.patch({ namespace, name }, 'merge', { status }, { subresource: 'status' });
  if (url === undefined) return namespace;
  await secrets.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'child-cluster-deployer', namespace },
    data: { token: encode('token'), 'apiserver-advertise-url': encode(url) },
  });
  return namespace;
}

/** Base64, as Secrets have it. */
export function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}
