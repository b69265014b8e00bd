import { describe, expect, it } from 'vitest';
import { createFakeApi } from './fakes/index.ts';
import { pathOf, startMirror } from './testing/mirror.fixture.ts';

describe('runReflector', () => {
  it('lists in pages, then watches with bookmarks from where the list ended', async () => {
    const given = ['a', 'b', 'c', 'd', 'e'];
    await using mirror = await startMirror({ given, options: { pageSize: 2 } });
    expect([...mirror.objects.keys()]).toEqual(given);
    expect(mirror.lists()).toBe(3);
    expect(mirror.api.requests.map(({ query }) => query.get('limit'))).toEqual(['2', '2', '2', null]);
    const watch = mirror.api.requests.at(-1);
    expect(watch?.query.get('allowWatchBookmarks')).toBe('true');
    expect(Number(watch?.query.get('timeoutSeconds'))).toBeGreaterThanOrEqual(300);
    expect(mirror.watches()).toEqual([String(mirror.api.store.revision)]);
  });

  it('follows additions, changes and deletions', async () => {
    await using mirror = await startMirror({ given: ['a'] });
    mirror.put('b', { k: '1' });
    mirror.put('a', { k: '2' });
    await mirror.settle();
    expect(mirror.objects.get('a')?.['data']).toEqual({ k: '2' });
    mirror.remove('b');
    await mirror.settle();
    expect([...mirror.objects.keys()]).toEqual(['a']);
    expect(mirror.lists()).toBe(1);
  });

  it('resumes from the last event when a watch ends, without listing again', async () => {
    await using mirror = await startMirror({ given: ['a'] });
    await mirror.clock.advance(5000);
    mirror.put('b');
    await mirror.settle();
    const seen = mirror.objects.get('b')?.metadata.resourceVersion;
    mirror.api.endWatches();
    await mirror.settle();
    mirror.put('c');
    await mirror.settle();
    expect([...mirror.objects.keys()]).toEqual(['a', 'b', 'c']);
    expect(mirror.watches().at(-1)).toBe(seen);
    expect(mirror.lists()).toBe(1);
  });

  it('resumes from a bookmark when nothing of its own changed (no bookmarks)', async () => {
    await using mirror = await startMirror({ given: ['a'] });
    mirror.api.store.put('/api/v1/namespaces/ns/secrets/other', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'other' },
    });
    mirror.api.sendBookmarks();
    await mirror.clock.advance(5000);
    mirror.api.endWatches();
    await mirror.settle();
    expect(mirror.watches().at(-1)).toBe(String(mirror.api.store.revision));
  });

  it('lists again when what it resumes from is forgotten (410)', async () => {
    await using mirror = await startMirror({ given: ['a', 'b'] });
    await mirror.clock.advance(5000);
    mirror.api.endWatches();
    mirror.remove('b');
    mirror.put('c');
    mirror.api.store.compact();
    await mirror.clock.advance(1000);
    expect([...mirror.objects.keys()]).toEqual(['a', 'c']);
    expect(mirror.syncs).toBe(2);
  });

  it('lists again at once for 410 as an HTTP status too, without reporting it as a fault', async () => {
    await using mirror = await startMirror({ given: ['a'] });
    await mirror.clock.advance(5000);
    let answers = 1;
    mirror.api.intercept(({ query }) =>
      query.get('watch') !== null && answers-- > 0 ? { status: 410, headers: {}, body: '' } : undefined,
    );
    mirror.api.endWatches();
    await mirror.settle();
    expect(mirror.lists()).toBe(2);
    expect(mirror.errors.filter((error) => error !== undefined)).toEqual([]);
    expect(mirror.lines).toEqual([]);
  });

  it('takes the list in one piece when its pages expire underway', async () => {
    const api = createFakeApi();
    api.intercept(({ query }) => {
      if (query.get('continue') !== null) api.store.compact();
      return undefined;
    });
    await using mirror = await startMirror({ api, given: ['a', 'b', 'c'], options: { pageSize: 2 } });
    expect([...mirror.objects.keys()]).toEqual(['a', 'b', 'c']);
    expect(mirror.syncs).toBe(1);
  });

  it('says that it works again once a watch is open, and not before', async () => {
    const api = createFakeApi();
    let isDown = true;
    api.intercept(({ query }) =>
      isDown && query.get('watch') !== null ? { status: 403, headers: {}, body: '' } : undefined,
    );
    await using mirror = await startMirror({ api });
    await mirror.clock.advance(2000);
    expect(mirror.errors.length).toBeGreaterThan(1);
    expect(mirror.errors.every((error) => error !== undefined)).toBe(true);
    isDown = false;
    await mirror.clock.advance(60_000);
    expect(mirror.errors.at(-1)).toBeUndefined();
  });

  it('asks for what is selected only', async () => {
    const options = { namespace: 'ns', labelSelector: 'a=b', fieldSelector: 'metadata.name=x' };
    await using mirror = await startMirror({ options });
    for (const { path, query } of mirror.api.requests) {
      expect(path).toBe('/api/v1/namespaces/ns/configmaps');
      expect(query.get('labelSelector')).toBe('a=b');
      expect(query.get('fieldSelector')).toBe('metadata.name=x');
    }
  });

  it('does not go back to where the list was when an event carries no resourceVersion', async () => {
    await using mirror = await startMirror({ given: ['a'] });
    mirror.put('b');
    mirror.api.sendBookmarks();
    await mirror.settle();
    const from = mirror.api.store.revision;
    mirror.put('c');
    const { resourceVersion: _gone, ...metadata } = mirror.api.store.get(pathOf('c'))?.metadata ?? {};
    const event = { type: 'MODIFIED', object: { apiVersion: 'v1', kind: 'ConfigMap', metadata } };
    await mirror.clock.advance(5000);
    let answers = 1;
    mirror.api.intercept(({ query }) =>
      query.get('watch') !== null && answers-- > 0
        ? { status: 200, headers: {}, body: `${JSON.stringify(event)}\n` }
        : undefined,
    );
    mirror.api.endWatches();
    await mirror.clock.advance(1000);
    expect(Number(mirror.watches().at(-1))).toBeGreaterThan(from);
  });
});
