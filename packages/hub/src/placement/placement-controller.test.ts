import type { FeedInventory, ManagedCluster, Subscription } from '@clusternet/api-types';
import { createStore } from '@clusternet/controller-kit';
import type { IndexFunction } from '@clusternet/controller-kit';
import type { KubeObject } from '@clusternet/kube-data';
import { noMetrics, silentLogger } from '@clusternet/runtime';
import { createFakeClock } from '@clusternet/runtime/fakes';
import { describe, expect, it } from 'vitest';
import { cluster, inventory, subscription, WEB_FEED } from '../parent/objects.fixture.ts';
import { createPlacementController } from './placement-controller.ts';
import type { PlacementDeps } from './placement-controller.ts';

type Status = NonNullable<Subscription['status']>;
const tainted = (): ManagedCluster =>
  cluster({}, { taints: [{ key: 'clusters.clusternet.io/initialization', effect: 'NoSchedule' }] });

function cacheOf<T extends KubeObject>(objects: T[], indexes: Record<string, IndexFunction<T>> = {}) {
  const store = createStore<T>(silentLogger, { indexes });
  store.replace(objects);
  return { store };
}

/** A controller whose own writes come back when `catchUp` says so. */
function startController(spec: Partial<Subscription['spec']> = {}) {
  const inventories = cacheOf<FeedInventory>([]);
  const clusters = cacheOf<ManagedCluster>([cluster()]);
  const everywhere = subscription({}, {}, [WEB_FEED]);
  const subscriptions = cacheOf<Subscription>([
    { ...everywhere, spec: { ...everywhere.spec, subscribers: [{ clusterAffinity: {} }], ...spec } },
  ]);
  const written: Status[] = [];
  const deps = {
    caches: { clusters, inventories, subscriptions },
    resources: {
      subscriptions: {
        patch: (_ref: unknown, _type: unknown, { status }: { status: Status }) => {
          written.push(status);
          return Promise.resolve({});
        },
      },
    },
    events: { record: () => undefined, flush: () => Promise.resolve() },
    clock: createFakeClock(),
    log: silentLogger,
    metrics: noMetrics,
  } as unknown as PlacementDeps;
  const controller = new AbortController();
  const done = createPlacementController(deps)(controller.signal);
  return {
    clusters: clusters.store,
    inventories: inventories.store,
    written,
    settle: () => new Promise((resolve) => setTimeout(resolve, 5)),
    catchUp: (status: Status) => {
      const [known] = subscriptions.store.list();
      if (known !== undefined)
        subscriptions.store.upsert({ ...known, status: { ...known.status, ...status } });
    },
    [Symbol.asyncDispose]: async () => {
      controller.abort();
      await done;
    },
  };
}

describe('createPlacementController', () => {
  it('binds anew although the cache still shows the former binding when the cluster is back', async () => {
    await using placement = startController();
    const { clusters, written, settle, catchUp } = placement;
    await settle();
    catchUp(written.at(-1) ?? {});
    await settle();
    expect(written.map(({ bindingClusters }) => bindingClusters)).toEqual([['clusternet-aaaaa/east']]);

    clusters.upsert(tainted());
    await settle();
    const unbound = written.at(-1);
    expect(unbound?.bindingClusters).toEqual([]);
    clusters.upsert(cluster()); // before our own write has come back
    await settle();
    catchUp(unbound ?? {});
    await settle();
    expect(written.at(-1)?.bindingClusters).toEqual(['clusternet-aaaaa/east']);
  });

  it('waits for the inventory of a Subscription that divides replicas, and follows it', async () => {
    await using placement = startController({ schedulingStrategy: 'Dividing' });
    const { inventories, written, settle, catchUp } = placement;
    await settle();
    expect(written).toEqual([]);
    inventories.upsert(inventory()); // counted for the feeds of before
    await settle();
    expect(written).toEqual([]);
    for (const desiredReplicas of [6, 9]) {
      inventories.upsert(inventory({ ...WEB_FEED, desiredReplicas }));
      await settle();
      catchUp(written.at(-1) ?? {});
      await settle();
      expect(written.at(-1)?.replicas).toEqual({ 'apps/v1/Deployment/foo/web': [desiredReplicas] });
    }
    expect(written).toHaveLength(2);
  });

  it('does nothing about its own write when it comes back', async () => {
    await using placement = startController();
    await placement.settle();
    placement.catchUp(placement.written.at(-1) ?? {});
    await placement.settle();
    expect(placement.written).toHaveLength(1);
  });
});
