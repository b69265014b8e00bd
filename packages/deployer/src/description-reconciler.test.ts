import type { KubeObject } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { parseInventory } from './inventory.ts';
import { createDelivery, descriptionPath, document, pathOf } from './testing/delivery.fixture.ts';

const inventoryOf = (annotations: Record<string, string> = {}): string[] =>
  parseInventory(annotations['apps.clusternet.io/inventory']).map(({ kind, name }) => `${kind} ${name}`);

describe('delivering', () => {
  it('brings the objects to the child and says so', async () => {
    const delivery = createDelivery();
    delivery.describe([document('ConfigMap', 'a', { data: { k: '1' } }), document('Service', 'b')]);
    expect(await delivery.run()).toEqual({});
    expect(delivery.child.store.get(pathOf('configmaps', 'a'))).toMatchObject({
      data: { k: '1' },
      metadata: { annotations: { 'apps.clusternet.io/owned-by-description': 'clusternet-abc.web' } },
    });
    const description = delivery.get();
    expect(description?.metadata.finalizers).toEqual(['apps.clusternet.io/finalizer']);
    expect(inventoryOf(description?.metadata.annotations)).toEqual(['ConfigMap a', 'Service b']);
    expect(description?.status).toMatchObject({
      phase: 'Success',
      reason: '',
      observedGeneration: 1,
      conditions: [{ type: 'Ready', status: 'True', reason: 'Deployed', observedGeneration: 1 }],
    });
    expect(delivery.events.map(({ reason }) => reason)).toEqual(['SuccessfullyDeployed']);
  });

  it('costs no request at all when in sync, on resync and on restart', async () => {
    const delivery = createDelivery();
    delivery.describe([document('ConfigMap', 'a')]);
    await delivery.run();
    delivery.parent.takeLog();
    delivery.child.takeLog();
    await delivery.run();
    delivery.restart();
    await delivery.run();
    expect([delivery.parent.takeLog(), delivery.child.takeLog()]).toEqual([[], []]);
    expect(delivery.events).toHaveLength(1);
  });

  it('writes twice to the parent for a first delivery, once for a later one', async () => {
    const delivery = createDelivery();
    const path = descriptionPath('web');
    delivery.describe([document('ConfigMap', 'a')]);
    await delivery.run();
    expect(delivery.parent.takeLog()).toEqual([`GET ${path}`, `PATCH ${path}`, `PATCH ${path}/status`]);
    delivery.describe([document('ConfigMap', 'a', { data: { k: '2' } })]);
    await delivery.run();
    expect(delivery.parent.takeLog()).toEqual([`GET ${path}`, `PATCH ${path}/status`]);
    expect(delivery.child.store.get(pathOf('configmaps', 'a'))?.['data']).toEqual({ k: '2' });
  });

  it('takes away fields and objects that are no longer wanted, and nothing else', async () => {
    const delivery = createDelivery();
    delivery.describe([document('ConfigMap', 'a', { data: { k: '1', l: '2' } }), document('Secret', 's')]);
    await delivery.run();
    delivery.child.store.put(pathOf('secrets', 'foreign'), document('Secret', 'foreign'));
    delivery.describe([document('ConfigMap', 'a', { data: { l: '2' } })]);
    await delivery.run();
    expect(delivery.child.store.get(pathOf('configmaps', 'a'))?.['data']).toEqual({ l: '2' });
    expect(delivery.child.store.get(pathOf('secrets', 's'))).toBeUndefined();
    expect(delivery.child.store.get(pathOf('secrets', 'foreign'))).toBeDefined();
    expect(inventoryOf(delivery.get()?.metadata.annotations)).toEqual(['ConfigMap a']);
    expect(delivery.events.at(1)).toMatchObject({
      reason: 'SuccessfullyPruningFeed',
      message: 'Secret app/s is deleted',
    });
  });

  it('does not prune what has another owner by now, or none', async () => {
    const delivery = createDelivery();
    delivery.describe([document('Secret', 'theirs'), document('Secret', 'nobodys')]);
    await delivery.run();
    const theirs = document('Secret', 'theirs');
    theirs.metadata.annotations = { 'apps.clusternet.io/owned-by-description': 'clusternet-abc.other' };
    delivery.child.store.put(pathOf('secrets', 'theirs'), theirs);
    delivery.child.store.put(pathOf('secrets', 'nobodys'), document('Secret', 'nobodys'));
    delivery.describe([]);
    await delivery.run();
    expect(delivery.child.store.list('/').filter(([path]) => path.includes('secrets'))).toHaveLength(2);
    expect(delivery.get()?.status?.phase).toBe('Success');
  });

  it('does not say that a newer spec is delivered when it changes underway', async () => {
    const delivery = createDelivery();
    delivery.describe([document('ConfigMap', 'a', { data: { k: 'old' } })]);
    delivery.child.intercept(({ method }) => {
      if (method === 'PATCH') delivery.describe([document('ConfigMap', 'a', { data: { k: 'new' } })]);
      return undefined;
    });
    await delivery.run();
    expect(delivery.get()?.metadata.generation).toBe(2);
    expect(delivery.get()?.status?.observedGeneration).toBe(1);
    await delivery.run();
    expect(delivery.child.store.get(pathOf('configmaps', 'a'))?.['data']).toEqual({ k: 'new' });
    expect(delivery.get()?.status?.observedGeneration).toBe(2);
  });

  it('goes by its own record although the cache is behind it: nothing leaks', async () => {
    const delivery = createDelivery();
    delivery.describe([document('ConfigMap', 'a')]);
    await delivery.run();
    delivery.describe([document('ConfigMap', 'a'), document('ConfigMap', 'b')]);
    const thaw = delivery.freezeCache();
    await delivery.run();
    delivery.describe([document('ConfigMap', 'a')]);
    await delivery.run();
    thaw();
    expect(delivery.child.store.get(pathOf('configmaps', 'b'))).toBeUndefined();
    expect(delivery.get()?.status?.observedGeneration).toBe(3);
  });

  it('ignores charts, Descriptions that are gone, and what another delivers', async () => {
    const delivery = createDelivery();
    delivery.describe([document('ConfigMap', 'a')]);
    delivery.target = { kind: 'foreign' };
    expect(await delivery.run()).toEqual({});
    expect(await delivery.run('unknown')).toEqual({});
    expect(delivery.parent.takeLog()).toEqual([]);
  });
});

