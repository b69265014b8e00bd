import type { Description } from '@clusternet/api-types';
import { clusternetRef, createKubeClient } from '@clusternet/client';
import { createFakeApi } from '@clusternet/client/fakes';
import type { FakeApi } from '@clusternet/client/fakes';
import type { Reconcile, ReconcileResult } from '@clusternet/controller-kit';
import { encodeBase64, encodeUtf8, stringifyJson } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { silentLogger } from '@clusternet/runtime';
import { createFakeClock } from '@clusternet/runtime/fakes';
import type { FakeClock } from '@clusternet/runtime/fakes';
import { createDescriptionReconciler } from '../description-reconciler.ts';
import type { DeliveryTarget } from '../description-reconciler.ts';

export const namespace = 'clusternet-abc';

/** An object as it stands in a Description. */
export function document(kind: string, name: string, fields: object = {}, apiVersion = 'v1'): KubeObject {
  const isGlobal = kind === 'Namespace' || kind === 'CustomResourceDefinition';
  return { apiVersion, kind, metadata: { name, ...(isGlobal ? {} : { namespace: 'app' }) }, ...fields };
}

export function encode(value: unknown): string {
  return encodeBase64(encodeUtf8(stringifyJson(value)));
}

/** Where an object of the core group is in the child. */
export function pathOf(plural: string, name: string): string {
  return plural === 'namespaces' ? `/api/v1/namespaces/${name}` : `/api/v1/namespaces/app/${plural}/${name}`;
}

export function descriptionPath(name: string): string {
  return `/apis/apps.clusternet.io/v1alpha1/namespaces/${namespace}/descriptions/${name}`;
}

/** A parent and a child that keep state, and a reconciler between them. */
export interface Delivery {
  readonly parent: FakeApi;
  readonly child: ReturnType<typeof createFakeApi>;
  readonly clock: FakeClock;
  /** Reason and message of each Event. */
  readonly events: { readonly type: string; readonly reason: string; readonly message: string }[];
  target: DeliveryTarget;
  /** Creates a Description, or changes what it delivers. */
  describe(documents: readonly unknown[], name?: string): void;
  get(name?: string): Description | undefined;
  delete(name?: string): void;
  run(name?: string): Promise<ReconcileResult>;
  runUntil(signal: AbortSignal): Promise<ReconcileResult>;
  /** Keeps the cache where it is, however the parent goes on. @returns what ends it */
  freezeCache(): () => void;
  /** A new process: everything in memory is lost. */
  restart(): void;
}

export function createDelivery(): Delivery {
  const parent = createFakeApi({ refs: [clusternetRef('Description')] });
  const child = createFakeApi({ needsNamespaces: true, hop: 'child cluster a' });
  child.store.put(pathOf('namespaces', 'app'), document('Namespace', 'app'));
  const clock = createFakeClock();
  const events: Delivery['events'] = [];
  let frozen: Map<string, Description> | undefined;
  const get = (name = 'web'): Description | undefined =>
    parent.store.get(descriptionPath(name)) as unknown as Description | undefined;
  const create = (): Reconcile =>
    createDescriptionReconciler({
      descriptions: createKubeClient(parent.transport).resource<Description>(clusternetRef('Description')),
      getDescription: (key) => {
        const name = key.split('/')[1] ?? '';
        return frozen?.get(name) ?? get(name);
      },
      getTarget: () => Promise.resolve(delivery.target),
      events: {
        record: (_object, type, reason, message) => void events.push({ type, reason, message }),
        flush: () => Promise.resolve(),
      },
      clock,
      log: silentLogger,
    });
  let reconcile: Reconcile;
  const delivery: Delivery = {
    parent,
    child,
    clock,
    events,
    target: { kind: 'child', child: createKubeClient(child.transport) },
    describe: (documents, name = 'web') => {
      const before = get(name);
      const raw = documents.map((item) => (typeof item === 'string' ? item : encode(item)));
      const next = before ?? { metadata: { name, namespace } };
      parent.store.put(descriptionPath(name), {
        ...next,
        apiVersion: 'apps.clusternet.io/v1alpha1',
        kind: 'Description',
        spec: { deployer: 'Generic', raw },
      });
    },
    get,
    delete: (name = 'web') => {
      const live = get(name);
      if (live === undefined) return;
      live.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
      parent.store.put(descriptionPath(name), live);
    },
    run: (name = 'web') => reconcile(`${namespace}/${name}`, new AbortController().signal),
    runUntil: (signal) => reconcile(`${namespace}/web`, signal),
    freezeCache: () => {
      frozen = new Map(
        ['web', 'other'].flatMap((name) => {
          const found = get(name);
          return found === undefined ? [] : [[name, found]];
        }),
      );
      return () => {
        frozen = undefined;
      };
    },
    restart: () => {
      delivery.target = { kind: 'child', child: createKubeClient(child.transport) };
      reconcile = create();
    },
  };
  reconcile = create();
  return delivery;
}
