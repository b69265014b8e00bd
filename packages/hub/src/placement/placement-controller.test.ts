import type { ManagedCluster, Subscription } from '@clusternet/api-types';
import { createStore } from '@clusternet/controller-kit';
import type { IndexFunction } from '@clusternet/controller-kit';
import type { KubeObject } from '@clusternet/kube-data';
import { noMetrics, silentLogger } from '@clusternet/runtime';
import { createFakeClock } from '@clusternet/runtime/fakes';
import { describe, expect, it } from 'vitest';
import { cluster, subscription } from '../parent/objects.fixture.ts';
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
function startController() {
  const clusters = cacheOf<ManagedCluster>([cluster()]);
  const everywhere = subscription({});
  const subscriptions = cacheOf<Subscription>([
    { ...everywhere, spec: { ...everywhere.spec, subscribers: [{ clusterAffinity: {} }] } },
  ]);
  const written: Status[] = [];
  const deps = {
    caches: { clusters, subscriptions },
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

  it('does nothing about its own write when it comes back', async () => {
    await using placement = startController();
    await placement.settle();
    placement.catchUp(placement.written.at(-1) ?? {});
    await placement.settle();
    expect(placement.written).toHaveLength(1);
  });
});