describe('deleting', () => {
  it('leaves an object alone that another registration takes over in the instant before', async () => {
    const delivery = createDelivery();
    delivery.describe([document('ConfigMap', 'a')]);
    await delivery.run();
    delivery.delete();
    const path = pathOf('configmaps', 'a');
    delivery.child.intercept(({ method }) => {
      if (method !== 'DELETE') return undefined;
      const taken = document('ConfigMap', 'a');
      taken.metadata.annotations = { 'apps.clusternet.io/owned-by-description': 'clusternet-new.web' };
      const { uid } = delivery.child.store.get(path)?.metadata ?? {};
      delivery.child.store.put(path, { ...taken, metadata: { ...taken.metadata, uid } });
      return undefined;
    });
    await delivery.run();
    expect(delivery.child.store.get(path)?.metadata.deletionTimestamp).toBeUndefined();
    expect(delivery.child.store.get(path)).toBeDefined();
    expect(delivery.get()).toBeUndefined();
  });

  it('looks again when somebody writes a status meanwhile, and gives up when that goes on', async () => {
    const delivery = createDelivery();
    delivery.describe([document('ConfigMap', 'a')]);
    await delivery.run();
    delivery.delete();
    const path = pathOf('configmaps', 'a');
    let writes = 0;
    let isQuiet = false;
    delivery.child.intercept(({ method }) => {
      const live = delivery.child.store.get(path);
      if (method !== 'DELETE' || isQuiet || live === undefined) return undefined;
      writes += 1;
      delivery.child.store.put(path, { ...live, status: { writes } });
      return undefined;
    });
    await expect(delivery.run()).rejects.toThrow('ConfigMap');
    expect(writes).toBe(5);
    isQuiet = true;
    await delivery.run();
    expect(delivery.child.store.get(path)).toBeUndefined();
    expect(delivery.get()).toBeUndefined();
  });

  it('prunes exactly what is ours, then lets the Description go', async () => {
    const delivery = createDelivery();
    delivery.describe([
      document('Namespace', 'team'),
      document('ConfigMap', 'a'),
      document('Secret', 'taken'),
    ]);
    await delivery.run();
    const taken = document('Secret', 'taken');
    taken.metadata.annotations = { 'apps.clusternet.io/owned-by-description': 'clusternet-abc.other' };
    delivery.child.store.put(pathOf('secrets', 'taken'), taken);
    delivery.child.takeLog();
    delivery.delete();
    await delivery.run();
    expect(delivery.get()).toBeUndefined();
    expect(delivery.child.store.list('/').map(([path]) => path)).toEqual([
      pathOf('namespaces', 'app'),
      pathOf('secrets', 'taken'),
    ]);
    const deleted = delivery.child.takeLog().filter((line) => line.startsWith('DELETE'));
    expect(deleted).toEqual([
      `DELETE ${pathOf('configmaps', 'a')}`,
      `DELETE ${pathOf('namespaces', 'team')}`,
    ]);
  });

  it('cleans up after a Go deployer, which keeps no record, and after one that worked later', async () => {
    const delivery = createDelivery();
    delivery.describe([document('ConfigMap', 'a')]);
    await delivery.run();
    const later = document('ConfigMap', 'later');
    later.metadata.annotations = { 'apps.clusternet.io/owned-by-description': 'clusternet-abc.web' };
    delivery.child.store.put(pathOf('configmaps', 'later'), later);
    delivery.describe([later]);
    delivery.delete();
    await delivery.run();
    expect(delivery.child.store.list('/').map(([path]) => path)).toEqual([pathOf('namespaces', 'app')]);
  });

  it('is not held up by documents that cannot be read, or kinds that are gone', async () => {
    const delivery = createDelivery();
    const widget = document('Widget', 'w', {}, 'example.com/v1');
    const ref = { group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true };
    delivery.child.refs.push(ref);
    delivery.describe([widget]);
    await delivery.run();
    delivery.child.refs.pop();
    delivery.restart();
    delivery.describe(['%%%']);
    delivery.delete();
    await delivery.run();
    expect(delivery.get()).toBeUndefined();
  });

  it('waits while the child is out of reach, and gives up when the cluster has left for good', async () => {
    const delivery = createDelivery();
    delivery.describe([document('ConfigMap', 'a')]);
    await delivery.run();
    delivery.delete();
    delivery.child.intercept(() => ({ status: 503, headers: {}, body: 'no' }));
    expect(await delivery.run()).toEqual({ requeueAfterMs: 15_000 });
    expect(delivery.get()?.status?.conditions?.[0]).toMatchObject({
      status: 'Unknown',
      reason: 'ClusterUnreachable',
    });
    delivery.target = { kind: 'gone' };
    await delivery.run();
    expect(delivery.get()).toBeUndefined();
  });

  it('lets go of objects that are to be kept: they stay, and may be delivered anew', async () => {
    const delivery = createDelivery();
    delivery.describe([document('ConfigMap', 'a', { data: { k: '1' } })]);
    await delivery.run();
    const description = delivery.get();
    description!.metadata.annotations = {
      ...description!.metadata.annotations,
      'apps.clusternet.io/deletion-policy': 'Orphan',
    };
    delivery.parent.store.put(descriptionPath('web'), description as unknown as KubeObject);
    delivery.delete();
    await delivery.run();
    expect(delivery.get()).toBeUndefined();
    const kept = delivery.child.store.get(pathOf('configmaps', 'a'));
    expect(kept).toMatchObject({ data: { k: '1' } });
    expect(kept?.metadata.annotations?.['apps.clusternet.io/owned-by-description']).toBeUndefined();
    delivery.describe([document('ConfigMap', 'a', { data: { k: '2' } })], 'other');
    await delivery.run('other');
    expect(delivery.child.store.get(pathOf('configmaps', 'a'))?.['data']).toEqual({ k: '2' });
  });

  it('says what it cannot delete, and keeps the Description', async () => {
    const delivery = createDelivery();
    delivery.describe([document('ConfigMap', 'a')]);
    await delivery.run();
    delivery.delete();
    const forbid = { status: 403, headers: {}, body: 'not allowed' };
    delivery.child.intercept(({ method }) => (method === 'DELETE' ? forbid : undefined));
    await expect(delivery.run()).rejects.toThrow('delete ConfigMap app/a: child cluster a answered 403');
    expect(delivery.get()?.status?.conditions?.[0]?.message).toContain('not allowed');
    expect(delivery.events.at(-1)?.reason).toBe('FailedDeletingDescription');
  });
});
