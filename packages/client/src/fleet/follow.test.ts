import { createFakeClock, createFakeRandom } from '@clusternet/runtime/fakes';
import { describe, expect, it } from 'vitest';
import { createFakeApi, statusAnswer } from '../fakes/index.ts';
import { createKubeClient } from '../kube-client.ts';
import { configMaps, pathOf } from '../testing/mirror.fixture.ts';
import { follow } from './follow.ts';
import type { FollowOptions } from './follow.ts';

/** Follows ConfigMaps and keeps what was told as `TYPE name`. */
async function start(given: readonly string[] = [], options: FollowOptions = {}) {
  const api = createFakeApi();
  const clock = createFakeClock();
  const controller = new AbortController();
  const put = (name: string, data: Record<string, string> = {}): void => {
    const metadata = { name, namespace: 'ns' };
    api.store.put(pathOf(name), { apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
  };
  for (const name of given) put(name);
  const resource = createKubeClient(api.transport).resource(configMaps);
  const deps = { clock, random: createFakeRandom() };
  const told: string[] = [];
  const events = follow(() => Promise.resolve(resource), options, deps, controller.signal);
  const done = (async () => {
    for await (const event of events)
      told.push(event.type === 'SYNCED' ? 'SYNCED' : `${event.type} ${event.object.metadata.name ?? ''}`);
  })();
  done.catch(() => undefined); // the test asks
  const settle = (ms = 0): Promise<void> => clock.advance(ms);
  await settle();
  return { api, clock, controller, done, put, settle, told };
}

describe('follow', () => {
  it('tells what there is, then what happens', async () => {
    const { api, put, settle, told, controller, done } = await start(['a', 'b'], { pageSize: 1 });
    expect(told).toEqual(['ADDED a', 'ADDED b', 'SYNCED']);
    put('c');
    put('a', { k: '1' });
    api.store.remove(pathOf('b'));
    await settle();
    expect(told.slice(3)).toEqual(['ADDED c', 'MODIFIED a', 'DELETED b']);
    controller.abort();
    await settle();
    await expect(done).resolves.toBeUndefined();
    expect(api.openWatches).toBe(0);
  });

  it('resumes where it was when a watch ends or breaks', async () => {
    const errors: unknown[] = [];
    const { api, put, settle, told } = await start(['a'], { onInterrupted: (error) => errors.push(error) });
    api.endWatches();
    const end = api.intercept(() => statusAnswer(503, 'ServiceUnavailable', 'not now'));
    await settle(2000);
    expect(errors.length).toBeGreaterThan(0);
    put('b');
    end();
    await settle(60_000);
    expect(told).toEqual(['ADDED a', 'SYNCED', 'ADDED b']);
    expect(api.requests.filter(({ query }) => query.get('watch') === null)).toHaveLength(1);
  });

  it('makes good by a list what it missed, deletions and objects made anew included', async () => {
    const { api, put, settle, told } = await start(['a', 'b', 'c', 'd']);
    const end = api.intercept(() => statusAnswer(503, 'ServiceUnavailable', 'not now'));
    api.endWatches();
    await settle(2000);
    api.store.remove(pathOf('a'));
    api.store.remove(pathOf('b'));
    put('b');
    put('c', { k: '1' });
    api.store.compact();
    end();
    await settle(60_000);
    expect(told.slice(5)).toEqual(['DELETED a', 'DELETED b', 'ADDED b', 'MODIFIED c']);
  });

  it('dials a silent watch anew', async () => {
    const { api, settle } = await start(['a'], { idleTimeoutMs: 1000 });
    const watches = () => api.requests.filter(({ query }) => query.get('watch') !== null).length;
    expect(watches()).toBe(1);
    await settle(1500);
    expect(watches()).toBe(2);
    expect(api.openWatches).toBe(1);
  });

  it('throws at once what fails at first, and later what no repetition can mend', async () => {
    const api = createFakeApi();
    api.intercept(() => statusAnswer(503, 'ServiceUnavailable', 'not now'));
    const resource = createKubeClient(api.transport).resource(configMaps);
    const deps = { clock: createFakeClock(), random: createFakeRandom() };
    const events = follow(() => Promise.resolve(resource), {}, deps);
    await expect(events.next()).rejects.toMatchObject({ code: 'UNAVAILABLE' });

    const later = await start(['a']);
    later.api.intercept(() => statusAnswer(403, 'Forbidden', 'not any more'));
    later.api.endWatches();
    await later.settle(60_000);
    await expect(later.done).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('reads nothing ahead of its reader', async () => {
    const api = createFakeApi();
    const resource = createKubeClient(api.transport).resource(configMaps);
    const events = follow(
      () => Promise.resolve(resource),
      {},
      { clock: createFakeClock(), random: createFakeRandom() },
    );
    expect((await events.next()).value).toEqual({ type: 'SYNCED' });
    expect(api.openWatches).toBe(0);
    await events.return();
    expect(api.requests).toHaveLength(1);
  });
});
