import type { KubeObject } from '@clusternet/kube-data';
import { createFakeClock, createFakeRandom } from '@clusternet/runtime/fakes';
import { describe, expect, it } from 'vitest';
import type { FakeApi } from '../fakes/index.ts';
import { addCluster, createFakeFleet, idOf } from '../testing/fleet.fixture.ts';
import type { AcrossEvent } from './across.ts';

function put(api: FakeApi, name: string): void {
  const metadata = { namespace: 'ns', name };
  api.store.put(`/api/v1/namespaces/ns/configmaps/${name}`, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
  });
}

const never = (): Promise<undefined> => new Promise(() => undefined);

/** As `cluster/object`, sorted. */
const namesOf = (
  items: readonly { readonly cluster: { readonly name: string }; readonly object: KubeObject }[],
) => items.map(({ cluster, object }) => `${cluster.name}/${object.metadata.name ?? ''}`).sort();

describe('a list across clusters', () => {
  it('has the objects of all, with the cluster of each', async () => {
    const { fleet, child } = createFakeFleet(['east', 'west']);
    for (const name of ['east', 'west']) for (const map of ['a', 'b']) put(child(name), map);
    const { items, silent } = await fleet.across().kind('v1/ConfigMap').list({ limit: 1 });
    expect(namesOf(items)).toEqual(['east/a', 'east/b', 'west/a', 'west/b']);
    expect(items[0]?.cluster).toEqual({ id: idOf(0), name: 'east', namespace: 'clusternet-east' });
    expect(silent).toEqual([]);
  });

  it('names those that say nothing, and has what the others say', async () => {
    const { fleet, child, offline } = createFakeFleet(['east', 'west', 'slow']);
    put(child('east'), 'a');
    offline.add(idOf(1));
    child('slow').intercept((_request, signal) => {
      const { promise, reject } = Promise.withResolvers<undefined>();
      signal?.addEventListener('abort', () => reject(signal.reason as Error));
      return promise;
    });
    const { items, silent } = await fleet.across({ timeoutMs: 50 }).kind('v1/ConfigMap').list();
    expect(namesOf(items)).toEqual(['east/a']);
    expect(
      silent.map(({ cluster, error }) => [cluster.name, (error as { code?: string }).code]).sort(),
    ).toEqual([
      ['slow', 'TIMEOUT'],
      ['west', 'CLUSTER_OFFLINE'],
    ]);
  });

  it('asks those of a selection, so many at once, and none ahead of a slow reader', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `c${index}`);
    const { fleet, child } = createFakeFleet(names);
    const selected = await fleet.across({ clusterSelector: 'tier in (c1,c2)' }).kind('v1/ConfigMap').list();
    expect(selected.silent).toEqual([]);
    const asked = () => names.filter((name) => child(name).requests.length > 0).length;
    expect(asked()).toBe(2);
    const answers = fleet.across({ concurrency: 3 }).kind('v1/ConfigMap').each();
    for await (const _answer of answers) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      break;
    }
    expect(asked()).toBeLessThanOrEqual(2 + 3 * 2 + 1);
  });

  it('ends with its signal', async () => {
    const { fleet, child } = createFakeFleet(['east']);
    child('east').intercept(never);
    const reason = new Error('enough');
    const list = fleet.across().kind('v1/ConfigMap').list({}, AbortSignal.abort(reason));
    await expect(list).rejects.toBe(reason);
  });

  it('fails only where the parent does not say which clusters there are', async () => {
    const { fleet, parent } = createFakeFleet(['east']);
    parent.intercept(() => ({ status: 403, headers: {}, body: 'no' }));
    await expect(fleet.across().kind('v1/ConfigMap').list()).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('a watch across clusters', () => {
  async function start(
    names: readonly string[],
    prepare: (fake: ReturnType<typeof createFakeFleet>) => void,
  ) {
    const clock = createFakeClock();
    const fake = createFakeFleet(names, { clock, random: createFakeRandom() });
    prepare(fake);
    const controller = new AbortController();
    const told: string[] = [];
    const format = (event: AcrossEvent<KubeObject>): string =>
      [event.type, event.cluster.name, 'object' in event ? event.object.metadata.name : ''].join(' ').trim();
    const done = (async () => {
      for await (const event of fake.fleet.across().kind('v1/ConfigMap').watch({}, controller.signal))
        told.push(format(event));
    })();
    const settle = (ms = 0): Promise<void> => clock.advance(ms);
    await settle();
    return { ...fake, told, settle, done, controller, takeTold: () => told.splice(0) };
  }

  it('tells what there is in each, then what happens, and closes everything at its end', async () => {
    const { child, takeTold, settle, controller, done, parent } = await start(['east', 'west'], (fake) => {
      put(fake.child('east'), 'a');
    });
    expect(takeTold().sort()).toEqual([
      'ADDED east a',
      'JOINED east',
      'JOINED west',
      'SYNCED east',
      'SYNCED west',
    ]);
    put(child('west'), 'b');
    put(child('east'), 'a');
    await settle();
    expect(takeTold().sort()).toEqual(['ADDED west b', 'MODIFIED east a']);
    controller.abort();
    await done;
    await settle();
    expect([child('east').openWatches, child('west').openWatches, parent.openWatches]).toEqual([0, 0, 0]);
  });

  it('says who is silent from the start or later, once, and who is back, with what happened meanwhile', async () => {
    const { child, takeTold, settle, offline } = await start(['east', 'west'], (fake) => {
      fake.offline.add(idOf(0));
      put(fake.child('east'), 'a');
    });
    await settle(5000);
    expect(takeTold().sort()).toEqual(['JOINED east', 'JOINED west', 'SILENT east', 'SYNCED west']);
    offline.clear();
    await settle(60_000);
    expect(takeTold()).toEqual(['ADDED east a', 'SYNCED east', 'BACK east']);
    offline.add(idOf(1));
    child('west').endWatches();
    await settle(5000);
    put(child('west'), 'late');
    expect(takeTold()).toEqual(['SILENT west']);
    offline.clear();
    await settle(60_000);
    expect(takeTold().sort()).toEqual(['ADDED west late', 'BACK west']);
  });

  it('follows clusters that join, leave, and register again, and what the parent says of them', async () => {
    const { parent, takeTold, settle, reregister, child } = await start(['east', 'west'], () => undefined);
    takeTold();
    const path = (name: string) =>
      `/apis/clusters.clusternet.io/v1beta1/namespaces/clusternet-${name}/managedclusters/${name}`;
    parent.store.remove(path('west'));
    await settle();
    expect(takeTold()).toEqual(['LEFT west']);
    expect(child('west').openWatches).toBe(0);
    addCluster(parent, 'west', idOf(1));
    await settle();
    expect(takeTold()).toEqual(['JOINED west', 'SYNCED west']);
    const cluster = parent.store.get(path('west'));
    const report = (status: string) =>
      parent.store.put(path('west'), {
        ...(cluster as KubeObject),
        status: { conditions: [{ type: 'Ready', status }] },
      });
    report('Unknown');
    await settle();
    report('True');
    await settle();
    expect(takeTold()).toEqual(['SILENT west', 'BACK west']);
    reregister('east', idOf(7));
    await settle();
    expect(takeTold()).toEqual(['LEFT east', 'JOINED east', 'SYNCED east']);
  });
});
