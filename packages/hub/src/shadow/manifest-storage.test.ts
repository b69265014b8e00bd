import type { Manifest } from '@clusternet/api-types';
import { describeStorage } from '@clusternet/apiserver/compliance';
import { clusternetRef, createKubeClient, runReflector } from '@clusternet/client';
import type { ResourceClient } from '@clusternet/client';
import { createFakeApi } from '@clusternet/client/fakes';
import type { KubeObject } from '@clusternet/kube-data';
import { silentLogger, systemClock, systemRandom } from '@clusternet/runtime';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createManifest } from './manifest-form.ts';
import { createManifestMemory } from './manifest-memory.ts';
import type { ManifestMemory } from './manifest-memory.ts';
import { createManifestStorage } from './manifest-storage.ts';
import type { ManifestStorage } from './manifest-storage.ts';

const deps = { clock: systemClock, random: systemRandom, log: silentLogger };
const NAMESPACE = 'clusternet-reserved';
const THINGS = { group: 'example.com', version: 'v1', resource: 'things', kind: 'Thing', namespaced: true };
const RESOURCE = 'Thing.example.com';

interface Bench {
  readonly storage: ManifestStorage;
  readonly memory: ManifestMemory;
  readonly manifests: ResourceClient<Manifest>;
  readonly api: ReturnType<typeof createFakeApi>;
}

/** A storage over an API in memory, whose Manifests are watched. */
function start(): Bench {
  const api = createFakeApi({ refs: [clusternetRef('Manifest')] });
  const manifests = createKubeClient(api.transport).resource<Manifest>(clusternetRef('Manifest'));
  const memory = createManifestMemory(systemClock);
  const stop = new AbortController();
  const run = runReflector(
    { ...deps, resource: manifests, sink: memory.tap },
    { namespace: NAMESPACE },
    stop.signal,
  );
  onTestFinished(async () => {
    stop.abort();
    await run;
  });
  const storage = createManifestStorage({ manifests, memory, reservedNamespace: NAMESPACE }, THINGS);
  return { storage, memory, manifests, api };
}

function thing(name: string, value = 1, apiVersion = 'example.com/v1'): KubeObject {
  return { apiVersion, kind: 'Thing', metadata: { name, namespace: 'a' }, value };
}

const key = (name: string, resource = RESOURCE) => ({ resource, namespace: 'a', name });

describeStorage(
  {
    describe,
    it,
    assertEqual: (found, want) => expect(found).toEqual(want),
    assertRejects: (work, code) => expect(Promise.resolve().then(work)).rejects.toMatchObject({ code }),
  },
  () => {
    const { storage, memory } = start();
    return {
      storage,
      compact: () => {
        memory.objects.compact();
      },
    };
  },
  RESOURCE,
);

