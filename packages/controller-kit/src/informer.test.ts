import { createKubeClient } from '@clusternet/client';
import { createFakeApi } from '@clusternet/client/fakes';
import type { FakeApi } from '@clusternet/client/fakes';
import type { KubeObject } from '@clusternet/kube-data';
import { silentLogger } from '@clusternet/runtime';
import { createFakeClock, createFakeRandom } from '@clusternet/runtime/fakes';
import { describe, expect, it } from 'vitest';
import { createInformer } from './informer.ts';
import type { Informer, InformerOptions } from './informer.ts';

const ref = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };

function put(api: FakeApi, name: string, data: Record<string, string> = {}): void {
  const metadata = { name, namespace: 'ns' };
  api.store.put(`/api/v1/namespaces/ns/configmaps/${name}`, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    data,
  });
}

interface Running extends AsyncDisposable {
  readonly informer: Informer<KubeObject>;
  readonly advance: (ms: number) => Promise<void>;
  readonly signal: AbortSignal;
}

function start(api: FakeApi, options: InformerOptions<KubeObject> = {}, errors: string[] = []): Running {
  const clock = createFakeClock();
  const log = { ...silentLogger, error: (message: string) => void errors.push(message) };
  const resource = createKubeClient(api.transport).resource(ref);
  const informer = createInformer({ resource, clock, random: createFakeRandom(), log }, options);
  const controller = new AbortController();
  const running = informer.run(controller.signal);
  return {
    informer,
    advance: (ms) => clock.advance(ms),
    signal: controller.signal,
    [Symbol.asyncDispose]: async () => {
      controller.abort();
      await running;
    },
  };
}

describe('createInformer', () => {
  it('is synced once the first list is in, and indexes it', async () => {
    const api = createFakeApi();
    put(api, 'a');
    await using run = start(api, { indexes: { name: ({ metadata }) => [metadata.name ?? ''] } });
    expect(run.informer.isSynced()).toBe(false);
    await run.informer.synced(run.signal);
    expect(run.informer.isSynced()).toBe(true);
    expect(run.informer.store.byIndex('name', 'a')).toHaveLength(1);
    put(api, 'b');
    await run.advance(0);
    expect(run.informer.store.get('ns/b')).toBeDefined();
    await run.informer.synced(run.signal);
  });

  it('lets those who wait for it go when their signal aborts', async () => {
    const api = createFakeApi();
    api.intercept(() => ({ status: 500, headers: {}, body: '' }));
    await using run = start(api);
    const controller = new AbortController();
    const waiting = run.informer.synced(controller.signal);
    controller.abort();
    await waiting;
    expect(run.informer.isSynced()).toBe(false);
  });

  it('says why it does not work at present, and forgets it when it works again', async () => {
    const api = createFakeApi();
    const end = api.intercept(() => ({ status: 403, headers: {}, body: 'no' }));
    await using run = start(api);
    await run.advance(100);
    expect(String(run.informer.lastError())).toContain('answered 403');
    end();
    await run.advance(60_000);
    expect(run.informer.lastError()).toBeUndefined();
    expect(run.informer.isSynced()).toBe(true);
  });

  it('keeps objects shrunk, and whole where shrinking fails', async () => {
    const api = createFakeApi();
    put(api, 'a', { big: 'x' });
    put(api, 'broken', { big: 'x' });
    const errors: string[] = [];
    const trim = (object: KubeObject): KubeObject => {
      if (object.metadata.name === 'broken') throw new Error('no');
      return { ...object, data: {} };
    };
    await using run = start(api, { trim }, errors);
    await run.informer.synced(run.signal);
    put(api, 'later', { big: 'x' });
    await run.advance(0);
    const data = ['a', 'broken', 'later'].map((name) => run.informer.store.get(`ns/${name}`)?.['data']);
    expect(data).toEqual([{}, { big: 'x' }, {}]);
    expect(errors).toEqual(['trim failed']);
  });

  it('tells a tap of whole objects and resource versions, and survives one that fails', async () => {
    const api = createFakeApi();
    put(api, 'a', { big: 'x' });
    const seen: unknown[] = [];
    const errors: string[] = [];
    const tap = {
      replace: (objects: readonly KubeObject[], resourceVersion: string) =>
        void seen.push(['replace', objects[0]?.['data'], resourceVersion !== '']),
      upsert: () => {
        throw new Error('no');
      },
      remove: () => undefined,
    };
    await using run = start(api, { tap, trim: (object) => ({ ...object, data: {} }) }, errors);
    await run.informer.synced(run.signal);
    put(api, 'b');
    await run.advance(0);
    expect(seen).toEqual([['replace', { big: 'x' }, true]]);
    expect(run.informer.store.get('ns/b')).toBeDefined();
    expect(errors).toEqual(['tap failed']);
  });
});
