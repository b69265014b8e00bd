import { LABELS } from '@clusternet/api-types/constants';
import { clusternetRef } from '../clusternet-ref.ts';
import type { ConnectionConfig } from '../connection-config.ts';
import { createFakeApi, statusAnswer } from '../fakes/index.ts';
import type { FakeApi } from '../fakes/index.ts';
import { createFleetOver } from '../fleet/fleet.ts';
import type { Fleet, FleetOptions } from '../fleet/fleet.ts';

const CHILD = /^\/apis\/proxies\.clusternet\.io\/v1alpha1\/sockets\/([^/]+)\/proxy\/direct(\/.*)$/;

/** A parent and children in memory, with the way between them. */
export interface FakeFleet {
  readonly fleet: Fleet;
  readonly parent: FakeApi;
  readonly child: (name: string) => FakeApi;
  /** Ids of clusters whose agents are away. */
  readonly offline: Set<string>;
  /** The cluster registers again, under another id. */
  readonly reregister: (name: string, clusterId: string) => void;
}

/** The id of the nth cluster. */
export function idOf(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
}

export function createFakeFleet(
  names: readonly string[],
  options: FleetOptions & { readonly connection?: Partial<ConnectionConfig> } = {},
): FakeFleet {
  const parent = createFakeApi({
    refs: [clusternetRef('ManagedCluster'), clusternetRef('Subscription')],
    hop: 'parent',
  });
  const children = new Map<string, FakeApi>();
  const offline = new Set<string>();
  for (const [index, name] of names.entries()) {
    const clusterId = idOf(index);
    children.set(clusterId, createFakeApi());
    addCluster(parent, name, clusterId);
  }
  parent.intercept(async (request, signal) => {
    const [, id = '', path = ''] = CHILD.exec(request.path) ?? [];
    if (id === '') return undefined;
    const child = children.get(id);
    if (child === undefined) return statusAnswer(400, 'BadRequest', `no cluster id is ${id}`);
    if (offline.has(id))
      return statusAnswer(
        400,
        'BadRequest',
        `cannot proxy through cluster ${id}, whose agent is disconnected`,
      );
    return child.handle({ ...request, path }, signal);
  });
  const connection = { server: 'https://parent:6443', ...options.connection };
  return {
    fleet: createFleetOver(
      {
        connection,
        transport: parent.transport,
        openSocket: () => Promise.reject(new Error('no sockets here')),
      },
      options,
    ),
    parent,
    offline,
    reregister: (name, clusterId) => {
      const old = idOf(names.indexOf(name));
      children.set(clusterId, children.get(old) ?? createFakeApi());
      children.delete(old);
      addCluster(parent, name, clusterId);
    },
    child: (name) => {
      const child = children.get(idOf(names.indexOf(name)));
      if (child === undefined) throw new Error(`there is no child ${name}`);
      return child;
    },
  };
}

/** Registers a cluster in a parent. */
export function addCluster(parent: FakeApi, name: string, clusterId: string): void {
  const namespace = `clusternet-${name}`;
  parent.store.put(`/apis/clusters.clusternet.io/v1beta1/namespaces/${namespace}/managedclusters/${name}`, {
    apiVersion: 'clusters.clusternet.io/v1beta1',
    kind: 'ManagedCluster',
    metadata: { name, namespace, labels: { [LABELS.clusterName]: name, tier: name } },
    spec: { clusterId, syncMode: 'Pull' },
  });
}