describe('createManifestStorage', () => {
  it('B S-22: reads what another hub wrote before its own watch tells of it', async () => {
    const { storage, memory, manifests } = start();
    await memory.settled(() => memory.isSynced(), 5000);
    await manifests.create(
      createManifest(thing('x', 7), { namespace: NAMESPACE, name: 'things.a.x' }) as Manifest,
    );
    expect((await storage.get(key('x')))?.['value']).toBe(7);
  });

  it('B S-16: keeps an object beside one of another group under the same plural and name', async () => {
    const { storage, memory, manifests, api } = start();
    const others = createManifestStorage(
      { manifests, memory, reservedNamespace: NAMESPACE },
      { ...THINGS, group: 'other.com' },
    );
    await storage.create(key('x'), thing('x', 1));
    await others.create(key('x', 'Thing.other.com'), thing('x', 2, 'other.com/v1'));
    expect((await storage.get(key('x')))?.['value']).toBe(1);
    expect((await others.get(key('x', 'Thing.other.com')))?.['value']).toBe(2);
    expect(await others.create(key('x', 'Thing.other.com'), thing('x', 3, 'other.com/v1'))).toBeUndefined();
    expect(api.requests.filter(({ method }) => method === 'POST').length).toBeLessThan(5);
  });

  it('refuses what cannot be stored with its size, before it is sent', async () => {
    const { storage, api } = start();
    const stored = await storage.create(key('x'), thing('x'));
    const large = { ...thing('x'), text: 'x'.repeat(1_600_000) };
    const want = {
      code: 'RequestEntityTooLarge',
      message: expect.stringMatching(
        /"\w" is too large: as a Manifest it has 156\d KiB, and at most 1536 KiB/,
      ) as string,
    };
    const version = stored?.metadata.resourceVersion ?? '';
    await expect(storage.replace(key('x'), large, version)).rejects.toMatchObject(want);
    const metadata = { ...large.metadata, name: 'y' };
    await expect(storage.create(key('y'), { ...large, metadata })).rejects.toMatchObject(want);
    expect(api.requests.filter(({ method }) => method === 'POST' || method === 'PUT')).toHaveLength(1);
  });

  it('says that the parent failed, and what to do', async () => {
    const { storage, api } = start();
    api.intercept(({ path }) =>
      path.endsWith('things.a.x') ? { status: 500, headers: {}, body: 'broken' } : undefined,
    );
    await expect(storage.get(key('x'))).rejects.toMatchObject({
      code: 'ServiceUnavailable',
      message: expect.stringMatching(/^things.example.com "x" could not be kept.*; try again$/) as string,
    });
  });
});

describe('createManifestMemory', () => {
  const manifest = (name: string, value: number, metadata: Partial<KubeObject['metadata']>): Manifest => {
    const made = createManifest(thing('x', value), { namespace: NAMESPACE, name });
    return { ...made, metadata: { ...made.metadata, ...metadata } } as unknown as Manifest;
  };
  const scope = { resource: RESOURCE, namespace: '' };

  it('tells those who watch what was missed while its own watch was down', () => {
    const memory = createManifestMemory(systemClock);
    memory.tap.replace([manifest('things.a.x', 1, { uid: 'u', resourceVersion: '3' })], '5');
    const seen: unknown[] = [];
    memory.objects.watch(scope, 5, ({ type, object, resourceVersion }) => {
      seen.push([type, object['value'], resourceVersion]);
    });
    memory.tap.replace([manifest('things.a.x', 2, { uid: 'v', resourceVersion: '8' })], '9');
    memory.tap.replace([], '12');
    expect(seen).toEqual([
      ['DELETED', 1, 8],
      ['ADDED', 2, 8],
      ['DELETED', 2, 12],
    ]);
    expect(memory.objects.getResourceVersion()).toBe(12);
    expect(() => memory.objects.watch(scope, 4, () => undefined)).toThrow('too old');
  });

  it('shows the older one of two Manifests for one object, and the other when that goes', () => {
    const memory = createManifestMemory(systemClock);
    const at = (day: string) => ({ creationTimestamp: `2026-01-${day}T00:00:00Z` });
    memory.tap.replace([], '1');
    memory.tap.upsert(manifest('by-hand', 2, { uid: 'b', resourceVersion: '2', ...at('02') }));
    memory.tap.upsert(manifest('things.a.x', 1, { uid: 'a', resourceVersion: '3', ...at('01') }));
    expect(memory.objects.find(key('x'))?.['value']).toBe(1);
    memory.tap.remove(manifest('things.a.x', 1, { uid: 'a', resourceVersion: '4' }));
    expect(memory.objects.find(key('x'))?.['value']).toBe(2);
    expect(memory.findManifest(key('x'))?.metadata.name).toBe('by-hand');
  });

  it('moves on with bookmarks, and knows nothing of what holds no object', () => {
    const memory = createManifestMemory(systemClock);
    memory.tap.replace([manifest('broken', 1, { uid: 'a', resourceVersion: '2', labels: {} })], '2');
    memory.tap.progress?.('40');
    expect(memory.objects.getResourceVersion()).toBe(40);
    expect(memory.objects.list(scope).items).toEqual([]);
  });
});
