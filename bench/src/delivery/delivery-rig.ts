import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { API_VERSIONS } from '@clusternet/api-types';
import type { Feed, Subscription } from '@clusternet/api-types';
import { clusternetRef } from '@clusternet/client';
import { applyObjects } from '@clusternet/e2e/harness/apply-files.ts';
import type { RunningProcess } from '@clusternet/e2e/harness/child-process.ts';
import type { Plane } from '@clusternet/e2e/harness/plane.ts';
import { freePorts } from '@clusternet/e2e/harness/ports.ts';
import { toManifest } from '@clusternet/e2e/harness/shadow-form.ts';
import { hubServes, installHub } from '@clusternet/e2e/harness/start-hub.ts';
import type { KubeObject } from '@clusternet/kube-data';
import { planeOf } from '../lifecycle/plane-of.ts';
import { startOwnProcess } from '../processes.ts';
import type { ChildrenRecord } from './children-process.ts';

export const NAMESPACE = 'bench';

/** The hub as built, a parent and many children in processes of their own. The hub pushes, past any agent. */
export interface DeliveryRig extends AsyncDisposable {
  readonly parent: Plane;
  readonly childrenUrl: string;
  /** Dedicated namespaces of the clusters, by number. */
  readonly namespaces: readonly string[];
  hub(): RunningProcess;
  /** Stops the hub, as an update does, and starts another. */
  restartHub(): Promise<void>;
  /** What the children were asked for since the last look. */
  takeRecord(): Promise<ChildrenRecord>;
  /** Writes at the parent so far, of whatever kind and by whomever. */
  countWrites(): Promise<number>;
  /** Asks for objects in clusters with a label. */
  subscribe(name: string, objects: readonly KubeObject[], label: string): Promise<void>;
  get(name: string): Promise<Subscription>;
}

export async function startDeliveryRig(clusters: number): Promise<DeliveryRig> {
  const folder = mkdtempSync(join(tmpdir(), 'clusternet-bench-'));
  const stack = new AsyncDisposableStack();
  stack.defer(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  try {
    const plane = stack.use(startOwnProcess('lifecycle/plane-process.ts', ['parent']));
    const children = stack.use(startOwnProcess('delivery/children-process.ts', [`${clusters}`]));
    const { kubeconfig } = JSON.parse(await plane.nextLine()) as { kubeconfig: string };
    const { port } = JSON.parse(await children.nextLine()) as { port: number };
    const childrenUrl = `http://127.0.0.1:${port}`;
    const parent = stack.use(await planeOf('parent', kubeconfig));
    const { client } = parent;
    const [hubPort = 0] = await freePorts(1);
    const installation = await installHub(parent, folder, hubPort);
    const startHub = async (): Promise<RunningProcess> => {
      return installation.startReplica('hub', hubPort, ['--v=0', '--kube-api-qps=0']);
    };
    let hub = await startHub();
    stack.defer(async () => {
      await hub.stop();
    });
    await hubServes(parent, hub);
    const namespaces: string[] = [];
    for (let number = 0; number < clusters; number += 1) {
      namespaces.push(await addCluster(parent, number, `${childrenUrl}/c${number}`));
    }
    const owned = stack.move();
    const subscriptions = client.resource<Subscription>(clusternetRef('Subscription'));
    return {
      parent,
      childrenUrl,
      namespaces,
      hub: () => hub,
      restartHub: async () => {
        await hub.stop('SIGTERM');
        hub = await startHub();
      },
      takeRecord: async () => (await (await fetch(`${childrenUrl}/-/record`)).json()) as ChildrenRecord,
      countWrites: async () => {
        const path = '/api/v1/namespaces?limit=1';
        const list = await client.rawJson({ method: 'GET', path, what: 'read the resource version' });
        return Number((list as { metadata: { resourceVersion: string } }).metadata.resourceVersion);
      },
      subscribe: async (name, objects, label) => {
        await applyObjects(
          client,
          objects.map((object) => toManifest(object, 'configmaps')),
        );
        await subscriptions.create({
          apiVersion: API_VERSIONS.apps,
          kind: 'Subscription',
          metadata: { namespace: 'default', name },
          spec: {
            subscribers: [{ clusterAffinity: { matchLabels: { [label]: 'yes' } } }],
            feeds: objects.map(feedOf),
          },
        });
      },
      get: (name) => subscriptions.get({ namespace: 'default', name }),
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** A ConfigMap of a few lines. */
export function createSettings(name: string, text: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: NAMESPACE, name }, data: { text } };
}

export function feedOf({ apiVersion, kind, metadata: { namespace = '', name = '' } }: KubeObject): Feed {
  return { apiVersion, kind, namespace, name };
}

/** A cluster as approval and its agent leave it, without an agent. */
async function addCluster({ client }: Plane, number: number, url: string): Promise<string> {
  const name = `c${number}`;
  const namespace = `clusternet-${name}`;
  const clusterId = crypto.randomUUID();
  const labels = {
    'clusternet.io/created-by': 'clusternet-agent',
    'clusters.clusternet.io/cluster-id': clusterId,
    'clusters.clusternet.io/cluster-name': name,
  };
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  const core = (kind: string, plural: string, namespaced: boolean) =>
    client.resource({ group: '', version: 'v1', plural, kind, namespaced });
  await core('Namespace', 'namespaces', false).create({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels },
  });
  await core('Secret', 'secrets', true).create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'child-cluster-deployer', namespace },
    data: { token: encode('token'), 'apiserver-advertise-url': encode(url) },
  });
  const clusters = client.resource(clusternetRef('ManagedCluster'));
  await clusters.create({
    apiVersion: API_VERSIONS.clusters,
    kind: 'ManagedCluster',
    metadata: { name, namespace, labels: { ...labels, all: 'yes', [`is-${number}`]: 'yes' } },
    spec: { clusterId, syncMode: 'Push' },
  });
  const status = {
    appPusher: true,
    useSocket: false,
    lastObservedTime: new Date().toISOString(),
    healthz: true,
  };
  await clusters.patch({ namespace, name }, 'merge', { status }, { subresource: 'status' });
  return namespace;
}
